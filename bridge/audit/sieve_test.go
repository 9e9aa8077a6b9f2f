package audit

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestSieve: the first of a kind is a record at once, the others are one number a minute.
func TestSieve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []Entry
		sieve := NewSieve(func(e Entry) { got = append(got, e) })
		bad := func(address string) Entry { return Entry{Kind: SignIn, Address: address, Error: "unknown token"} }
		for range 1000 {
			sieve.Note(bad("192.0.2.1:40000"))
		}
		sieve.Note(bad("192.0.2.2:40000"))
		sieve.Note(bad("[2001:db8::1]:1"))
		sieve.Note(bad("[2001:db8::ffff:2]:1"))
		if len(got) != 3 || got[0].Count != 0 || got[0].Time.IsZero() {
			t.Fatalf("at once: %+v", got)
		}
		time.Sleep(sieveFor)
		synctest.Wait()
		if len(got) != 5 || got[3].Count != 999 || got[3].Address != "192.0.2.1:40000" || got[4].Count != 1 {
			t.Fatalf("after a minute: %+v", got[3:])
		}
		time.Sleep(10 * sieveFor)
		if sieve.Note(bad("192.0.2.1:5")); len(got) != 6 {
			t.Errorf("a new minute: %+v", got[5:])
		}
		sieve.Note(bad("192.0.2.1:6"))
		if err := sieve.Close(); err != nil || len(got) != 7 || got[6].Count != 1 {
			t.Errorf("at the end: %v, %+v", err, got[6:])
		}
		if sieve.Note(bad("192.0.2.1:7")); len(got) != 8 {
			t.Error("what came after the end is not there")
		}
	})
}

// TestSieveIsBounded: whatever comes, a minute takes a few records.
func TestSieveIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		records, happened := 0, 0
		sieve := NewSieve(func(e Entry) { records, happened = records+1, happened+max(e.Count, 1) })
		for i := range 100_000 {
			sieve.Note(Entry{Kind: SignIn, Address: fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&255, i&255)})
			sieve.Note(Entry{Kind: SignIn, Address: "10.0.0.0:1"})
		}
		time.Sleep(sieveFor)
		synctest.Wait()
		if records > 2*sieveKeys+1 || happened != 200_000 {
			t.Errorf("%d records of %d", records, happened)
		}
	})
}
