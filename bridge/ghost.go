package bridge

import (
	"time"

	"drawbridge/bridge/era"
	"drawbridge/internal/caller"
	"drawbridge/internal/wire"
)

// ghost stands for a call that was cancelled: a process may still be at work on it, and what it asks or logs
// then is no other call's.
type ghost struct {
	caller  *caller.Caller
	session *session // of a legacy agent's call; nil for a modern agent's
	logs    bool     // it asked a modern process for log messages
	since   time.Time
}

const (
	// ghostFor is how long a process is thought to be still at work on a call that was cancelled, if it does
	// not answer it. It is shorter than heldFor: what is asked meanwhile is not refused, but waits. Before
	// another caller is shown what the process asks, longer has passed: ghostForOthers.
	ghostFor       = 2 * time.Second
	ghostForOthers = 30 * time.Second
	// ghostsMax bounds the cancelled calls that are known one by one.
	ghostsMax = 64
)

// recent reports whether the call was cancelled so lately that the process is still thought to be at work on it.
func (g *ghost) recent(now time.Time) bool { return now.Before(g.since.Add(ghostFor)) }

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
	g := ghostOf(w, l.server.b.now())
	switch {
	case g == nil || l.era == era.Modern && !g.logs:
	case l.ghosts() >= ghostsMax:
		l.haunted = g.since.Add(ghostForOthers)
	default:
		l.waiting[id] = g
	}
	l.wake()
	return true
}

// ghostOf is what a call leaves; nil for what is none.
func ghostOf(w waiter, now time.Time) *ghost {
	switch w := w.(type) {
	case *call:
		g := &ghost{caller: w.session.owner(), logs: w.logs.Load(), since: now}
		if w.era == era.Legacy {
			g.session = w.session
		}
		return g
	case *parked:
		return &ghost{caller: w.caller, since: now}
	}
	return nil
}

// ghostFor is how long a cancelled call is remembered.
func (l *link) ghostFor() time.Duration {
	if l.shared {
		return ghostForOthers
	}
	return ghostFor
}

// ghosts is how many cancelled calls are known. Called with l.mu held.
func (l *link) ghosts() int {
	n := 0
	for _, w := range l.waiting {
		if _, ok := w.(*ghost); ok {
			n++
		}
	}
	return n
}

// haunts reports whether a question that would be o's may be of a call that another caller has cancelled. Called with
// l.mu held.
func (l *link) haunts(o origin, a *ask, now time.Time) bool {
	who := o.caller()
	if who == nil || !l.shared {
		return false
	}
	for id, w := range l.waiting {
		if g, ok := w.(*ghost); ok && id <= a.upTo && !same(g.caller, who) {
			return true
		}
	}
	return now.Before(l.haunted)
}
