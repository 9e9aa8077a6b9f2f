package front

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"drawbridge/internal/caller"
	"drawbridge/internal/wire"
)

// island is a bridge in memory. Its one server answers by the method's name; see islander.Handle.
type island struct {
	wg sync.WaitGroup

	mu       sync.Mutex // guards the fields below
	sessions map[string]*islander
	shared   *islander
	refusal  error // of Open and Stateless
	ways     []Way
	slow     bool // initialize stays open
}

func newIsland(t *testing.T) *island {
	b := &island{sessions: map[string]*islander{}}
	t.Cleanup(func() {
		b.mu.Lock()
		all := []*islander{b.shared}
		for _, s := range b.sessions {
			all = append(all, s)
		}
		b.mu.Unlock()
		for _, s := range all {
			if s != nil {
				s.Close()
			}
		}
		b.wg.Wait()
	})
	return b
}

func (b *island) Open(ctx context.Context, server string, out Sink) (Session, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ways = append(b.ways, WayOf(ctx))
	if b.refusal != nil {
		return nil, b.refusal
	}
	id := fmt.Sprintf("session-%d", len(b.sessions)+1)
	s := newIslander(b, id, server, caller.From(ctx), out)
	b.sessions[id] = s
	return s, nil
}

func (b *island) Session(ctx context.Context, server, id string) (Session, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.sessions[id]
	if s == nil || s.server != server || s.who.Grant != caller.From(ctx).Grant || s.over() {
		return nil, ErrNoSession
	}
	return s, nil
}

func (b *island) Stateless(ctx context.Context, server string) (Session, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ways = append(b.ways, WayOf(ctx))
	if b.refusal != nil {
		return nil, b.refusal
	}
	if b.shared == nil {
		b.shared = newIslander(b, "", server, caller.From(ctx), nil)
	}
	return b.shared, nil
}

func (b *island) session(id string) *islander {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sessions[id]
}

func (b *island) open() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, s := range b.sessions {
		if !s.over() {
			n++
		}
	}
	return n
}

// islander is one of its sessions.
type islander struct {
	b      *island
	id     string
	server string
	who    *caller.Caller
	out    Sink
	done   chan struct{}
	heard  chan wire.Message // answers and notifications of the agent; capacity: more than any test sends
	params *wire.Error       // what CheckParams says

	mu       sync.Mutex // guards the fields below
	closed   bool
	revision string
	calls    map[wire.ID]*islandCall
}

func newIslander(b *island, id, server string, who *caller.Caller, out Sink) *islander {
	return &islander{b: b, id: id, server: server, who: who, out: out, done: make(chan struct{}), heard: make(chan wire.Message, 64), calls: map[wire.ID]*islandCall{}}
}

func (s *islander) ID() string            { return s.id }
func (s *islander) Out() Sink             { return s.out }
func (s *islander) Done() <-chan struct{} { return s.done }

func (s *islander) CheckParams(wire.Message, http.Header) *wire.Error { return s.params }

func (s *islander) Revision() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.revision
}

func (s *islander) over() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

func (s *islander) Close() {
	s.mu.Lock()
	calls := s.calls
	s.calls = nil
	first := !s.closed
	s.closed = true
	s.mu.Unlock()
	for _, c := range calls {
		c.answer((&wire.Error{Code: wire.InternalError, Message: "closed"}).Reply(c.m.ID()))
	}
	if first {
		close(s.done)
	}
}

// Handle knows these methods: initialize; echo, whose result is its params; fail, with the code params.code; open, which
// stays open until the test answers it; note, which sends a progress notification first and then stays open; flood, which
// sends notifications until they are refused.
func (s *islander) Handle(m wire.Message, reply Sink) Call {
	if m.Kind() != wire.Request {
		s.heard <- m
		return nil
	}
	c := &islandCall{s: s, m: m, reply: reply, cancelled: make(chan struct{})}
	s.mu.Lock()
	if s.calls != nil {
		s.calls[m.ID()] = c
	}
	s.mu.Unlock()
	switch m.Method() {
	case "initialize":
		if s.b.slow {
			break
		}
		s.mu.Lock()
		s.revision, _ = wire.String(wire.Get(m.Params(), "protocolVersion"))
		s.mu.Unlock()
		if s.Revision() == "none" {
			c.answer((&wire.Error{Code: wire.InvalidParams, Message: "no"}).Reply(m.ID()))
			break
		}
		c.answer(wire.Reply(m.ID(), []byte(`{"protocolVersion":"`+s.Revision()+`"}`)))
	case "echo":
		c.answer(wire.Reply(m.ID(), m.Params()))
	case "fail":
		code := 0
		_, _ = fmt.Sscan(string(wire.Get(m.Params(), "code")), &code)
		c.answer((&wire.Error{Code: code, Message: "as you wish", Data: wire.Get(m.Params(), "data")}).Reply(m.ID()))
	case "note":
		reply.Send(progress(1), false)
	case "flood":
		s.b.wg.Go(func() {
			for reply.Send(wire.NewNotification("notifications/message", []byte(`{"data":"`+strings.Repeat("x", 100<<10)+`"}`)), false) {
			}
			c.answer(wire.Message{})
		})
	}
	return c
}

func progress(n int) wire.Message {
	return wire.NewNotification("notifications/progress", fmt.Appendf(nil, `{"progress":%d}`, n))
}

// call is the open call with that id.
func (s *islander) call(t *testing.T, id wire.ID) *islandCall {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.calls[id]
	if c == nil {
		t.Fatalf("no call %s is open", id)
	}
	return c
}

type islandCall struct {
	s         *islander
	m         wire.Message
	reply     Sink
	once      sync.Once
	cancelled chan struct{}
}

func (c *islandCall) Cancel() {
	c.once.Do(func() {
		c.s.mu.Lock()
		delete(c.s.calls, c.m.ID())
		c.s.mu.Unlock()
		close(c.cancelled)
		c.reply.Send(wire.Message{}, true)
	})
}

func (c *islandCall) answer(m wire.Message) {
	c.once.Do(func() {
		c.s.mu.Lock()
		delete(c.s.calls, c.m.ID())
		c.s.mu.Unlock()
		c.reply.Send(m, true)
	})
}

// result answers with {}.
func (c *islandCall) result() { c.answer(wire.Reply(c.m.ID(), []byte("{}"))) }

// gate stands for the real one: everybody may enter; the bearer token is the grant.
type gate struct {
	next http.Handler

	mu     sync.Mutex // guards leases
	leases []*lease
}

// lease is one request that the gate let in.
type lease struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	rc     *http.ResponseController
	over   chan struct{}  // closed when the handler has returned
	warned chan time.Time // capacity 1
}

func (l *lease) Warned() <-chan time.Time { return l.warned }

// warn tells all that is open when it ends.
func (g *gate) warn(at time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, l := range g.leases {
		l.warned <- at
	}
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l := &lease{rc: http.NewResponseController(w), over: make(chan struct{}), warned: make(chan time.Time, 1)}
	l.ctx, l.cancel = context.WithCancelCause(r.Context())
	defer l.cancel(nil)
	defer close(l.over)
	g.mu.Lock()
	g.leases = append(g.leases, l)
	g.mu.Unlock()
	grant := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	g.next.ServeHTTP(w, r.WithContext(caller.WithLease(l.ctx, &caller.Caller{Agent: grant, Grant: grant}, l)))
}

// lastWords is how long the gate lets a handler write that it has cancelled.
const lastWords = 2 * time.Second

// end ends all that is open, as when a grant ends, and waits for it.
func (g *gate) end(why error) {
	g.mu.Lock()
	leases := g.leases
	g.leases = nil
	g.mu.Unlock()
	for _, l := range leases {
		if l.ctx.Err() == nil {
			l.cancel(why)
			_ = l.rc.SetReadDeadline(time.Now().Add(lastWords))
			_ = l.rc.SetWriteDeadline(time.Now().Add(lastWords))
		}
	}
	for _, l := range leases {
		<-l.over
	}
}
