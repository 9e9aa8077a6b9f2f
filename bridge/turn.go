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
	return l.era == era.Legacy && l.only == nil && l.server.oneAtATime(c)
}

// waitTurn waits for the turn in a process that the call cannot choose. Beside a call that waits itself it
// goes on without one, and what the server asks then is held until it is certain whose it is.
func (h hold) waitTurn(ctx context.Context) (hold, error) {
	place, err := h.lease.link.takeTurn(ctx, true)
	if err != nil {
		h.letGo()
		return hold{}, err
	}
	h.turn = place == free
	return h, nil
}

// place is what a call that must be the only one meets in a process.
type place uint8

const (
	free    place = iota // it has the turn
	haunted              // nothing but calls that were cancelled, of which the process may still ask
	full                 // a call is parked there, or the process is dead: to wait may take too long, or be in vain
)

// takeTurn waits until no other call runs in the process, and then takes the turn, if the place is free. To a call
// that takes what it gets, a haunted one is.
func (l *link) takeTurn(ctx context.Context, anyhow bool) (place, error) {
	for {
		l.mu.Lock()
		switch {
		case l.dead != nil || l.occupied():
			l.mu.Unlock()
			return full, nil
		case l.taken:
		case !anyhow && (l.ghosts() > 0 || l.haunts()):
			l.mu.Unlock()
			return haunted, nil
		default:
			l.taken = true
			l.mu.Unlock()
			return free, nil
		}
		wait := l.turned
		l.mu.Unlock()
		select {
		case <-wait:
		case <-ctx.Done():
			return full, context.Cause(ctx)
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
