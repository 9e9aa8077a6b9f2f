package bridge

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"drawbridge/bridge/era"
	"drawbridge/bridge/front"
	"drawbridge/bridge/policy"
	"drawbridge/internal/caller"
	"drawbridge/internal/wire"
)

// session is one agent talking to one server. A legacy client opens it with initialize; the
// requests of a modern client share one that nobody opened. On a socket both may happen.
type session struct {
	b         *Bridge
	number    uint64                        // in events
	id        string                        // for the agent
	caller    atomic.Pointer[caller.Caller] // always the same grant and user, with the rights it has by now
	target    *server
	rules     atomic.Pointer[policy.Compiled] // nil before the session is in the books
	way       front.Way
	out       front.Sink      // what belongs to no call
	ctx       context.Context // ends with the session
	cancel    context.CancelFunc
	work      work
	account   *account      // nil before it is in the books
	byID      bool          // the agent's ids are unique in this session, so they can be cancelled by name
	opening   chan struct{} // capacity 1: holds a token while a legacy session gets its process
	listening sync.Mutex    // held while one subscription at a modern process takes another's place

	mu           sync.Mutex // guards the fields below
	closed       bool
	announced    era.Era // as what the owner has been shown the session; Unknown before
	calls        map[*call]struct{}
	ids          map[wire.ID]*call
	asks         map[wire.ID]*ask
	permits      map[sameUse]Answer // what the owner has allowed for the session
	elicitations []string           // URL elicitations of the agent, by the server's id, oldest first
	last         time.Time          // when it was last used

	handshake handshake
	legacy    *lease
	modern    []*lease
	changes   changes // of a legacy client at a modern process; zero before
}

// newSession makes a session of a caller with a server, as a part of what life is the context of. It is not in the
// books yet and may do nothing: see rule.
func (b *Bridge) newSession(ctx, life context.Context, who *caller.Caller, sv *server, out front.Sink, byID bool) *session {
	s := &session{
		b: b, number: b.numbers.Add(1), id: b.random(), target: sv, way: front.WayOf(ctx), out: out, byID: byID,
		work: work{whole: &b.work}, opening: make(chan struct{}, 1),
		calls: map[*call]struct{}{}, ids: map[wire.ID]*call{}, asks: map[wire.ID]*ask{}, last: b.now(),
		handshake: handshake{subs: map[string]struct{}{}},
	}
	s.caller.Store(who)
	s.ctx, s.cancel = context.WithCancel(life)
	return s
}

// ID implements front.Session.
func (s *session) ID() string { return s.id }

// Done implements front.Session.
func (s *session) Done() <-chan struct{} { return s.ctx.Done() }

// Out implements front.Session.
func (s *session) Out() front.Sink { return s.out }

// Revision implements front.Session.
func (s *session) Revision() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.handshake.revision
}

// Handle implements front.Session.
func (s *session) Handle(m wire.Message, reply front.Sink) front.Call {
	switch m.Kind() {
	case wire.Request:
		return s.request(m, reply)
	case wire.Notification:
		s.notification(m)
	case wire.Result, wire.Failure:
		if a := s.openAsk(m.ID()); a != nil {
			a.answer(m)
		}
	}
	return nil
}

// request starts a call.
func (s *session) request(m wire.Message, reply front.Sink) front.Call {
	m = s.narrowed(m)
	c := &call{session: s, m: m, reply: stream{to: reply}, era: eraOf(m)}
	if e := s.add(c); e != nil {
		s.b.turnAway(s.owner(), s.way, s.target.name(), m, e)
		c.reply.Send(e.Reply(m.ID()), true)
		return c
	}
	if c.era == era.Modern {
		s.announce(clientName(m.ClientInfo()), era.Modern)
	}
	if c.admit() {
		c.dispatch()
	}
	return c
}

// dispatch gives a call that was let in to who answers it.
func (c *call) dispatch() {
	s, m := c.session, c.m
	switch {
	case c.era == era.Modern && era.Removed(m.Method()):
		c.refuse(&wire.Error{Code: wire.MethodNotFound, Message: "Method not found: " + m.Method()}, errRemovedMethod)
	case c.era == era.Modern:
		c.forward()
	case m.Method() == "initialize":
		s.initialize(c)
	case m.Method() == "ping":
		c.finish(wire.Reply(m.ID(), []byte("{}")), Outcome{Result: OK})
	case s.Revision() == "":
		c.refuse(&wire.Error{Code: wire.InvalidRequest, Message: "the session is not open: send initialize first"}, errNotOpen)
	case !s.remember(m):
		c.refuse(&wire.Error{Code: wire.InternalError, Message: "too many subscriptions; end some first"}, errTooMany)
	default:
		c.forward()
	}
}

// add takes c into the session's books, or says why not.
func (s *session) add(c *call) *wire.Error {
	if e := wordy(c.m); e != nil {
		return e
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return endedSession()
	}
	if e := s.b.barred(s.owner().Agent); e != nil {
		return e
	}
	if _, twice := s.ids[c.m.ID()]; twice {
		return sameID()
	}
	if !s.account.take(s.b.mostCalls.Load()) {
		return tooManyCalls()
	}
	if s.byID {
		s.ids[c.m.ID()] = c
	}
	s.calls[c] = struct{}{}
	s.last = s.b.now()
	return nil
}

// drop takes an ended call out of the books.
func (s *session) drop(c *call) {
	s.mu.Lock()
	delete(s.calls, c)
	if s.byID && s.ids[c.m.ID()] == c {
		delete(s.ids, c.m.ID())
	}
	s.last = s.b.now()
	s.mu.Unlock()
	s.account.calls.Add(-1)
}

// notification is a notification of the agent.
func (s *session) notification(m wire.Message) {
	if v, _ := s.rules.Load().Decide(policy.Query{Method: m.Method()}); v != policy.Allow {
		return
	}
	switch m.Method() {
	case "notifications/cancelled":
		s.mu.Lock()
		c := s.ids[m.RequestID()]
		s.mu.Unlock()
		if c != nil && c.m.Method() != "initialize" {
			c.Cancel()
		}
	case "notifications/progress":
		s.mu.Lock()
		a := s.asks[m.ProgressToken()]
		s.mu.Unlock()
		if a != nil && a.link != nil && a.m.ProgressToken() != "" {
			a.link.tell(m, wire.Edit{ProgressToken: a.m.ProgressToken()})
		}
	case "notifications/initialized":
		if l := s.legacyLink(); l != nil {
			s.opened(l)
		}
	default: // to a process that callers share it would be the bridge's own word
		if l := s.legacyLink(); l != nil && l.era == era.Legacy && !l.shared {
			l.tell(m, wire.Edit{})
		}
	}
}

// legacyLink is the link that initialize opened, or nil.
func (s *session) legacyLink() *link {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.legacy == nil {
		return nil
	}
	return s.legacy.link
}

// ready is a hold on the process for c when that is up. The zero hold: it is not.
func (s *session) ready(c *call) hold {
	if c.era == era.Legacy {
		h := s.readyLegacy()
		if h.lease != nil && h.lease.link.takesTurns(c) {
			h.letGo()
			return hold{}
		}
		return h
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.modern {
		if l.fits(c.m) && l.link.alive() && !l.link.takesTurns(c) {
			return l.hold()
		}
	}
	return hold{}
}

// readyLegacy is a hold on the process that initialize opened when that is up.
func (s *session) readyLegacy() hold {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.legacy == nil || !s.legacy.link.alive() {
		return hold{}
	}
	return s.legacy.hold()
}

// restAfter is how long a session that nobody opened keeps its processes after its last call. When they end
// is then the backend's to say.
const restAfter = 2 * time.Second

// meet implements opened.
func (s *session) meet(who *caller.Caller) bool {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return false
	}
	s.last = s.b.now()
	s.mu.Unlock()
	if !sameRights(s.owner(), who) || s.rules.Load() == nil {
		s.b.rule(s, who)
	}
	return true
}

// sameRights reports whether all rules say the same of two that are one caller.
func sameRights(a, b *caller.Caller) bool {
	return a == b || a.Email == b.Email && slices.Equal(a.Groups, b.Groups) && slices.EqualFunc(a.Scopes, b.Scopes,
		func(x, y caller.Scope) bool { return x.Server == y.Server && slices.Equal(x.Tools, y.Tools) })
}

// running are the calls in flight.
func (s *session) running() []*call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.calls))
}

func (s *session) owner() *caller.Caller { return s.caller.Load() }
func (s *session) server() *server       { return s.target }
func (s *session) wait()                 { s.work.wait() }
func (s *session) charge(a *account)     { s.account = a }

// query is what policy must know of a use of that name. What a tool says of itself is as the last list had it.
func (s *session) query(method, name string) policy.Query {
	q := policy.Query{Method: method, Name: name}
	if method == "tools/call" {
		q.Annotations, _ = s.target.annotations(name)
	}
	return q
}

// mayRead reports whether the agent may use that resource.
func (s *session) mayRead(uri string) bool {
	return s.rules.Load().Shows(policy.Query{Method: "resources/read", Name: uri})
}

// greeting is what the server said of itself to this legacy session; nil before it is open.
func (s *session) greeting() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.legacy == nil {
		return nil
	}
	return s.legacy.greeting
}

// opened tells the process that the client is ready.
func (s *session) opened(l *link) {
	if l.era == era.Legacy {
		l.initializedOnce()
		return
	}
	s.listenAgain(l)
}
