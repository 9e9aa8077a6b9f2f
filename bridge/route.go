package bridge

import (
	"bytes"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"drawbridge/bridge/era"
	"drawbridge/bridge/front"
	"drawbridge/internal/wire"
)

// What a process says of its own accord names no session. This file decides whose it is. The rule:
// it is given to a session only when no other can be meant, and never guessed.

const (
	// heldMax bounds the requests of one process that wait until it is certain whose they are.
	heldMax = 16
	// heldFor is how long they wait.
	heldFor = 5 * time.Second
)

// ask is one request of a server (elicitation, sampling, roots) on its way to an agent and back.
type ask struct {
	link  *link        // who asks: a process, or
	round *round       // a modern server's answer that asks
	m     wire.Message // as the server sent it

	timer   *time.Timer // ends the wait of a held one
	session *session    // who was asked; nil while held
	sink    front.Sink
	id      wire.ID // the bridge's own id towards the agent
	settled atomic.Bool
}

// refuse answers the server with an error. Only the first answer counts.
func (a *ask) refuse(code int, why string) {
	e := wire.Error{Code: code, Message: why}
	a.answer(e.Reply(a.m.ID()))
}

// answer gives the agent's answer to the server.
func (a *ask) answer(m wire.Message) {
	switch {
	case !a.settle():
	case a.round != nil:
		a.round.answer(a, m)
	default:
		a.link.tell(m, wire.Edit{ID: a.m.ID()})
	}
}

// withdraw tells the agent that its answer is not wanted any more.
func (a *ask) withdraw() {
	if a.settle() && a.session != nil {
		a.sink.Send(wire.NewNotification("notifications/cancelled", []byte(`{"requestId":`+string(a.id)+`}`)), false)
	}
}

func (a *ask) stop() {
	a.settle()
	a.timer.Stop()
}

// settle ends the ask at both of its registries; it reports whether it was open.
func (a *ask) settle() bool {
	if !a.settled.CompareAndSwap(false, true) {
		return false
	}
	if a.round == nil {
		a.link.mu.Lock()
		delete(a.link.asks, a.m.ID())
		a.link.mu.Unlock()
	}
	if a.session != nil {
		a.session.forgetAsk(a.id)
	}
	return true
}

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
	a := &ask{link: l, m: m}
	l.mu.Lock()
	if l.asks == nil {
		l.mu.Unlock()
		return
	}
	_, twice := l.asks[m.ID()]
	if !twice {
		l.asks[m.ID()] = a
	}
	o := l.owner()
	hold := !twice && !o.certain() && len(l.held) < heldMax
	if hold {
		l.held = append(l.held, a)
		a.timer = time.AfterFunc(heldFor, func() { l.giveUp(a) })
	}
	l.mu.Unlock()
	switch {
	case twice:
		l.log.Warn("the server used the id of a request that is still open", "id", m.ID())
	case o.certain():
		l.server.asks()
		o.ask(a)
	case hold:
		l.settle()
	default:
		a.refuse(wire.InternalError, "too many requests wait for a call that they could belong to")
	}
}

// origin is what on the agents' side something that a process says belongs to. The zero origin is: it cannot be told.
type origin struct {
	session *session
	call    *call   // nil when it belongs to the session but not to one call
	parked  *parked // set alone
}

func (o origin) certain() bool { return o.session != nil || o.parked != nil }

// ask puts the question where it belongs.
func (o origin) ask(a *ask) {
	switch {
	case o.parked != nil:
		o.parked.more(a)
	case o.call != nil && o.call.era == era.Modern:
		o.call.ask(a)
	default:
		o.session.ask(a, o.sink())
	}
}

// sink is where the agent is told: on the stream of its one call, else beside its calls.
func (o origin) sink() front.Sink {
	if o.call != nil {
		return o.call.reply
	}
	return o.session.out
}

// owner is what the process must mean when it says something now. With several calls it is certain only for a legacy session whose calls
// they all are. Called with l.mu held.
func (l *link) owner() origin {
	var o origin
	n, modern := 0, false
	for _, w := range l.waiting {
		switch w := w.(type) {
		case *parked:
			n, modern, o.parked = n+1, true, w
		case *call:
			if o.session != nil && w.session != o.session {
				return origin{}
			}
			n, modern, o.session, o.call = n+1, modern || w.era == era.Modern, w.session, w
		}
	}
	switch {
	case n == 1:
		return o
	case n > 1 && modern:
		return origin{}
	case n > 1:
		return origin{session: o.session}
	}
	if len(l.sessions) == 1 {
		for s := range l.sessions {
			return origin{session: s}
		}
	}
	return origin{}
}

// settle looks again at the held requests after a call came or went.
func (l *link) settle() {
	l.mu.Lock()
	if len(l.held) == 0 {
		l.mu.Unlock()
		return
	}
	held := l.held
	o := l.owner()
	calls := 0
	for _, w := range l.waiting {
		if _, own := w.(errand); !own {
			calls++
		}
	}
	// As many requests as calls: none of those calls will end by itself.
	stuck := !o.certain() && calls > 0 && len(held) >= calls
	if !o.certain() && !stuck {
		l.mu.Unlock()
		return
	}
	l.held = nil
	l.mu.Unlock()
	for _, a := range held {
		a.timer.Stop()
		if stuck {
			a.refuse(wire.InternalError, "it cannot be told which of several calls this request belongs to")
			continue
		}
		o.ask(a)
	}
	l.server.asks()
}

// giveUp refuses a held request whose time is over.
func (l *link) giveUp(a *ask) {
	l.mu.Lock()
	i := slices.Index(l.held, a)
	if i >= 0 {
		l.held = slices.Delete(l.held, i, i+1)
	}
	l.mu.Unlock()
	if i >= 0 {
		a.refuse(wire.InternalError, "no agent is there to answer")
	}
}

// notification is a notification of the process.
func (l *link) notification(m wire.Message) {
	if sub, ok := number(m.SubscriptionID()); ok {
		l.note(sub, m)
		return
	}
	switch m.Method() {
	case "notifications/progress":
		if token, ok := number(m.ProgressToken()); ok {
			l.note(token, m)
		}
	case "notifications/cancelled":
		l.withdrawn(m)
	case "notifications/message":
		l.message(m)
	case "notifications/resources/updated":
		for _, s := range l.listeners() {
			if l.private || s.subscribed(m.URI()) {
				s.out.Send(m, false)
			}
		}
		l.publish(m)
	case "notifications/tools/list_changed", "notifications/prompts/list_changed", "notifications/resources/list_changed":
		for _, s := range l.listeners() {
			s.out.Send(m, false)
		}
		l.publish(m)
	case "notifications/elicitation/complete":
		for _, s := range l.listeners() {
			s.out.Send(m, false)
		}
	default:
		if l.private {
			for _, s := range l.listeners() {
				s.out.Send(m, false)
			}
			return
		}
		l.log.Debug("notification dropped: it cannot be told whose it is", "method", m.Method())
	}
}

// note hands a notification to the call that it names.
func (l *link) note(id uint64, m wire.Message) {
	l.mu.Lock()
	w := l.waiting[id]
	l.mu.Unlock()
	if w != nil {
		w.note(m)
	}
}

// message is a log message: it goes where exactly one call or session can be its source, else to the owner's log.
func (l *link) message(m wire.Message) {
	if l.era == era.Modern {
		if c := l.soleLogger(); c != nil {
			c.send(m)
			return
		}
	} else {
		l.mu.Lock()
		o := l.owner()
		l.mu.Unlock()
		if o.certain() {
			if o.wants(wire.Get(m.Params(), "level")) {
				o.sink().Send(m, false)
			}
			return
		}
	}
	l.log.Info("log message of the server", "params", clip(m.Params()))
}

// wants reports whether a log message of that level, as JSON, is wanted there.
func (o origin) wants(level []byte) bool {
	switch {
	case o.session == nil:
		return false
	case o.call != nil && o.call.era == era.Modern:
		wanted := o.call.m.LogLevel()
		return wanted != "" && severity(level) >= severity(wire.Quote(wanted))
	}
	wanted := o.session.level()
	return wanted == nil || severity(level) >= severity(wanted)
}

// soleLogger is the one modern call in flight that asked for log messages, or nil.
func (l *link) soleLogger() *call {
	var one *call
	for _, c := range l.calls() {
		if c.m.LogLevel() == "" && (c.era == era.Modern || c.session.level() == nil) {
			continue
		}
		if one != nil {
			return nil
		}
		one = c
	}
	return one
}

// settled sees to it that what one session asks of a shared process takes nothing from another: the process logs at
// the most verbose level that anybody wants, and keeps a subscription until the last one has ended it. It reports whether the
// process need not hear of c at all.
func (l *link) settled(c *call) bool {
	switch c.m.Method() {
	case "logging/setLevel":
		asked := wire.Get(c.m.Params(), "level")
		least := asked
		for _, s := range l.listeners() {
			if level := s.level(); level != nil && severity(level) < severity(least) {
				least = level
			}
		}
		if severity(asked) >= 0 && asked != nil {
			c.m = c.m.With(wire.Edit{Cuts: []wire.Cut{{Old: asked, New: least}}})
		}
	case "resources/unsubscribe":
		return slices.ContainsFunc(l.listeners(), func(s *session) bool { return s.subscribed(c.m.URI()) })
	}
	return false
}

// withdrawn is notifications/cancelled: the server takes back a request of its own (legacy), or ends a subscription (modern).
func (l *link) withdrawn(m wire.Message) {
	if l.era == era.Modern {
		if id, ok := number(m.RequestID()); ok {
			if c, ok := l.take(id).(*call); ok {
				c.endSubscription()
			}
		}
		return
	}
	l.mu.Lock()
	a := l.asks[m.RequestID()]
	l.held = slices.DeleteFunc(l.held, func(h *ask) bool { return h == a })
	l.mu.Unlock()
	if a != nil {
		a.withdraw()
	}
}

// listeners are the legacy sessions on the link.
func (l *link) listeners() []*session {
	l.mu.Lock()
	defer l.mu.Unlock()
	ss := make([]*session, 0, len(l.sessions))
	for s := range l.sessions {
		ss = append(ss, s)
	}
	return ss
}

// number is an id of the link's own, as a process echoes it.
func number(id wire.ID) (uint64, bool) {
	n, err := strconv.ParseUint(string(id), 10, 64)
	return n, err == nil
}

// clip cuts what a server says to what a log line can bear.
func clip(b []byte) string {
	const most = 512
	if len(b) > most {
		b = b[:most]
	}
	return string(bytes.ToValidUTF8(b, nil))
}
