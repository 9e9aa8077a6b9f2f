package audit

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// noted is what a sieve has written, by the test or by a timer.
type noted struct {
	mu  sync.Mutex // guards the field below
	all []Entry
}

func (n *noted) note(e Entry) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, e)
}

func (n *noted) entries() []Entry {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.all)
}

// TestSieve: the first of a kind is a record at once, the others are one number a minute.
func TestSieve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var written noted
		sieve := NewSieve(written.note)
		bad := func(address string) Entry { return Entry{Kind: SignIn, Address: address, Error: "unknown token"} }
		for range 1000 {
			sieve.Note(bad("192.0.2.1:40000"))
		}
		sieve.Note(bad("192.0.2.2:40000"))
		sieve.Note(bad("[2001:db8::1]:1"))
		sieve.Note(bad("[2001:db8::ffff:2]:1"))
		got := written.entries()
		if len(got) != 3 || got[0].Count != 0 || got[0].Time.IsZero() {
			t.Fatalf("at once: %+v", got)
		}
		time.Sleep(sieveFor)
		synctest.Wait()
		if got = written.entries(); len(got) != 5 || got[3].Count != 999 || got[3].Address != "192.0.2.1:40000" || got[4].Count != 1 {
			t.Fatalf("after a minute: %+v", got[3:])
		}
		time.Sleep(10 * sieveFor)
		sieve.Note(bad("192.0.2.1:5"))
		if got = written.entries(); len(got) != 6 {
			t.Errorf("a new minute: %+v", got[5:])
		}
		sieve.Note(bad("192.0.2.1:6"))
		if err := sieve.Close(); err != nil {
			t.Error(err)
		}
		if got = written.entries(); len(got) != 7 || got[6].Count != 1 {
			t.Errorf("at the end: %+v", got[6:])
		}
		sieve.Note(bad("192.0.2.1:7"))
		if got = written.entries(); len(got) != 8 {
			t.Error("what came after the end is not there")
		}
	})
}

// TestSieveIsBounded: whatever comes, a minute takes a few records.
func TestSieveIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var written noted
		sieve := NewSieve(written.note)
		for i := range 100_000 {
			sieve.Note(Entry{Kind: SignIn, Address: fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&255, i&255)})
			sieve.Note(Entry{Kind: SignIn, Address: "10.0.0.0:1"})
		}
		time.Sleep(sieveFor)
		synctest.Wait()
		happened := 0
		for _, e := range written.entries() {
			happened += max(e.Count, 1)
		}
		if n := len(written.entries()); n > 2*sieveKeys+1 || happened != 200_000 {
			t.Errorf("%d records of %d", n, happened)
		}
	})
}

// TestSieveCloses: the end of a minute that is under way is over when Close returns.
func TestSieveCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var written atomic.Int32
		s := NewSieve(func(e Entry) {
			if e.Count > 0 {
				time.Sleep(time.Second) // a slow disk, in the bubble's time
			}
			written.Add(1)
		})
		for range 3 {
			s.Note(Entry{Kind: SignIn})
		}
		time.Sleep(sieveFor)
		synctest.Wait()
		if n := written.Load(); n != 1 {
			t.Fatalf("%d are written while the disk is slow", n)
		}
		if err := s.Close(); err != nil || written.Load() != 2 {
			t.Errorf("%v; Close returned with %d written", err, written.Load())
		}
	})
}
