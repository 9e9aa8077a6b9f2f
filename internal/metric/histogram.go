// Package metric counts without locks, and writes what was counted in the Prometheus text format.
package metric

import (
	"sync/atomic"
	"time"
)

// bounds are the upper bounds of a Histogram's buckets; behind the last there is one more.
var bounds = [...]time.Duration{
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2500 * time.Millisecond, 5 * time.Second,
	10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute,
}

// Histogram counts how long things took. The zero Histogram has counted nothing. It is for any number of goroutines.
type Histogram struct {
	buckets [len(bounds) + 1]atomic.Uint64
	nanos   atomic.Uint64 // all together
}

// Observe counts something that took d. A negative d counts as none.
func (h *Histogram) Observe(d time.Duration) {
	i := 0
	for i < len(bounds) && d > bounds[i] {
		i++
	}
	h.buckets[i].Add(1)
	h.nanos.Add(uint64(max(d, 0)))
}

// Distribution is what a Histogram has counted at one moment.
type Distribution struct {
	buckets [len(bounds) + 1]uint64
	sum     time.Duration
}

// Read is what h has counted so far. What is observed meanwhile may be in one part of it and not in another.
func (h *Histogram) Read() Distribution {
	d := Distribution{sum: time.Duration(h.nanos.Load())}
	for i := range h.buckets {
		d.buckets[i] = h.buckets[i].Load()
	}
	return d
}
