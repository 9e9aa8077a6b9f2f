package tunnel

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func sealedIn(t *testing.T, dir string, m *memory) *sealed {
	t.Helper()
	s, err := openSealed(dir, m.secret)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestSealed(t *testing.T) {
	ctx, dir, keys := t.Context(), t.TempDir(), new(memory)
	s := sealedIn(t, dir, keys)
	const canary = "-----BEGIN PRIVATE KEY----- canary"
	for _, key := range []string{"ca/a/a.key", "ca/a/a.crt", "ca/b/b.key"} {
		if err := s.Store(ctx, key, []byte(canary)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := sealedIn(t, dir, keys).Load(ctx, "ca/a/a.key")
	if err != nil || string(got) != canary {
		t.Errorf("%q, %v", got, err)
	}
	if all, err := s.List(ctx, "ca", true); err != nil || !slices.Equal(all, []string{"ca/a/a.crt", "ca/a/a.key", "ca/b/b.key"}) {
		t.Errorf("%q, %v", all, err)
	}
	if top, err := s.List(ctx, "ca/", false); err != nil || !slices.Equal(top, []string{"ca/a", "ca/b"}) {
		t.Errorf("%q, %v", top, err)
	}
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte("canary")) || bytes.Contains(text, []byte("PRIVATE")) {
			t.Errorf("%s is in plain text", path)
		}
		return err
	})

	a, b := filepath.Join(dir, "ca", "a", "a.key"), filepath.Join(dir, "ca", "b", "b.key")
	text, _ := os.ReadFile(a)
	if err := os.WriteFile(b, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"another's file":  second(s.Load(ctx, "ca/b/b.key")),
		"another's key":   second(sealedIn(t, dir, new(memory)).Load(ctx, "ca/a/a.key")),
		"nothing":         second(s.Load(ctx, "ca/c/c.key")),
		"nothing to stat": second(s.Stat(ctx, "ca/c/c.key")),
	} {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.Store(ctx, "../escape", []byte("x")); err == nil {
		t.Error("a key leads out of the directory")
	}
	if s.Exists(ctx, "ca/b/b.key") || !s.Exists(ctx, "ca/a/a.key") || !s.Exists(ctx, "ca/a") {
		t.Error("Exists is wrong")
	}
	if err := s.Delete(ctx, "ca/a"); err != nil || s.Exists(ctx, "ca/a/a.key") {
		t.Errorf("deleted: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestSealedLocks(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := sealedIn(t, dir, new(memory))
		if err := s.Lock(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		if err := s.Lock(t.Context(), "b"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Lock(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("locked twice: %v", err)
		}
		_ = s.Unlock(t.Context(), "a")
		_ = s.Unlock(t.Context(), "a")
		if err := s.Lock(t.Context(), "a"); err != nil {
			t.Error(err)
		}
	})
}
