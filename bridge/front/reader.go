package front

import (
	"context"
	"errors"
	"time"

	"drawbridge/internal/caller"
	"drawbridge/internal/wire"
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
	// out is where the agent is warned that its grant ends soon; nil is nowhere. What it gets, the queue has.
	out Sink
	// owned is the session if it ends with this connection, else nil. It is closed when the grant ends, so that its
	// calls are answered before the last look.
	owned Session

	ctx      context.Context
	gone     <-chan struct{}  // of ctx
	session  <-chan struct{}  // closed when the session ends; nil once seen
	warned   <-chan time.Time // nil without out
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

// warn makes r tell the agent when its grant is about to end, by way of out, which sends to the queue of r. It is for
// connections that outlive their answers.
func (r *reader) warn(out Sink) { r.out, r.warned = out, caller.Warned(r.ctx) }

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
		case at := <-r.warned:
			r.out.Send(endsSoon(at), false)
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

// endsSoon is the notification that warns of the end of a grant: a log message, which clients of every revision know.
func endsSoon(at time.Time) wire.Message {
	return wire.NewNotification("notifications/message", wire.Object(
		wire.Member{Key: "level", Value: wire.Quote("warning")},
		wire.Member{Key: "logger", Value: wire.Quote("drawbridge")},
		wire.Member{Key: "data", Value: wire.Quote("this agent's access ends at " + at.UTC().Format(time.RFC3339) +
			", and this connection with it; refresh the access token to go on")},
	))
}

// grantEnd is why the gate ended ctx, or nil when it did not: the connection was lost, or nothing happened.
func grantEnd(ctx context.Context) error {
	why := context.Cause(ctx)
	if errors.Is(why, caller.ErrEnded) || errors.Is(why, caller.ErrNarrowed) {
		return why
	}
	return nil
}
