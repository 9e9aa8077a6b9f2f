package bridge

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"drawbridge/bridge/audit"
	"drawbridge/bridge/era"
	"drawbridge/bridge/policy"
	"drawbridge/internal/wire"
)

// call is one request of an agent, from the moment it is let in until its answer has left.
//
//	session.Handle
//	  add             its place among the session's calls
//	  admit           publish CallStarted · quotas · policy.Decide · ask the owner · audit begin
//	  forward         link.post, or a goroutine that first gets a process
//	… the process …
//	  answer          the agent's id back · lists filtered · finish
//	finish            once: counted · audit end · publish CallEnded · reply.Send · traced
type call struct {
	session  *session
	m        wire.Message
	reply    stream
	info     CallInfo
	era      era.Era
	verdict  policy.Verdict
	why      string  // the scope or rule that gave the verdict
	answered *Answer // what the owner said, where the verdict is to ask; nil before
	retry    bool    // it brings the answers that the call before it was ended for
	uses     []use   // of quotas
	began    bool    // the audit has its beginning

	ended        atomic.Bool // finish has been entered
	logs         atomic.Bool // the process was asked for log messages of this call
	acknowledged atomic.Bool // its subscription at a modern process was

	mu       sync.Mutex         // guards the fields below
	admitted bool               // from now on everybody may end the call
	held     bool               // it waits for the owner; it is admitted meanwhile
	leaving  bool               // somebody ends it
	since    time.Time          // the call's time runs from then on; zero before
	early    *ending            // an end that came before
	over     bool               // it has ended and holds nothing any more
	hold     hold               // of the process, as long as the call is at work there
	link     *link              // nil before there is a process
	linkID   uint64             // 0 before it is sent
	asking   []*ask             // what a legacy server has asked since the last park
	rounds   int                // how often a modern server has asked
	round    *round             // what it has asked last; nil before
	stop     context.CancelFunc // ends the wait for a process; nil when there is none
}

var (
	// ErrDenied is why a call is refused that policy does not allow. Agents never see it: what they may not
	// use at all looks unknown.
	ErrDenied = errors.New("not allowed by the owner")

	errHeld        = errors.New("it is not as the owner approved it")
	errNeverListed = errors.New("the server has never listed it, so that nobody has approved it")
	errCancelled   = errors.New("cancelled by the agent")
	errTooLong     = errors.New("took longer than the server's time limit")
	errByOwner     = errors.New("cancelled by the owner")
)

// admit publishes the call and decides about it. When it returns false the call has been answered.
func (c *call) admit() bool {
	s, b := c.session, c.session.b
	c.info = CallInfo{
		Session: s.number, Agent: s.owner().Agent, User: s.owner().User, Server: s.target.name(),
		Method: clip(c.m.Method()), Name: clip(subject(c.m)), Arguments: shownArguments(c.m, s.target), Started: b.now(),
	}
	b.startCall(c)
	b.payloads.asked(c)
	return c.metered() && c.decide() && c.begin()
}

// decide asks policy, and the owner where policy says so. When it returns false the call has been answered, or waits.
func (c *call) decide() bool {
	q := c.query()
	rules := c.session.rules.Load()
	c.verdict, c.why = rules.Decide(q)
	switch c.verdict {
	case policy.Allow:
		return true
	case policy.Ask:
		return c.askOwner()
	}
	c.deny(rules.Shows(q))
	return false
}

// query is what policy must know of the call.
func (c *call) query() policy.Query {
	q := c.session.query(c.m.Method(), subject(c.m))
	q.Ref, q.Arguments = refType(c.m), c.m.Arguments()
	return q
}

// deny refuses what policy does not allow. What is shown in lists is refused for its arguments.
func (c *call) deny(shown bool) {
	if shown {
		c.refuse(notWith(c.m), ErrDenied)
		return
	}
	c.refuse(unknown(c.m), ErrDenied)
}

// begin records the call and ends its admission. When it returns false the call has been answered.
func (c *call) begin() bool {
	b := c.session.b
	err := b.audit.Append(c.entry(audit.CallBegin))
	if c.began = err == nil; c.began {
		err = c.responded()
	}
	if err != nil {
		c.refuse(b.unrecorded(err), err)
		return false
	}
	return c.goOn()
}

// goOn ends the admission. It reports false when the call was ended in the meantime.
func (c *call) goOn() bool {
	c.mu.Lock()
	c.admitted, c.since = true, c.session.b.now()
	early := c.early
	c.mu.Unlock()
	if early != nil {
		c.close(*early)
	}
	return early == nil
}

// number is what the owner knows the call by; 0 before it is admitted.
func (c *call) number() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.admitted {
		return 0
	}
	return c.info.ID
}

// forward gives the call to its process, or a retry to the call that is parked for it.
func (c *call) forward() {
	if c.era == era.Modern {
		p, err := c.session.b.parking.find(c)
		switch {
		case err != nil:
			c.refuse(err, err)
			return
		case p != nil:
			p.resume(c)
			return
		}
	}
	c.forwardAnew()
}

// forwardAnew gives the call to its process: at once when that is up, else from a goroutine of its own.
func (c *call) forwardAnew() {
	s := c.session
	if h := s.ready(c); h.lease != nil {
		c.sendOn(h)
		return
	}
	ctx, stop := context.WithCancel(s.ctx)
	if !c.waits(stop) {
		return
	}
	s.work.start(func() { // if it does not, the session has ended and the call with it
		defer stop()
		h, err := s.link(ctx, c)
		if err != nil {
			c.lost(err)
			return
		}
		c.sendOn(h)
	})
}

// waits notes how the wait for a process is ended; false when the call has ended.
func (c *call) waits(stop context.CancelFunc) bool {
	c.mu.Lock()
	c.stop = stop
	over := c.over
	c.mu.Unlock()
	if over {
		stop()
	}
	return !over
}

// take makes a hold the call's. It reports false, and lets go, when the call has ended.
func (c *call) take(h hold) bool {
	c.mu.Lock()
	over := c.over
	if !over {
		c.hold = h
		if h.lease != nil {
			c.link = h.lease.link
		}
	}
	c.mu.Unlock()
	if over {
		h.letGo()
	}
	return !over
}

// sendOn sends the call to a process, once it is known that what it names is as the owner approved it.
func (c *call) sendOn(h hold) {
	if !c.take(h) {
		return
	}
	l := h.lease.link
	kind := l.unlooked(c.m)
	if kind == "" {
		c.sendTo(l)
		return
	}
	ctx, stop := context.WithTimeoutCause(c.session.ctx, patience, errNotYet(c.session.target))
	if !c.waits(stop) {
		return
	}
	c.session.work.start(func() { // if it does not, the session has ended and the call with it
		defer stop()
		if err := l.look(ctx, kind); err != nil {
			c.lost(err)
			return
		}
		c.sendTo(l)
	})
}

// sendTo sends the call to its process; where the eras differ, in the server's words.
func (c *call) sendTo(l *link) {
	held := l.holds(c.m)
	switch {
	case held != nil:
		c.refuse(unknown(c.m), held)
	case l.shared && !l.tasks.mine(c):
		c.refuse(unknownTask(), ErrDenied)
	case l.era == c.era:
		c.sendSame(l)
	case c.era == era.Modern:
		c.sendLegacy(l)
	default:
		c.sendModern(l)
	}
}

// write sends m to the process as this call.
func (c *call) write(m wire.Message) {
	c.mu.Lock()
	l := c.link
	c.mu.Unlock()
	c.logs.Store(m.LogLevel() != "")
	id, err := l.register(c)
	if err != nil {
		c.lost(err)
		return
	}
	c.mu.Lock()
	c.linkID = id
	over := c.over
	c.mu.Unlock()
	if over { // nothing of it has gone to the process
		l.take(id)
		return
	}
	if err := l.post(id, m); err != nil {
		c.lost(err)
		return
	}
	l.settle()
}

// answer is the waiter's: the process has answered.
func (c *call) answer(m wire.Message) {
	c.mu.Lock()
	l := c.link
	c.mu.Unlock()
	if l.shared {
		l.tasks.made(l, c, m)
		m = l.tasks.filtered(c, m)
	}
	m, ambiguous := l.screened(c, m)
	switch {
	case ambiguous != nil:
		c.fail(&wire.Error{Code: wire.InternalError, Message: ambiguous.Error()})
		return
	case m.ResultType() == "input_required" && l.era == era.Modern && !mayAsk(c.m.Method()):
		c.fail(&wire.Error{Code: wire.InternalError, Message: "the server asked for input where it may not"})
		return
	case l.era == c.era:
		if l.era == era.Legacy {
			c.session.noteURLs(m)
		}
	case c.era == era.Modern:
		if requests := era.URLRequests(m); requests != nil {
			c.askURLs(requests)
			return
		}
		m = era.FromLegacy(c.m.Method(), m, l.greeting)
	default:
		if m.ResultType() == "input_required" {
			c.askRound(m)
			return
		}
		m = era.FromModern(c.m.Method(), m)
	}
	c.finish(c.shape(m), outcome(m))
}

// note is the waiter's: progress, or a notification of a subscription. What the call did not ask for is nobody's.
func (c *call) note(m wire.Message) {
	switch {
	case m.Method() == "notifications/progress" && c.m.ProgressToken() != "":
		c.session.b.publish(CallProgressed{ID: c.info.ID, Progress: progress(m)})
		c.send(m.With(wire.Edit{ProgressToken: c.m.ProgressToken()}))
	case m.SubscriptionID() != "" && c.m.Method() == "subscriptions/listen":
		c.send(m.With(wire.Edit{SubscriptionID: c.m.ID()}))
		if m.Method() == "notifications/subscriptions/acknowledged" {
			c.acknowledged.Store(true)
		}
	}
}

// send passes on a message that belongs to the call. An agent that cannot take it gives up the call.
func (c *call) send(m wire.Message) bool {
	if !c.reply.Send(m, false) {
		c.abandon(errors.New("the agent did not read its answers"))
		return false
	}
	return true
}
