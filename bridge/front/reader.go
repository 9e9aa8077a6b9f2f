package front

import (
	"context"
	"errors"
	"time"

	"drawbridge/internal/caller"
)

// sight is what a reader sees of its queue.
type sight uint8

const (
	arrived   sight = iota // there are messages
	idle                   // the timer fired before anything came
	gone                   // the agent's connection has ended
	behind                 // the agent reads too slowly: it has missed messages
	displaced              // another connection reads the queue now
	ended                  // the session or the grant has ended, or the queue: nothing more will come
)

// reader takes from a queue for one connection. It sleeps in one place, so that an answer wakes one goroutine, once.
type reader struct {
	queue *queue
	wake  <-chan struct{}
	// grace is how long calls may still be answered after the session has ended.
	grace time.Duration
	// owned is the session if it ends with this connection, else nil. It is closed when the grant ends, so that its
	// calls are answered before the last look.
	owned Session

	ctx      context.Context
	gone     <-chan struct{} // of ctx
	session  <-chan struct{} // closed when the session ends; nil once seen
	deadline <-chan time.Time
	over     bool
	items    []item
	one      [1]item // room for the usual: one answer
}

// newReader returns a reader for whoever attached to q last, with the wake that attach returned; ctx is the connection's.
func newReader(ctx context.Context, s Session, q *queue, wake <-chan struct{}, grace time.Duration) *reader {
	r := &reader{queue: q, wake: wake, grace: grace, ctx: ctx, gone: ctx.Done(), session: s.Done()}
	r.items = r.one[:0]
	return r
}

// next waits for messages, until tick fires. They are the caller's until the next call; number is that of the first.
func (r *reader) next(tick <-chan time.Time) (items []item, number uint64, s sight) {
	for {
		clear(r.items)
		var st state
		r.items, number, st = r.queue.take(r.wake, r.items[:0])
		switch {
		case st == replaced:
			return nil, 0, displaced
		case st == slow:
			return nil, 0, behind
		case len(r.items) > 0:
			return r.items, number, arrived
		case r.over || st != taking:
			return nil, 0, ended
		}
		select {
		case <-r.wake:
		case <-tick:
			return nil, 0, idle
		case <-r.deadline:
			r.over = true
		case <-r.session: // calls may still be answered
			r.session = nil
			r.deadline = time.After(r.grace)
		case <-r.gone:
			if grantEnd(r.ctx) == nil {
				return nil, 0, gone
			}
			if r.owned != nil {
				r.owned.Close()
			}
			r.over = true
		}
	}
}

// grantEnd is why the gate ended ctx, or nil when it did not: the connection was lost, or nothing happened.
func grantEnd(ctx context.Context) error {
	why := context.Cause(ctx)
	if errors.Is(why, caller.ErrEnded) || errors.Is(why, caller.ErrNarrowed) {
		return why
	}
	return nil
}
