package signin

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// grants is what lives under which grant.
type grants struct {
	epoch atomic.Uint64 // counts, under mu, the grants that ended or moved

	mu   sync.Mutex // guards the fields below and those of every grant
	live map[string]*grant
}

// grant is one that was used lately. Its fields are guarded by grants.mu.
type grant struct {
	leases map[*lease]struct{}
	ends   time.Time   // zero is never
	warned time.Time   // the end that its leases were warned of last
	timer  *time.Timer // runs grants.tick; nil as long as the grant never ends
}

// lease is one request under way.
type lease struct {
	cancel context.CancelCauseFunc
	grant  *grant

	over chan struct{}  // closed by leave; nil until somebody waits; guarded by grants.mu
	warn chan time.Time // capacity 1: the latest warning; nil until somebody listens; never closed; guarded by grants.mu
	all  *grants

	mu   sync.Mutex // guards the fields below
	w    http.ResponseWriter
	left bool
}

const (
	// tickEvery bounds how long a timer runs: timers stand still while the machine sleeps, and a
	// grant must not live longer for that.
	tickEvery = time.Minute
	// warnBefore is how long before the end of a grant its connections are warned.
	warnBefore = time.Minute
	// lastWords is how long a handler that was cancelled may still be reading or writing.
	lastWords = 2 * time.Second
)

// enter adds l to a grant, unless a grant ended or moved since epoch was read: then what the
// verifier said may be out of date.
func (g *grants) enter(l *lease, id string, ends time.Time, epoch uint64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.epoch.Load() != epoch {
		return false
	}
	gr := g.live[id]
	if gr == nil {
		gr = &grant{leases: map[*lease]struct{}{}, ends: ends}
		g.live[id] = gr
		g.arm(id, gr)
	} else if later(ends, gr.ends) {
		gr.ends = ends // a token of the same grant was refreshed; the timer finds out
	}
	gr.leases[l] = struct{}{}
	l.grant, l.all = gr, g
	return true
}

// Warned implements caller.Lease.
func (l *lease) Warned() <-chan time.Time {
	l.all.mu.Lock()
	defer l.all.mu.Unlock()
	if l.warn == nil {
		l.warn = make(chan time.Time, 1)
		if ends := l.grant.ends; !ends.IsZero() && time.Until(ends) <= warnBefore {
			l.warn <- ends
		}
	}
	return l.warn
}

// leave takes l out. Nothing touches its connection afterwards.
func (g *grants) leave(l *lease) {
	l.mu.Lock()
	l.left = true
	l.mu.Unlock()
	l.cancel(nil)
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(l.grant.leases, l)
	if l.over != nil {
		close(l.over)
	}
}

func (g *grants) end(id string) {
	g.mu.Lock()
	g.epoch.Add(1)
	gr := g.live[id]
	if gr == nil {
		g.mu.Unlock()
		return
	}
	leases := gr.all()
	for _, l := range leases {
		if l.over == nil {
			l.over = make(chan struct{})
		}
	}
	g.mu.Unlock()
	for _, l := range leases {
		l.stop(ErrRevoked)
	}
	for _, l := range leases {
		<-l.over
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.drop(id, gr)
}

func (g *grants) move(id string, ends time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.epoch.Add(1)
	if gr := g.live[id]; gr != nil {
		gr.ends = ends
		g.arm(id, gr)
	}
}

// arm sets the timer of a grant. With g.mu held.
func (g *grants) arm(id string, gr *grant) {
	if gr.ends.IsZero() {
		return
	}
	wait := time.Until(gr.ends)
	if before := wait - warnBefore; before > 0 {
		wait = before
	}
	wait = min(wait, tickEvery)
	if gr.timer == nil {
		gr.timer = time.AfterFunc(wait, func() { g.tick(id, gr) })
		return
	}
	gr.timer.Reset(wait)
}

// tick ends the requests of a grant whose time is over, or forgets a grant that has none.
func (g *grants) tick(id string, gr *grant) {
	g.mu.Lock()
	if len(gr.leases) == 0 {
		g.drop(id, gr)
		g.mu.Unlock()
		return
	}
	if left := time.Until(gr.ends); gr.ends.IsZero() || left > 0 {
		if left <= warnBefore {
			gr.tell()
		}
		g.arm(id, gr)
		g.mu.Unlock()
		return
	}
	leases := gr.all()
	gr.timer.Reset(tickEvery)
	g.mu.Unlock()
	for _, l := range leases {
		l.stop(ErrExpired)
	}
}

// tell warns all that lives under gr, once for each end. With grants.mu held.
func (gr *grant) tell() {
	if gr.ends.IsZero() || gr.warned.Equal(gr.ends) {
		return
	}
	gr.warned = gr.ends
	for l := range gr.leases {
		if l.warn == nil {
			continue
		}
		select {
		case <-l.warn: // of an end that is not the end any more
		default:
		}
		l.warn <- gr.ends
	}
}

// drop forgets gr if nothing lives under it. With g.mu held.
func (g *grants) drop(id string, gr *grant) {
	if len(gr.leases) > 0 || g.live[id] != gr {
		return
	}
	delete(g.live, id)
	if gr.timer != nil {
		gr.timer.Stop()
	}
}

func (gr *grant) all() []*lease {
	leases := make([]*lease, 0, len(gr.leases))
	for l := range gr.leases {
		leases = append(leases, l)
	}
	return leases
}

// stop cancels the request, and soon afterwards what a cancelled context does not wake: a handler that
// reads from or writes to a peer which does nothing.
func (l *lease) stop(cause error) {
	l.cancel(cause)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left {
		return
	}
	rc := http.NewResponseController(l.w)
	soon := time.Now().Add(lastWords)
	_ = rc.SetReadDeadline(soon) // a writer without a connection, as in tests, blocks nobody
	_ = rc.SetWriteDeadline(soon)
}

// later reports whether a is a later end than b; zero is never.
func later(a, b time.Time) bool {
	return !b.IsZero() && (a.IsZero() || a.After(b))
}
