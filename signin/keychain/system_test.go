package keychain

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// narrow takes as little as the narrowest system, and fails from the call on that is told.
type narrow struct {
	Keychain
	failAt int // the n-th Set fails; 0 never
	sets   int
}

func (n *narrow) Set(name, value string) error {
	if len(value) > partSize {
		return ErrTooBig
	}
	if n.sets++; n.sets == n.failAt {
		return errors.New("disk full")
	}
	return n.Keychain.Set(name, value)
}

func entries(k *memory) int { return len(k.values) }

func TestSplitReplacesWholeOrNotAtAll(t *testing.T) {
	before, after := strings.Repeat("a", 3*partSize), strings.Repeat("b", 2*partSize+1)
	for failAt := range 5 {
		items := Memory().(*memory)
		if err := (split{items}).Set("x", before); err != nil {
			t.Fatal(err)
		}
		err := split{&narrow{Keychain: items, failAt: failAt}}.Set("x", after)
		want := after
		if err != nil {
			want = before
		}
		if failed := failAt > 0; failed != (err != nil) {
			t.Errorf("failing at %d: %v", failAt, err)
		}
		if got, err := (split{items}).Get("x"); got != want || err != nil {
			t.Errorf("failing at %d: got %d × %.1q, %v", failAt, len(got), got, err)
		}
	}
}

func TestSplitLeavesNothingBehind(t *testing.T) {
	items := Memory().(*memory)
	k := split{items}
	for _, n := range []int{3 * partSize, 2 * partSize, 1, partSize + 1} {
		if err := k.Set("x", strings.Repeat("a", n)); err != nil {
			t.Fatal(err)
		}
		want := 1
		if n > partSize {
			want += (n + partSize - 1) / partSize
		}
		if entries(items) != want {
			t.Errorf("%d bytes lie in %d items, want %d", n, entries(items), want)
		}
	}
	if err := k.Delete("x"); err != nil || entries(items) != 0 {
		t.Errorf("Delete: %v, %d items left", err, entries(items))
	}
}

func TestSplitSeesDamage(t *testing.T) {
	for _, head := range []string{"", "x", "00000000", "00000000 0", "00000000 -1", "00000000 33", "0 1", "00000000 1", "00000000 99999999999999999999"} {
		items := Memory()
		if err := items.Set("x", partsMarker+head); err != nil {
			t.Fatal(err)
		}
		if v, err := (split{items}).Get("x"); err == nil || errors.Is(err, ErrNotFound) {
			t.Errorf("head %q: %q, %v", head, v, err)
		}
		if err := (split{items}).Set("x", "mended"); err != nil {
			t.Errorf("head %q: %v", head, err)
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("v", partsMarker+"00000000 1", 1)
	f.Add(partsMarker, "", 5000)
	f.Fuzz(func(t *testing.T, value, head string, times int) {
		if checkEntry("x", head) == nil {
			items := Memory()
			items.Set("x", head)
			if v, err := (split{items}).Get("x"); err == nil && v != head {
				t.Errorf("a value that no part holds came from %q", head)
			}
		}
		value = strings.Repeat(value, max(1, min(times, MaxValue/max(1, len(value)))))
		if checkEntry("x", value) != nil {
			return
		}
		k := split{&narrow{Keychain: Memory()}}
		if err := k.Set("x", value); err != nil {
			t.Fatal(err)
		}
		if got, err := k.Get("x"); got != value || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, value)
		}
	})
}

// locked holds every call until it is unlocked.
type locked struct {
	Keychain
	unlocked chan struct{}
}

func (l locked) Get(name string) (string, error) {
	<-l.unlocked
	return l.Keychain.Get(name)
}

func (l locked) Set(name, value string) error {
	<-l.unlocked
	return l.Keychain.Set(name, value)
}

func TestALockedKeychainIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := locked{Memory(), make(chan struct{})}
		k := &patient{turn: make(chan struct{}, 1), inner: inner}
		start := time.Now()
		if err := k.Set("x", "hunter2"); err == nil || !strings.Contains(err.Error(), "it may be locked") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Set: %v", err)
		}
		if _, err := k.Get("x"); err == nil || errors.Is(err, ErrNotFound) {
			t.Errorf("Get: %v", err)
		}
		if took := time.Since(start); took != 2*patience {
			t.Errorf("two calls took %v", took)
		}
		close(inner.unlocked)
		if v, err := k.Get("x"); v != "hunter2" || err != nil {
			t.Errorf("after unlocking: %q, %v: the calls lost their order", v, err)
		}
	})
}

func TestServiceOf(t *testing.T) {
	a, b, again := serviceOf("/home/a/.config/drawbridge"), serviceOf("/home/b/.config/drawbridge"), serviceOf("/home/a/x/../.config/drawbridge/")
	if a == b || a != again || !strings.HasPrefix(a, "Drawbridge-") {
		t.Errorf("%q %q %q", a, b, again)
	}
}

func TestEscapeBusPath(t *testing.T) {
	got := fmt.Sprint(escapeBusPath("/run/user/1000/bus"), " ", escapeBusPath("/tmp/a b,c;d=é%"))
	if diff := cmp.Diff("/run/user/1000/bus /tmp/a%20b%2cc%3bd%3d%c3%a9%25", got); diff != "" {
		t.Error(diff)
	}
}
