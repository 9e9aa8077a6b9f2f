package token

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/bbolt"

	"drawbridge/internal/caller"
	"drawbridge/signin/keychain"
)

// house is a store with what it stands on, which outlives it.
type house struct {
	*Store
	t     *testing.T
	db    *bbolt.DB
	keys  *shelf
	moves []string // what Moved was told: "ID now" or "ID +1h0m0s"
}

// shelf is a keychain that shows its entries and fails when told.
type shelf struct {
	keychain.Keychain
	names  map[string]bool
	before func(op string) error // nil is nothing
	after  func(op string)
}

func (s *shelf) Set(name, value string) error {
	if s.before != nil {
		if err := s.before("set"); err != nil {
			return err
		}
	}
	s.names[name] = true
	err := s.Keychain.Set(name, value)
	if s.after != nil {
		s.after("set")
	}
	return err
}

func (s *shelf) Delete(name string) error {
	if s.before != nil {
		if err := s.before("delete"); err != nil {
			return err
		}
	}
	delete(s.names, name)
	return s.Keychain.Delete(name)
}

var (
	pepper = bytes.Repeat([]byte("p"), 32)
	all    = []caller.Scope{{Server: "*"}}
)

func newHouse(t *testing.T) *house {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(t.TempDir(), "state.db"), 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	h := &house{t: t, db: db, keys: &shelf{Keychain: keychain.Memory(), names: map[string]bool{}}}
	h.reopen()
	return h
}

// reopen is what a restart does.
func (h *house) reopen() {
	h.t.Helper()
	s, err := Open(Config{DB: h.db, Pepper: pepper, Keychain: h.keys, Moved: func(grant string, ends time.Time) {
		when := "now"
		if d := time.Until(ends); d > 0 {
			when = "+" + d.Round(time.Minute).String()
		}
		h.moves = append(h.moves, grant+" "+when)
	}})
	if err != nil {
		h.t.Fatal(err)
	}
	h.Store = s
}

func (h *house) mustNew(name string) string {
	h.t.Helper()
	token, _, err := h.New(name, all, time.Time{})
	if err != nil {
		h.t.Fatal(err)
	}
	return token
}

// expect checks that Verify says want, nil or an error, of the token.
func (h *house) expect(token string, want error) {
	h.t.Helper()
	if _, _, err := h.Verify(token); err != want {
		h.t.Errorf("Verify: %v, want %v", err, want)
	}
}

func TestTokenFromIssueToRevocation(t *testing.T) {
	h := newHouse(t)
	scopes := []caller.Scope{{Server: "files", Tools: []string{"read_*"}}, {Server: "clock"}}
	expires := time.Now().Add(time.Hour)
	token, info, err := h.New("Claude on the laptop", scopes, expires)
	if err != nil {
		t.Fatal(err)
	}
	want := &caller.Caller{Agent: "Claude on the laptop", Grant: keyID(token), Scopes: scopes}
	for range 2 {
		got, ends, err := h.Verify(token)
		if diff := cmp.Diff(want, got); diff != "" || err != nil || !ends.Equal(expires) {
			t.Errorf("Verify: ends %v, %v\n%s", ends, err, diff)
		}
		if text, err := h.Reveal("claude ON the laptop"); text != token || err != nil {
			t.Errorf("Reveal: another token, or %v", err)
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		h.reopen()
		list := h.List()
		if len(list) != 1 || list[0].Used.IsZero() {
			t.Fatalf("List: %+v", list)
		}
		list[0].Used = time.Time{}
		if diff := cmp.Diff(info, list[0]); diff != "" {
			t.Errorf("List after a restart:\n%s", diff)
		}
	}
	if err := h.Revoke("CLAUDE on the laptop"); err != nil {
		t.Fatal(err)
	}
	h.expect(token, ErrUnknown)
	if len(h.List()) != 0 || len(h.keys.names) != 0 {
		t.Errorf("after Revoke: %v, keychain %v", h.List(), h.keys.names)
	}
	if diff := cmp.Diff([]string{keyID(token) + " now"}, h.moves); diff != "" {
		t.Errorf("Moved: %s", diff)
	}
	h.reopen()
	h.expect(token, ErrUnknown)
	for _, err := range []error{h.Revoke("x"), second(h.Rotate("x", 0)), second(h.Reveal("x"))} {
		if !errors.Is(err, ErrNoAgent) {
			t.Errorf("of an agent that is not there: %v", err)
		}
	}
	h.mustNew("Claude on the laptop")
}

func second[T any](_ T, err error) error { return err }

func TestVerifyRefuses(t *testing.T) {
	h := newHouse(t)
	token := h.mustNew("a")
	other, _ := mint()
	forged := resum(token[:idEnd] + other[idEnd:])
	for text, want := range map[string]error{
		"": ErrMalformed, "dbk_": ErrMalformed, token[1:]: ErrMalformed, token + "=": ErrMalformed, "Bearer " + token: ErrMalformed,
		other: ErrUnknown, forged: ErrUnknown, token: nil,
	} {
		c, ends, err := h.Verify(text)
		if err != want || (err != nil) != (c == nil) || !ends.IsZero() {
			t.Errorf("Verify(%q) = %v, %v, %v, want %v", text, c, ends, err, want)
		}
		if err != nil && len(text) > 5 && strings.Contains(err.Error(), text) {
			t.Errorf("the error quotes the token: %v", err)
		}
	}
}

// resum gives text the right checksum.
func resum(text string) string {
	sum := checksum(text[:sumStart])
	return text[:sumStart] + string(sum[:])
}

func TestExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		token, _, err := h.New("a", all, time.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour - time.Nanosecond)
		h.expect(token, nil)
		time.Sleep(time.Nanosecond)
		h.expect(token, ErrExpired)
		if l := h.List(); len(l) != 1 || len(l[0].Keys) != 0 {
			t.Errorf("List: %+v", l)
		}
		if _, err := h.Rotate("a", time.Hour); err == nil {
			t.Error("an expired agent's token was rotated")
		}
		if _, _, err := h.New("b", all, time.Now()); err == nil {
			t.Error("a token that has expired already was issued")
		}
		if err := errors.Join(h.Revoke("a"), h.Close()); err != nil {
			t.Error(err)
		}
	})
}

func TestRotationOverlaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		rotate := func(grace time.Duration) string {
			t.Helper()
			token, err := h.Rotate("a", grace)
			if err != nil {
				t.Fatal(err)
			}
			return token
		}
		first := h.mustNew("a")
		next := rotate(24 * time.Hour)
		h.expect(first, nil)
		h.expect(next, nil)
		if text, err := h.Reveal("a"); text != next || err != nil {
			t.Errorf("Reveal gives the old token, or %v", err)
		}
		if len(h.keys.names) != 1 {
			t.Errorf("the keychain holds %v", h.keys.names)
		}
		time.Sleep(24*time.Hour - time.Nanosecond)
		h.reopen()
		h.expect(first, nil)
		time.Sleep(time.Nanosecond)
		h.expect(first, ErrExpired)
		h.expect(next, nil)

		third := rotate(time.Hour)
		fourth := rotate(time.Hour) // two at most: the second ends at once
		h.expect(next, ErrUnknown)
		h.expect(third, nil)
		h.expect(fourth, nil)
		if keys := h.List()[0].Keys; len(keys) != 2 || keys[0].ID != keyID(fourth) || !keys[0].Ends.IsZero() {
			t.Errorf("keys: %+v", keys)
		}
		fifth := rotate(0)
		h.expect(third, ErrUnknown)
		h.expect(fourth, ErrUnknown)
		h.expect(fifth, nil)
		h.reopen()
		h.expect(fourth, ErrUnknown)
		h.expect(fifth, nil)
		id := keyID
		want := []string{id(first) + " +24h0m0s", id(next) + " +1h0m0s", id(first) + " now",
			id(third) + " +1h0m0s", id(next) + " now", id(fourth) + " now", id(third) + " now"}
		if diff := cmp.Diff(want, h.moves); diff != "" {
			t.Errorf("Moved:\n%s", diff)
		}
	})
}

func TestLastUseIsWrittenLazily(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		a, b := h.mustNew("a"), h.mustNew("b")
		writes := func() int64 {
			stats := h.db.Stats()
			return stats.TxStats.GetWrite()
		}
		before := writes()
		for range 59 {
			h.expect(a, nil)
			time.Sleep(time.Second)
		}
		if n := writes(); n != before {
			t.Errorf("%d pages were written within a minute", n-before)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		once := writes()
		if once == before {
			t.Error("the last use was not written after a minute")
		}
		time.Sleep(time.Hour)
		if n := writes(); n != once {
			t.Error("something is written while nothing is used")
		}
		h.expect(b, nil)
		used := time.Now()
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		h.reopen()
		for _, i := range h.List() {
			want := used.Add(-time.Hour - 3*time.Second)
			if i.Name == "b" {
				want = used
			}
			if !i.Used.Equal(want) {
				t.Errorf("%s was used %v, want %v", i.Name, i.Used, want)
			}
		}
		h.Close()
	})
}

func TestNames(t *testing.T) {
	h := newHouse(t)
	for _, name := range []string{"a", "claude-laptop.2", "Claude Code", "Ärger", "日本語", "🙂", strings.Repeat("é", maxName)} {
		h.mustNew(name)
		if _, _, err := h.New(strings.ToUpper(name), all, time.Time{}); !errors.Is(err, ErrTaken) {
			t.Errorf("%q a second time, in upper case: %v", name, err)
		}
	}
	for _, name := range []string{"", " a", "a ", "a\tb", "a\nb", "a\x00", "\x7f", "\xff", "a\u200bb", "a\u202eb", "a\u00a0b", strings.Repeat("x", maxName+1)} {
		if _, _, err := h.New(name, all, time.Time{}); err == nil {
			t.Errorf("%q was accepted", name)
		}
	}
	for _, scopes := range [][]caller.Scope{nil, {}, {{}}, {{Server: "a"}, {Tools: []string{"x"}}}, {{Server: "a", Tools: []string{""}}}} {
		if _, _, err := h.New("scoped", scopes, time.Time{}); err == nil {
			t.Errorf("the scopes %v were accepted", scopes)
		}
	}
}

func TestNothingSecretInTheDatabase(t *testing.T) {
	h := newHouse(t)
	token := h.mustNew("a")
	next, err := h.Rotate("a", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(h.db.Path())
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{token[idEnd:sumStart], next[idEnd:sumStart], string(pepper)} {
		if bytes.Contains(content, []byte(secret)) {
			t.Error("the database holds a secret")
		}
	}
	if !bytes.Contains(content, []byte(keyID(next))) {
		t.Error("the database was not looked at")
	}
}

func TestAnotherRootIsNoticed(t *testing.T) {
	h := newHouse(t)
	open := func(pepper []byte) error {
		_, err := Open(Config{DB: h.db, Pepper: pepper, Keychain: h.keys})
		return err
	}
	other := bytes.Repeat([]byte("q"), 32)
	if err := open(other); err != nil {
		t.Errorf("with no agent yet: %v", err)
	}
	if err := open(pepper); err != nil {
		t.Fatal(err)
	}
	h.mustNew("a")
	if err := open(other); !errors.Is(err, ErrOtherRoot) {
		t.Errorf("another pepper: %v", err)
	}
	if err := open(nil); err == nil {
		t.Error("no pepper was accepted")
	}
}

func TestDamageIsNoticed(t *testing.T) {
	for name, value := range map[string]string{
		"A": "{", "B": `{"name":"c"}`, "C": `{"name":"c","keys":[{"id":"short"}]}`, "D": `null`, "E": `{"name":"e","keys":[{"id":"12345678","digest":"AAAA"}]}`,
	} {
		h := newHouse(t)
		err := h.change(func(agents, _ *bbolt.Bucket) error { return agents.Put([]byte(name), []byte(value)) })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(Config{DB: h.db, Pepper: pepper, Keychain: h.keys}); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %v", value, err)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	h := newHouse(t)
	h.moved = func(string, time.Time) {}
	shared := h.mustNew("shared")
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			name := fmt.Sprint("agent ", i)
			for range 5 {
				token, _, err := h.New(name, all, time.Time{})
				if err != nil {
					t.Error(err)
					return
				}
				next, err := h.Rotate(name, time.Hour)
				if err != nil {
					t.Error(err)
				}
				for _, text := range []string{token, next, shared} {
					if _, _, err := h.Verify(text); err != nil {
						t.Error(err)
					}
				}
				h.List()
				h.writeUsed()
				if err := h.Revoke(name); err != nil {
					t.Error(err)
				}
				for _, text := range []string{token, next} {
					if _, _, err := h.Verify(text); err != ErrUnknown {
						t.Errorf("after Revoke: %v", err)
					}
				}
			}
		})
	}
	wg.Wait()
	if len(h.List()) != 1 || len(h.keys.names) != 1 {
		t.Errorf("left: %v, keychain %v", h.List(), h.keys.names)
	}
}

func BenchmarkVerify(b *testing.B) {
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "state.db"), 0o600, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	s, err := Open(Config{DB: db, Pepper: pepper, Keychain: keychain.Memory()})
	if err != nil {
		b.Fatal(err)
	}
	token, _, err := s.New("a", all, time.Time{})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := s.Verify(token); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, _, err := s.Verify(token); err != nil {
					b.Error(err)
				}
			}
		})
	})
}
