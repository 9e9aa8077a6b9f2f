// Package limit bounds how much is done in a minute: by one, or by each of many who are told apart.
package limit

import (
	"math"
	"sync/atomic"
	"time"
)

// Rate is a bucket that holds what a minute brings, full at first. It is used without locks.
type Rate struct {
	// owed is the moment, in Unix nanoseconds, at which all that was taken is paid for by time. It may be a
	// minute ahead.
	owed atomic.Int64
}

// Share is how much of a minute n takes of so many a minute.
func Share(n int, perMinute int64) time.Duration {
	return time.Duration(math.Ceil(float64(n) / float64(perMinute) * float64(time.Minute)))
}

// Take takes a share and returns 0, or says when there will be as much.
func (r *Rate) Take(now time.Time, share time.Duration) (wait time.Duration) {
	for at := now.UnixNano(); ; {
		owed := r.owed.Load()
		next := max(owed, at) + int64(share)
		if wait := time.Duration(next-at) - time.Minute; wait > 0 {
			return wait
		}
		if r.owed.CompareAndSwap(owed, next) {
			return 0
		}
	}
}

// Charge takes a share even if there is less.
func (r *Rate) Charge(now time.Time, share time.Duration) {
	for at := now.UnixNano(); ; {
		owed := r.owed.Load()
		if r.owed.CompareAndSwap(owed, max(owed, at)+int64(share)) {
			return
		}
	}
}

// Return gives a share back that was taken.
func (r *Rate) Return(share time.Duration) { r.owed.Add(-int64(share)) }

// Over is how long there will be nothing.
func (r *Rate) Over(now time.Time) time.Duration {
	return max(0, time.Duration(r.owed.Load()-now.UnixNano())-time.Minute)
}

// full reports whether nothing is taken.
func (r *Rate) full(now time.Time) bool { return r.owed.Load() <= now.UnixNano() }
