package keychain

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestFileIsReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "home", "secrets.age")
	k := openFile(t, path)
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is there before it holds anything: %v", err)
	}
	if err := errors.Join(k.Set("a", "canary-1"), k.Set("b", "canary-2"), k.Delete("a")); err != nil {
		t.Fatal(err)
	}
	again := openFile(t, path)
	if v, err := again.Get("b"); v != "canary-2" || err != nil {
		t.Errorf("Get = %q, %v", v, err)
	}
	if _, err := again.Get("a"); err != ErrNotFound {
		t.Errorf("what was deleted: %v", err)
	}
	onDisk, err := os.ReadFile(path)
	if err != nil || bytes.Contains(onDisk, []byte("canary")) {
		t.Errorf("plain text on disk, or %v", err)
	}
	fi, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && fi.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", fi.Mode(), err)
	}
	if left, _ := filepath.Glob(path + "?*"); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

func TestFileWithAShortPassphrase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secrets.age")
	k, err := File(path, "hunter2")
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Set("a", "b"); err != nil {
		t.Fatal(err)
	}
	head, _ := os.ReadFile(path)
	if !bytes.Contains(head[:100], []byte(" 15\n")) {
		t.Errorf("a short passphrase is not stretched: %q", head[:60])
	}
	if k, err = File(path, "hunter2"); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if s := fmt.Sprintf(verb, k); strings.Contains(s, "hunter2") {
			t.Errorf("%s shows the passphrase: %s", verb, s)
		}
	}
}

func TestFileThatCannotBeWrittenKeepsWhatItHas(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secrets.age")
	k := openFile(t, path)
	if err := k.Set("a", "old"); err != nil {
		t.Fatal(err)
	}
	// A directory that is not empty cannot be cleared away for the next version.
	if err := os.MkdirAll(filepath.Join(path+".new", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := k.Set("a", "canary"); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("Set: %v", err)
	}
	for _, k := range []Keychain{k, openFile(t, path)} {
		if v, err := k.Get("a"); v != "old" || err != nil {
			t.Errorf("Get = %q, %v", v, err)
		}
	}
}

func TestFileRefusesWhatItCannotRead(t *testing.T) {
	good, err := seal(map[string][]byte{"a": []byte("b")}, strong)
	if err != nil {
		t.Fatal(err)
	}
	noObject, err := seal(nil, strong)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(good)
	changed[len(changed)-1] ^= 1
	for name, content := range map[string][]byte{
		"empty": {}, "not age": []byte(`{"a":"b"}`), "cut": good[:len(good)-1], "changed": changed, "null": noObject,
		"greedy": bytes.Replace(good, []byte(" 10\n"), []byte(" 30\n"), 1), "huge": make([]byte, maxFile+1),
	} {
		path := filepath.Join(t.TempDir(), "secrets.age")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if k, err := File(path, strong); err == nil || k != nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, %v", name, k, err)
		}
	}
}

func FuzzFile(f *testing.F) {
	sealed, err := seal(map[string][]byte{"a": []byte("b")}, strong)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Fuzz(func(t *testing.T, content []byte) {
		k := &file{passphrase: strong, values: map[string][]byte{}}
		if err := k.open(content); err == nil && (len(k.values) != 1 || string(k.values["a"]) != "b") {
			t.Errorf("accepted what was not sealed with the passphrase")
		}
	})
}

func BenchmarkOpenFile(b *testing.B) {
	for name, pass := range map[string]string{"short passphrase": "hunter2", "long passphrase": strong} {
		path := filepath.Join(b.TempDir(), "secrets.age")
		k, err := File(path, pass)
		if err == nil {
			err = k.Set("a", "b")
		}
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := File(path, pass); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
