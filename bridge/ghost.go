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
// With one in which people were never asked before, the same caller's next call is given the benefit of the doubt: if it still
// runs a moment after the question, it is thought to wait for the answer.
//
// Where the process is one session's alone there are no ghosts: all that it asks is that session's.
type ghost struct {
	caller  *caller.Caller
	session *session // of a legacy agent's call; nil for a modern agent's
	logs    bool     // it asked a modern process for log messages
	prompts bool     // people have been asked in the middle of such calls
	until   time.Time
}

const (
	// ghostsMax bounds the cancelled calls of a process that are known one by one.
	ghostsMax = 64
	// doubtFor is how long a question waits whether a call ends by itself that is not waiting for its answer.
	doubtFor = 2 * time.Second
)

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
	case g == nil || l.only != nil || l.era == era.Modern && !g.logs:
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
		g := &ghost{caller: w.session.owner(), logs: w.logs.Load(), prompts: w.session.target.prompts(w), until: until}
		if w.era == era.Legacy {
			g.session = w.session
		}
		return g
	case *parked:
		return &ghost{caller: w.caller, prompts: true, until: until}
	}
	return nil
}

// unsuspected reports whether there waits a cancelled call in the middle of which people were never asked.
func unsuspected(w waiter) bool {
	g, ok := w.(*ghost)
	return ok && !g.prompts
}

// doubts reports whether an unsuspected call may have asked what would be o's. Called with l.mu held.
func (l *link) doubts(a *ask, o origin) bool {
	who, early := o.caller(), l.server.b.now().Sub(a.since) < doubtFor
	if who == nil {
		return false
	}
	for id, w := range l.waiting {
		if g, ok := w.(*ghost); ok && !g.prompts && id <= a.upTo && l.mayBeOf(a, w) && (early || !same(g.caller, who)) {
			return true
		}
	}
	return false
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
