package bridge

import (
	"slices"
	"sync"
	"time"

	"drawbridge/internal/wire"
)

// ask is one request of a server (elicitation, sampling, roots) on its way to an agent and back. It is answered
// once, by whoever comes first: the agent, the server that takes it back, or what ends its call or session.
type ask struct {
	link   *link        // who asks: a legacy process, or
	round  *round       // a modern server's answer that asks
	m      wire.Message // as the server sent it
	since  time.Time    // when it came
	upTo   uint64       // the last call of the link that it can belong to
	before uint64       // the last call of the link when it came

	mu      sync.Mutex // guards the fields below
	over    bool
	session *session // who was asked in the middle of a call; nil before, and for modern agents
	call    *call    // that call, if it is certain which
	id      wire.ID  // the bridge's own id towards the agent
}

// maxAnswer is how long an agent may take to answer a server that does not take its question back.
const maxAnswer = maxCall

// refuse answers the server with an error. Only the first answer counts.
func (a *ask) refuse(code int, why string) {
	e := wire.Error{Code: code, Message: why}
	a.answer(e.Reply(a.m.ID()))
}

// answer gives the agent's answer to the server.
func (a *ask) answer(m wire.Message) {
	if !a.settle() {
		return
	}
	if a.session != nil {
		if err := a.answered(m); err != nil {
			m = a.session.b.unrecorded(err).Reply(a.m.ID())
		}
	}
	switch {
	case a.round != nil:
		a.round.answer(a, m)
	default:
		a.link.tell(m, wire.Edit{ID: a.m.ID()})
	}
}

// withdraw tells the agent that its answer is not wanted any more.
func (a *ask) withdraw() {
	if a.settle() && a.session != nil {
		a.session.tell(wire.NewNotification("notifications/cancelled", object("requestId", string(a.id))), a.call)
		if err := a.answered(wire.Message{}); err != nil {
			_ = a.session.b.unrecorded(err) // it is withdrawn all the same
		}
	}
}

// settle ends the ask at both of its registries; it reports whether it was open. After that nothing of it changes.
func (a *ask) settle() bool {
	a.mu.Lock()
	open := !a.over
	a.over = true
	a.mu.Unlock()
	if !open {
		return false
	}
	if a.link != nil {
		a.link.forgetAsk(a)
	}
	if a.session != nil {
		a.session.forgetAsk(a.id)
	}
	return true
}

// settled reports whether the ask has its answer or wants none any more.
func (a *ask) settled() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.over
}

// tell sends a message to the agent: on the stream of the call that it belongs to, else beside its calls.
func (s *session) tell(m wire.Message, c *call) bool {
	if c != nil && !c.reply.ended() {
		return c.reply.Send(m, false)
	}
	return s.out.Send(m, false)
}

// ask puts a request of the server to the agent, in the middle of that call; nil is of none.
func (s *session) ask(a *ask, c *call) {
	if !s.capable(a.m) {
		a.refuse(wire.MethodNotFound, "the agent's client does not support "+a.m.Method())
		return
	}
	s.elicited(a.m.Params())
	id, ok := s.enterAsk(a, c)
	if ok {
		if err := s.asked(c, a.m); err != nil {
			e := s.b.unrecorded(err)
			a.refuse(e.Code, e.Message)
			return
		}
	}
	edit := wire.Edit{ID: id}
	if a.m.ProgressToken() != "" {
		edit.ProgressToken = id
	}
	if !ok || !s.tell(a.m.With(edit), c) {
		a.refuse(wire.InternalError, "the agent cannot be asked now")
	}
}

// enterAsk takes a into the session's books under an id of the bridge's own. It reports false when there is
// no room, and when a is over already.
func (s *session) enterAsk(a *ask, c *call) (wire.ID, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.over || s.closed || len(s.asks) >= s.b.limits.Asks {
		return "", false
	}
	a.session, a.call, a.id = s, c, s.b.askID()
	s.asks[a.id] = a
	return a.id, true
}

// openAsk is the open request of the server with that id of ours, or nil.
func (s *session) openAsk(id wire.ID) *ask {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asks[id]
}

func (s *session) forgetAsk(id wire.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.asks, id)
}

// endAsks refuses what the agent has not answered for too long.
func (s *session) endAsks(now time.Time) {
	s.mu.Lock()
	var old []*ask
	for _, a := range s.asks {
		if now.Sub(a.since) > maxAnswer {
			old = append(old, a)
		}
	}
	s.mu.Unlock()
	for _, a := range old {
		s.tell(wire.NewNotification("notifications/cancelled", object("requestId", string(a.id))), a.call)
		a.refuse(wire.InternalError, errUnanswered.Error())
	}
}

func (l *link) forgetAsk(a *ask) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asks[a.m.ID()] == a {
		delete(l.asks, a.m.ID())
	}
	l.held = slices.DeleteFunc(l.held, func(h *ask) bool { return h == a })
}
