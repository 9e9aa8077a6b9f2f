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
	link *link
	m    wire.Message // as the server sent it

	timer   *time.Timer // ends the wait of a held one
	session *session    // who was asked; nil while held
	sink    front.Sink
	id      wire.ID // the bridge's own id towards the agent
	settled atomic.Bool
}

// refuse answers the server with an error. Only the first answer counts.
func (a *ask) refuse(code int, why string) {
	if a.settle() {
		e := wire.Error{Code: code, Message: why}
		a.link.tell(e.Reply(a.m.ID()), wire.Edit{})
	}
}

// answer gives the agent's answer to the server.
func (a *ask) answer(m wire.Message) {
	if a.settle() {
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
	a.link.mu.Lock()
	delete(a.link.asks, a.m.ID())
	a.link.mu.Unlock()
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
	s, sink := l.owner()
	hold := !twice && s == nil && len(l.held) < heldMax
	if hold {
		l.held = append(l.held, a)
		a.timer = time.AfterFunc(heldFor, func() { l.giveUp(a) })
	}
	l.mu.Unlock()
	switch {
	case twice:
		l.log.Warn("the server used the id of a request that is still open", "id", m.ID())
	case s != nil:
		s.ask(a, sink)
	case hold:
		l.settle()
	default:
		a.refuse(wire.InternalError, "too many requests wait for a call that they could belong to")
	}
}

// owner is the session that the process must mean when it says something now, and where it is told: on the stream of
// its one call, else beside its calls. nil when more than one could be meant, or none. Called with l.mu held.
func (l *link) owner() (*session, front.Sink) {
	var s *session
	var one *call
	calls := 0
	for _, w := range l.waiting {
		c, ok := w.(*call)
		if !ok {
			continue
		}
		if s != nil && c.session != s {
			return nil, nil
		}
		s, one = c.session, c
		calls++
	}
	if calls == 1 {
		return s, one.reply
	}
	if s == nil && len(l.sessions) == 1 {
		for s = range l.sessions {
		}
	}
	if s == nil {
		return nil, nil
	}
	return s, s.out
}

// settle looks again at the held requests after a call came or went.
func (l *link) settle() {
	l.mu.Lock()
	if len(l.held) == 0 {
		l.mu.Unlock()
		return
	}
	held := l.held
	s, sink := l.owner()
	calls := 0
	for _, w := range l.waiting {
		if _, ok := w.(*call); ok {
			calls++
		}
	}
	// As many requests as calls: none of those calls will end by itself.
	stuck := s == nil && calls > 0 && len(held) >= calls
	if s == nil && !stuck {
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
		s.ask(a, sink)
	}
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
	case "notifications/tools/list_changed", "notifications/prompts/list_changed", "notifications/resources/list_changed":
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
		s, sink := l.owner()
		l.mu.Unlock()
		if s != nil {
			if wanted := s.level(); wanted == nil || severity(wire.Get(m.Params(), "level")) >= severity(wanted) {
				sink.Send(m, false)
			}
			return
		}
	}
	l.log.Info("log message of the server", "params", clip(m.Params()))
}

// soleLogger is the one modern call in flight that asked for log messages, or nil.
func (l *link) soleLogger() *call {
	var one *call
	for _, c := range l.calls() {
		if c.m.LogLevel() == "" {
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
