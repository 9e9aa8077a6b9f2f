package limit

import (
	"sync"
	"time"
)

// Each lets each of many do something PerMinute times a minute, and all that many at once. What it remembers is
// bounded, and nobody is refused for what others do.
type Each struct {
	PerMinute int // required

	mu    sync.Mutex // guards the field below
	rates map[string]*Rate
}

// maxRates bounds how many are told apart.
const maxRates = 4096

// Take counts one more of who and returns 0, or says when who may try again.
func (e *Each) Take(who string, now time.Time) (wait time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.rates[who]
	if r == nil {
		if len(e.rates) >= maxRates {
			e.forget(now)
		}
		if e.rates == nil {
			e.rates = map[string]*Rate{}
		}
		r = &Rate{}
		e.rates[who] = r
	}
	return r.Take(now, Share(1, int64(e.PerMinute)))
}

// forget drops those who have done nothing for a minute, or where there are none the one who will be so first. With
// e.mu held.
func (e *Each) forget(now time.Time) {
	var first string
	var least *Rate
	for who, r := range e.rates {
		if r.full(now) {
			delete(e.rates, who)
		}
		if least == nil || r.owed.Load() < least.owed.Load() {
			first, least = who, r
		}
	}
	delete(e.rates, first)
}
