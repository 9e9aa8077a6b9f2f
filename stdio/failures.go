package stdio

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// StartError says that a server could not be started. Error may be shown to agents; Cause, which is also
// what it unwraps to, is for the owner alone: it names paths.
type StartError struct {
	Server   string
	Incident string // what the owner finds the cause by, in the log and in Status
	Cause    error
}

func (e *StartError) Error() string {
	return fmt.Sprintf("server %q could not be started (incident %s)", e.Server, e.Incident)
}

func (e *StartError) Unwrap() error { return e.Cause }

const (
	// longLife is how long a process lives that was all right.
	longLife = 60 * time.Second
	// loopAfter is how many deaths in a row, none after longLife or after a message, are a crash loop.
	loopAfter = 5
	// failuresForgotten is how long a death is held against a server.
	failuresForgotten = 5 * time.Minute
	backoffFirst      = 500 * time.Millisecond
	backoffMost       = 30 * time.Second
)

// failures is the deaths in a row of one server's processes that had been of no use.
type failures struct {
	n      int
	at     time.Time // of the last
	after  time.Time // no start before
	reason *ExitError
}

// note takes the end of a process. One that had been of use proves that the server works, also when it was
// killed then: a next start need not wait.
func (f *failures) note(now time.Time, e *ExitError, useful bool) {
	switch {
	case useful:
		*f = failures{}
	case e.Ended:
	default:
		if now.Sub(f.at) > failuresForgotten {
			f.n = 0
		}
		f.n++
		f.at, f.after, f.reason = now, now.Add(backoff(f.n)), e
	}
}

// backoff is how long the start after n deaths waits: not at all, then ever longer, and not in
// step with other servers.
func backoff(n int) time.Duration {
	if n < 2 {
		return 0
	}
	d := min(backoffFirst<<min(n-2, 10), backoffMost)
	return d - d/10 + rand.N(d/5)
}

// loops reports whether the server keeps dying.
func (f *failures) loops() bool { return f.n >= loopAfter }

// loopError is what a start gets that comes too early.
func (f *failures) loopError(now time.Time) error {
	return fmt.Errorf("%w; it keeps dying, and is started again in %v at the earliest", f.reason, f.after.Sub(now).Round(100*time.Millisecond))
}
