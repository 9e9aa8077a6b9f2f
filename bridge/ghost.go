package bridge

import (
	"time"

	"drawbridge/bridge/era"
	"drawbridge/internal/caller"
	"drawbridge/internal/wire"
)

// ghost stands for a call that was cancelled. By the protocol the process answers it no more, and may still be at work on it:
// what it asks or logs then must not be taken for another call's. So a cancelled call counts as one that runs, until the
// process has answered it all the same or until no call can run that long.
//
//	call ── cancelled ──▶ ghost ── an answer, or MaxCall ──▶ nothing
//
// One of a tool that has answered before and was never seen to ask does not keep the same caller from being asked, whose
// question it would be in any case; only other callers.
//
// Where the process is one session's alone there are no ghosts: all that it asks is that session's.
type ghost struct {
	caller  *caller.Caller
	session *session // of a legacy agent's call; nil for a modern agent's
	logs    bool     // it asked a modern process for log messages
	quiet   bool     // such calls have been answered before, and never asked people
	until   time.Time
}

// ghostsMax bounds the cancelled calls of a process that are known one by one.
const ghostsMax = 64

func (g *ghost) answer(wire.Message) {}
func (g *ghost) note(wire.Message)   {}
func (g *ghost) lost(error)          {}

// bury ends the registration of id; it reports whether there was one. Of a call it leaves a ghost.
func (l *link) bury(id uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.waiting[id]
	if _, buried := w.(*ghost); buried || w == nil {
		return false
	}
	delete(l.waiting, id)
	g := ghostOf(w, l.server.b.now().Add(l.server.maxCall()))
	switch {
	case g == nil || l.private || l.era == era.Modern && !g.logs:
	case l.ghosts() >= ghostsMax:
		l.haunted = g.until
	default:
		l.waiting[id] = g
	}
	l.wake()
	return true
}

// ghostOf is what a call leaves; nil for what is none.
func ghostOf(w waiter, until time.Time) *ghost {
	switch w := w.(type) {
	case *call:
		g := &ghost{caller: w.session.owner(), logs: w.logs.Load(), quiet: w.session.target.quiet(w), until: until}
		if w.era == era.Legacy {
			g.session = w.session
		}
		return g
	case *parked:
		return &ghost{caller: w.caller, until: until}
	}
	return nil
}

// quiet reports whether there waits what is cancelled and was never seen to ask.
func quiet(w waiter) bool {
	g, ok := w.(*ghost)
	return ok && g.quiet
}

// quieted reports whether no cancelled call of the quiet kind stands in the way of a question that would be o's: it does to
// other callers only. Called with l.mu held.
func (l *link) quieted(a *ask, o origin) bool {
	who := o.caller()
	if who == nil {
		return true
	}
	for id, w := range l.waiting {
		if g, ok := w.(*ghost); ok && g.quiet && id <= a.upTo && l.mayBeOf(a, w) && !same(g.caller, who) {
			return false
		}
	}
	return true
}

// ghosts is how many cancelled calls are known, one that is just being cancelled among them. Called with l.mu held.
func (l *link) ghosts() int {
	n := 0
	for _, w := range l.waiting {
		switch w := w.(type) {
		case *ghost:
			n++
		case *call: // what has an answer of the process does not wait here any more
			if w.ended.Load() {
				n++
			}
		}
	}
	return n
}

// exorcise forgets the calls that were cancelled so long ago that none can still be at work. Called with l.mu held.
func (l *link) exorcise(now time.Time) {
	for id, w := range l.waiting {
		if g, ok := w.(*ghost); ok && now.After(g.until) {
			delete(l.waiting, id)
		}
	}
}

// haunts reports whether there may be more cancelled calls than are known one by one. Called with l.mu held.
func (l *link) haunts() bool { return l.server.b.now().Before(l.haunted) }
