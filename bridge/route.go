package bridge

import (
	"math"
	"slices"
	"strconv"
	"time"

	"drawbridge/bridge/era"
	"drawbridge/internal/caller"
	"drawbridge/internal/wire"
)

// What a legacy process asks of its own accord names no call. This file decides whose it is. The rule: it is given to
// a call or session only when no other can be meant, and never guessed.
//
//	request ── one call it can belong to ─────────────▶ that call's agent
//	        ── several ──▶ held ── all but one end ───▶ that call's agent
//	        ── none ─────▶ held ── the next call ─────▶ that call's agent
//	                       held ── heldFor, or as many questions as calls ──▶ refused

const (
	// heldMax bounds the requests of one process that wait until it is certain whose they are.
	heldMax = 16
	// heldFor is how long they wait while calls run that they could belong to, and heldForNext how long for
	// the next call.
	heldFor     = 5 * time.Second
	heldForNext = 50 * time.Second
)

// request is a request of the process.
func (l *link) request(m wire.Message) {
	switch {
	case m.Method() == "ping":
		l.tell(wire.Reply(m.ID(), []byte("{}")), wire.Edit{})
		return
	case l.era == era.Modern:
		l.log.Warn("a modern server must not send requests", "method", m.Method())
		e := wire.Error{Code: wire.MethodNotFound, Message: "this revision has no requests from servers; answer with input_required"}
		l.tell(e.Reply(m.ID()), wire.Edit{})
		return
	}
	a := &ask{link: l, m: m, since: l.server.b.now(), upTo: math.MaxUint64}
	l.mu.Lock()
	if l.dead != nil {
		l.mu.Unlock()
		return
	}
	a.before = l.last
	_, twice := l.asks[m.ID()]
	if !twice {
		l.asks[m.ID()] = a
	}
	if l.busy(a) > 0 {
		a.upTo = l.last
	}
	l.mu.Unlock()
	if twice {
		l.log.Warn("the server used the id of a request that is still open", "id", clip(m.ID()))
		return
	}
	l.place(a)
}

// place puts a question where it belongs, or holds it until that is certain.
func (l *link) place(a *ask) {
	l.mu.Lock()
	o := l.owner(a)
	held := !o.certain() && len(l.held) < heldMax
	if held {
		l.held = append(l.held, a)
	}
	l.mu.Unlock()
	switch {
	case o.certain():
		l.server.asks()
		o.ask(a)
	case held:
		l.settle()
	default:
		a.refuse(wire.InternalError, "too many requests wait for a call that they could belong to")
	}
}

// settle looks again at the held questions after a call came or went.
func (l *link) settle() {
	l.mu.Lock()
	if len(l.held) == 0 {
		l.mu.Unlock()
		return
	}
	var certain []*ask
	var owners []origin
	var still []*ask
	for _, a := range l.held {
		if o := l.owner(a); o.certain() {
			certain, owners = append(certain, a), append(owners, o)
		} else {
			still = append(still, a)
		}
	}
	l.held = slices.Clone(still)
	calls := 0
	if len(still) > 0 {
		calls = l.busy(still[0])
	}
	one := calls-l.ghosts() <= 1 // of those that nobody has cancelled: time will tell
	l.mu.Unlock()
	for i, a := range certain {
		l.server.asks()
		owners[i].ask(a)
	}
	if one || len(still) < calls {
		return
	}
	// As many questions as calls: none of those calls will end by itself.
	l.refuseUnclear(still)
}

// expire ends what was held for too long, and forgets the calls that were cancelled long ago.
func (l *link) expire(now time.Time) {
	l.mu.Lock()
	var late, unclear []*ask
	for _, a := range l.held {
		switch waited := now.Sub(a.since); {
		case waited > heldFor && l.busy(a) > 0:
			unclear = append(unclear, a)
		case waited > heldForNext, waited > heldFor && l.blocked(a):
			late = append(late, a)
		}
	}
	l.exorcise(now)
	l.mu.Unlock()
	for _, a := range late {
		a.refuse(wire.InternalError, "no agent is there to answer")
	}
	l.refuseUnclear(unclear)
	l.settle()
}

// refuseUnclear refuses questions that may be of one call or another.
func (l *link) refuseUnclear(asks []*ask) {
	for _, a := range asks {
		l.server.asks()
		l.suspect(a)
		l.log.Warn("the server's question is shown to nobody: it cannot be told which call it belongs to", "method", clip(a.m.Method()))
		a.refuse(wire.InternalError, "it cannot be told which of several calls this request belongs to")
	}
}

// suspect notes of all calls that may have asked that they may ask.
func (l *link) suspect(a *ask) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, w := range l.waiting {
		if c, ok := w.(*call); ok && id <= a.upTo && a.shown() {
			l.server.prompted(c)
		}
	}
}

// origin is what on the agents' side something that a process says belongs to. The zero origin is: it cannot be told.
type origin struct {
	session *session
	call    *call   // nil when it belongs to the session but not to one call
	parked  *parked // set alone
	gone    bool    // set alone: to nothing that is there any more
}

func (o origin) certain() bool { return o.session != nil || o.parked != nil || o.gone }

// ask puts the question where it belongs.
func (o origin) ask(a *ask) {
	if o.call != nil && a.shown() {
		o.call.session.target.prompted(o.call)
	}
	switch {
	case o.gone:
		a.refuse(wire.InternalError, "no call is running that this could belong to")
	case o.parked != nil:
		o.parked.ask(a)
	case o.call != nil && o.call.era == era.Modern:
		o.call.ask(a)
	default:
		o.session.ask(a, o.call)
	}
}

// legacy is the legacy session that something belongs to; nil when it is a modern agent's.
func (o origin) legacy() *session {
	if o.call != nil && o.call.era == era.Modern {
		return nil
	}
	return o.session
}

// owner is whose call the process must mean with that question. With several calls it is certain only for a
// legacy session whose calls they all are. Called with l.mu held.
func (l *link) owner(a *ask) origin {
	var o origin
	n := 0
	for id, w := range l.waiting {
		one, ok := originOf(w)
		if !ok || id > a.upTo || !l.mayBeOf(a, w) || unsuspected(w) {
			continue
		}
		switch n++; {
		case n == 1:
			o = one
		case o.legacy() == nil || o.legacy() != one.legacy():
			return origin{}
		default:
			o = origin{session: o.session}
		}
	}
	switch {
	case l.haunts() || l.doubts(a, o):
		return origin{}
	case n > 0:
		return o
	case a.upTo < math.MaxUint64 || l.shared:
		return origin{gone: true}
	case len(l.sessions) == 1:
		for s := range l.sessions {
			return origin{session: s}
		}
	}
	return origin{}
}

// originOf is the call that waits there; false for what is none.
func originOf(w waiter) (origin, bool) {
	switch w := w.(type) {
	case *call:
		return origin{session: w.session, call: w}, true
	case *parked:
		return origin{parked: w}, true
	case *ghost:
		return origin{session: w.session, gone: w.session == nil}, true
	}
	return origin{}, false
}

// busy is how many calls the process may be at work on. Called with l.mu held.
func (l *link) busy(a *ask) int {
	n := 0
	for _, w := range l.waiting {
		if _, ok := originOf(w); ok && l.mayBeOf(a, w) {
			n++
		}
	}
	return n
}

// blocked reports whether a call still runs that ran when the question came: it may be what asked, and wait
// for the answer. Called with l.mu held.
func (l *link) blocked(a *ask) bool {
	for id, w := range l.waiting {
		if _, ok := w.(*call); ok && id <= a.before {
			return true
		}
	}
	return false
}

// anything stands for what a process says that is no question: it may belong to every call.
var anything = &ask{upTo: math.MaxUint64}

// caller is whose agent is asked; nil for nobody.
func (o origin) caller() *caller.Caller {
	switch {
	case o.parked != nil:
		return o.parked.caller
	case o.session != nil:
		return o.session.owner()
	}
	return nil
}

// mayBeOf reports whether the question can belong to the call that waits there. Called with l.mu held.
func (l *link) mayBeOf(a *ask, w waiter) bool {
	switch w := w.(type) {
	case *ghost: // what people are not shown may be told to the same caller's other calls
		return l.shared || a.shown()
	case *call:
		// Roots are asked for once and by nobody's call, as a rule when the handshake is over; a modern client's list, in
		// which it cannot be asked, does not take that question away from the call after it.
		return a.m.Method() != "roots/list" || w.era == era.Legacy || mayAsk(w.m.Method())
	}
	return true
}

// shown reports whether people are shown the question, as a rule, with the call that it belongs to.
func (a *ask) shown() bool {
	return a.m.Method() == "elicitation/create" || a.m.Method() == "sampling/createMessage"
}

// number is an id of the link's own, as a process echoes it.
func number(id wire.ID) (uint64, bool) {
	n, err := strconv.ParseUint(string(id), 10, 64)
	return n, err == nil
}
