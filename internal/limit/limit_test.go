package limit

import (
	"strconv"
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestEach(t *testing.T) {
	e := &Each{PerMinute: 3}
	for i := range 4 {
		want := time.Duration(0)
		if i == 3 {
			want = 20 * time.Second
		}
		if got := e.Take("a", noon); got != want {
			t.Errorf("%d: wait %v, want %v", i, got, want)
		}
	}
	if wait := e.Take("b", noon); wait != 0 {
		t.Errorf("another waits %v", wait)
	}
	if wait := e.Take("a", noon.Add(15*time.Second)); wait != 5*time.Second {
		t.Errorf("later: wait %v", wait)
	}
	if wait := e.Take("a", noon.Add(20*time.Second)); wait != 0 {
		t.Errorf("in time: wait %v", wait)
	}
}

// TestManyAreBounded: however many come, what is remembered is bounded, newcomers are served and who did most is
// remembered.
func TestManyAreBounded(t *testing.T) {
	e := &Each{PerMinute: 3}
	for range 4 {
		e.Take("busy", noon)
	}
	for i := range maxRates + 100 {
		if wait := e.Take(strconv.Itoa(i), noon); wait != 0 {
			t.Fatalf("%d waits %v", i, wait)
		}
	}
	if len(e.rates) > maxRates {
		t.Errorf("%d are remembered", len(e.rates))
	}
	if e.Take("busy", noon) == 0 {
		t.Error("who did most was forgotten first")
	}
	e.Take("late", noon.Add(2*time.Minute))
	if len(e.rates) != 1 {
		t.Errorf("after two minutes %d are remembered", len(e.rates))
	}
}

func TestNeighbourhood(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "192.0.2.1:443": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1", "[::ffff:192.0.2.1]:1": "192.0.2.1",
		"2001:db8:1:2:3::4": "2001:db8:1:2::/64", "[2001:db8:1:2:ff::]:80": "2001:db8:1:2::/64", "::1": "::/64",
		"fe80::1%eth0": "fe80::/64", "[fe80::1%eth0]:80": "fe80::/64", "pipe": "pipe", "": "", "[::1": "[::1",
	} {
		if got := Neighbourhood(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

// TestRateIsExact: however many take at once, no more is given than there is.
func TestRateIsExact(t *testing.T) {
	var r Rate
	var wg sync.WaitGroup
	given := make(chan bool, 800)
	for range 8 {
		wg.Go(func() {
			for range 100 {
				given <- r.Take(noon, Share(1, 250)) == 0
			}
		})
	}
	wg.Wait()
	close(given)
	n := 0
	for ok := range given {
		if ok {
			n++
		}
	}
	if n != 250 {
		t.Errorf("%d were given", n)
	}
	if wait := r.Take(noon.Add(time.Second), Share(5, 250)); wait <= 0 || wait > time.Second {
		t.Errorf("five more: wait %v", wait)
	}
}

func BenchmarkTakeOfACrowd(b *testing.B) {
	e, who := &Each{PerMinute: 3}, make([]string, 3*maxRates)
	for i := range who {
		who[i] = strconv.Itoa(i)
	}
	for i := 0; b.Loop(); i++ {
		e.Take(who[i%len(who)], noon)
	}
}
