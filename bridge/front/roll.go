package front

import (
	"slices"
	"sync"
)

// roll lists the sessions over Streamable HTTP, which live without a connection, to take back what those have queued that
// have ended. It looks through them now and then while new ones come, so that it needs no goroutine.
type roll struct {
	mu   sync.Mutex // guards the fields below
	open []enrolled
	next int // how many may be open before the next look
}

type enrolled struct {
	session Session
	streams *streams
}

// add lists a session.
func (r *roll) add(s Session, st *streams) {
	const least = 64
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.open) >= max(r.next, least) {
		r.open = slices.DeleteFunc(r.open, enrolled.over)
		r.next = 2 * len(r.open)
	}
	r.open = append(r.open, enrolled{s, st})
}

// over reports whether the session has ended; then it has nothing queued any more.
func (e enrolled) over() bool {
	select {
	case <-e.session.Done():
		e.streams.close()
		return true
	default:
		return false
	}
}
