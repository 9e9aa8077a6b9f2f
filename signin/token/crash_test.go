package token

import (
	"errors"
	"strings"
	"testing"
	"time"
)

var errLocked = errors.New("locked")

// refuse makes the keychain fail at op.
func (s *shelf) refuse(op string) {
	s.before = func(o string) error {
		if o == op {
			return errLocked
		}
		return nil
	}
}

func TestWithoutTheKeychainNothingIsIssued(t *testing.T) {
	h := newHouse(t)
	old := h.mustNew("old")
	h.keys.refuse("set")
	if _, _, err := h.New("new", all, time.Time{}); !errors.Is(err, errLocked) {
		t.Errorf("New: %v", err)
	}
	if _, err := h.Rotate("old", 0); !errors.Is(err, errLocked) {
		t.Errorf("Rotate: %v", err)
	}
	h.expect(old, nil)
	for range 2 {
		if l := h.List(); len(l) != 1 || len(l[0].Keys) != 1 || l[0].Keys[0].ID != keyID(old) {
			t.Errorf("List: %+v", l)
		}
		h.reopen()
	}
	h.keys.before = nil
	h.mustNew("new")
}

// crash runs do, which ends in the middle of a call of the keychain, as a process does that is killed there.
func (h *house) crash(when string, do func()) {
	h.t.Helper()
	die := func() { panic("killed") }
	switch when {
	case "before":
		h.keys.before = func(string) error { die(); return nil }
	case "after":
		h.keys.after = func(string) { die() }
	}
	defer func() {
		if recover() == nil {
			h.t.Error("the keychain was not called")
		}
		h.keys.before, h.keys.after = nil, nil
		h.reopen()
	}()
	do()
}

func TestACrashLeavesNothingAliveUnseen(t *testing.T) {
	for _, when := range []string{"before", "after"} {
		h := newHouse(t)
		old := h.mustNew("old")
		h.crash(when, func() { h.New("new", all, time.Time{}) })
		h.crash(when, func() { h.Rotate("old", 0) })
		if l := h.List(); len(l) != 1 || l[0].Name != "old" {
			t.Errorf("%s: List: %+v", when, l)
		}
		h.expect(old, nil)
		if len(h.keys.names) != 1 || !h.keys.names["token/"+keyID(old)] {
			t.Errorf("%s: the keychain holds %v", when, h.keys.names)
		}
		if text, err := h.Reveal("old"); text != old || err != nil {
			t.Errorf("%s: Reveal: %v", when, err)
		}
	}
	h := newHouse(t)
	token := h.mustNew("a")
	h.crash("before", func() { h.Revoke("a") })
	h.expect(token, ErrUnknown)
	if len(h.List()) != 0 || len(h.keys.names) != 0 {
		t.Errorf("after a crash in Revoke: %v, keychain %v", h.List(), h.keys.names)
	}
}

func TestALockedKeychainDelaysOnlyTheTidying(t *testing.T) {
	h := newHouse(t)
	token := h.mustNew("a")
	h.keys.refuse("delete")
	if err := h.Revoke("a"); err != nil {
		t.Fatal(err)
	}
	h.expect(token, ErrUnknown)
	if len(h.keys.names) != 1 {
		t.Errorf("the keychain holds %v", h.keys.names)
	}
	h.keys.before = nil
	h.reopen()
	if len(h.keys.names) != 0 {
		t.Errorf("after a restart the keychain holds %v", h.keys.names)
	}
}

func TestARevocationThatCannotBeWrittenStillRefuses(t *testing.T) {
	h := newHouse(t)
	token := h.mustNew("a")
	h.expect(token, nil)
	if err := h.db.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		err := h.Revoke("a")
		if err == nil || errors.Is(err, ErrNoAgent) || !strings.Contains(err.Error(), "revoke again") {
			t.Errorf("Revoke: %v", err)
		}
		h.expect(token, ErrUnknown)
		if l := h.List(); len(l) != 1 || len(l[0].Keys) != 0 {
			t.Errorf("List: %+v", l)
		}
	}
	if len(h.moves) == 0 || h.moves[0] != keyID(token)+" now" {
		t.Errorf("Moved: %v", h.moves)
	}
	if _, err := h.Rotate("a", 0); err == nil {
		t.Error("Rotate brought it back")
	}
	if _, err := h.Reveal("a"); err == nil {
		t.Error("Reveal shows it")
	}
	if _, _, err := h.New("a", all, time.Time{}); !errors.Is(err, ErrTaken) {
		t.Errorf("New: %v", err)
	}
}

func TestRevealTrustsTheKeychainOnlySoFar(t *testing.T) {
	h := newHouse(t)
	token := h.mustNew("a")
	other, _ := mint()
	for _, text := range []string{"x", other, token[:size-1] + "!"} {
		if err := h.keys.Set("token/"+keyID(token), text); err != nil {
			t.Fatal(err)
		}
		if got, err := h.Reveal("a"); got != "" || err == nil || strings.Contains(err.Error(), text) && len(text) > 1 {
			t.Errorf("Reveal = %q, %v", got, err)
		}
	}
	if err := h.keys.Delete("token/" + keyID(token)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Reveal("a"); err == nil || !strings.Contains(err.Error(), "rotate it") {
		t.Errorf("Reveal: %v", err)
	}
	h.expect(token, nil)
}
