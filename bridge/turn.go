package bridge

import (
	"context"

	"drawbridge/bridge/era"
)

// hold is what a call has of a process while it runs or is parked: the process is not reaped, and where calls take
// turns the turn is the call's. It is handed on as one, and let go once. The zero hold is none.
type hold struct {
	lease *lease
	turn  bool
}

func (h hold) letGo() {
	if h.turn {
		h.lease.link.passTurn()
	}
	if h.lease != nil {
		h.lease.drop()
	}
}

// takesTurns reports whether such a call must wait for its turn on this link: where a question in the middle
// of it could be another call's.
func (l *link) takesTurns(c *call) bool {
	return l.era == era.Legacy && !l.private && l.server.oneAtATime(c)
}

// waitTurn waits for the turn in a process that the call cannot choose. Beside a call that waits itself it
// goes on without one, and what the server asks then is held until it is certain whose it is.
func (h hold) waitTurn(ctx context.Context) (hold, error) {
	turn, err := h.lease.link.takeTurn(ctx)
	if err != nil {
		h.letGo()
		return hold{}, err
	}
	h.turn = turn
	return h, nil
}

// takeTurn waits until no other call runs in the process. It reports false when that may take too long, or would not
// make the call the only one: because a call is parked there, or the process is dead. A call that was cancelled
// does not count: to take another process for that would part an agent from what it has there.
func (l *link) takeTurn(ctx context.Context) (bool, error) {
	for {
		l.mu.Lock()
		switch {
		case l.dead != nil || l.occupied():
			l.mu.Unlock()
			return false, nil
		case !l.taken:
			l.taken = true
			l.mu.Unlock()
			return true, nil
		}
		wait := l.turned
		l.mu.Unlock()
		select {
		case <-wait:
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
	}
}

// passTurn gives the process's turn to the next call.
func (l *link) passTurn() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taken = false
	l.wake()
}

// wake has those look again who wait for their turn. Called with l.mu held.
func (l *link) wake() {
	close(l.turned)
	l.turned = make(chan struct{})
}

// occupied reports whether the process has a call that nobody waits for at the moment. Called with l.mu held.
func (l *link) occupied() bool {
	for _, w := range l.waiting {
		if _, ok := w.(*parked); ok {
			return true
		}
	}
	return false
}
