package bridge

import (
	"errors"
	"time"

	"drawbridge/bridge/era"
	"drawbridge/bridge/policy"
	"drawbridge/internal/wire"
)

// lost is the waiter's: there will be no answer.
func (c *call) lost(err error) {
	e := &wire.Error{Code: wire.InternalError, Message: err.Error()}
	if errors.As(err, &e) {
		c.finish(e.Reply(c.m.ID()), Outcome{Result: Failure, Error: err.Error()})
		return
	}
	e.Message += c.session.target.lastWords(err)
	c.finish(e.Reply(c.m.ID()), Outcome{Result: Lost, Error: err.Error()})
}

// fail answers with e what the server's doing makes impossible to go on with, and tells the process.
func (c *call) fail(e *wire.Error) {
	if c.finish(e.Reply(c.m.ID()), Outcome{Result: Failure, Error: e.Message}) {
		c.release(e)
	}
}

// refuse answers with e; why is for the owner.
func (c *call) refuse(e *wire.Error, why error) {
	c.finish(e.Reply(c.m.ID()), Outcome{Result: Denied, Error: why.Error()})
}

// Cancel is the agent's: it wants no answer and gets none.
func (c *call) Cancel() { c.abandon(errCancelled) }

// abandon ends the call without an answer and tells the process.
func (c *call) abandon(why error) { c.close(ending{why, true}) }

// end ends the call with an error that the agent sees, and tells the process.
func (c *call) end(why error) { c.close(ending{why, false}) }

// ending is why a call ends before its answer.
type ending struct {
	why    error
	silent bool // the agent gets no answer
}

// close ends the call before its answer. While the call is still being admitted it is only remembered: nothing may be
// published or recorded after the end.
func (c *call) close(e ending) {
	c.mu.Lock()
	admitted := c.admitted
	c.leaving = admitted
	if !admitted && c.early == nil {
		c.early = &e
	}
	c.mu.Unlock()
	if !admitted {
		return
	}
	answer := wire.Message{}
	if !e.silent {
		answer = (&wire.Error{Code: wire.InternalError, Message: e.why.Error()}).Reply(c.m.ID())
	}
	if c.finish(answer, Outcome{Result: Cancelled, Error: e.why.Error()}) {
		c.release(e.why)
	}
}

func (c *call) release(why error) {
	c.mu.Lock()
	l, id, stop := c.link, c.linkID, c.stop
	c.mu.Unlock()
	if stop != nil {
		stop()
	}
	if l != nil && id != 0 {
		l.cancel(id, why.Error())
	}
}

// finish is the one end of every call. Only the first one counts; it reports whether it was that.
func (c *call) finish(answer wire.Message, o Outcome) bool {
	if !c.ended.CompareAndSwap(false, true) {
		return false
	}
	b := c.session.b
	if c.began {
		if err := c.required(answer); err != nil {
			answer, o = b.unrecorded(err).Reply(c.m.ID()), Outcome{Result: Failure, Error: err.Error()}
		}
	}
	o.Took, o.Bytes = time.Since(c.info.Started), len(answer.Bytes())
	if b.feed.Watched() {
		o.Answer = shownAnswer(answer)
		b.payloads.answered(c, answer)
	}
	c.info.Ended, c.info.End = true, o
	c.session.target.tally.count(o.Result, o.Took, len(c.m.Bytes()), o.Bytes)
	c.settle()
	if err := b.audit.Append(c.entry(c.closing())); err != nil && c.began {
		b.log.Error("audit: the end of a call is not recorded", "err", err)
	}
	if c.verdict == policy.Ask {
		c.leaveQuestion(answer, o)
	}
	b.publish(CallEnded{ID: c.info.ID, End: o})
	c.session.drop(c)
	c.letGo()
	c.unlisten()
	c.reply.Send(answer, true)
	c.trace(answer, o)
	return true
}

// letGo gives back what the ended call has of its process, and takes back what its agent was asked for it.
func (c *call) letGo() {
	c.mu.Lock()
	h, r := c.hold, c.round
	c.over, c.hold = true, hold{}
	c.mu.Unlock()
	h.letGo()
	if r != nil {
		r.withdraw()
	}
}

// unlisten ends what a subscription of a modern client has at a legacy process.
func (c *call) unlisten() {
	c.mu.Lock()
	l := c.link
	c.mu.Unlock()
	if l != nil && l.era == era.Legacy && c.m.Method() == "subscriptions/listen" {
		l.unlisten(c)
	}
}

// endSubscription ends a subscription that the server has ended without an answer.
func (c *call) endSubscription() {
	result := object("resultType", `"complete"`, "_meta", subscriptionMeta(c.m.ID()))
	c.finish(wire.Reply(c.m.ID(), result), Outcome{Result: OK})
}

// expired reports whether the call has used up the time its server gives it. Subscriptions have no end.
func (c *call) expired(now time.Time, limit time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.since.IsZero() && now.Sub(c.since) > limit && c.m.Method() != "subscriptions/listen"
}
