package front

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
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
		c.answer((&wire.Error{Code: code, Message: "as you wish"}).Reply(m.ID()))
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
	over   chan struct{} // closed when the handler has returned
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l := &lease{rc: http.NewResponseController(w), over: make(chan struct{})}
	l.ctx, l.cancel = context.WithCancelCause(r.Context())
	defer l.cancel(nil)
	defer close(l.over)
	g.mu.Lock()
	g.leases = append(g.leases, l)
	g.mu.Unlock()
	grant := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	g.next.ServeHTTP(w, r.WithContext(caller.With(l.ctx, &caller.Caller{Agent: grant, Grant: grant})))
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

// house is guard, gate and fronts before an island, and a client, all in memory: it works in a synctest bubble.
type house struct {
	*island
	gate   *gate
	client *http.Client
	dial   func(context.Context, string, string) (net.Conn, error)
}

func newHouse(t *testing.T, c Config) *house {
	b := newIsland(t)
	c.Bridge = b
	h := &house{island: b, gate: &gate{next: New(c)}}
	l := newPipes()
	server := Server(c, Guard(c, h.gate))
	var wg sync.WaitGroup
	wg.Go(func() { _ = server.Serve(l) })
	h.dial = l.dial
	transport := &http.Transport{DialContext: l.dial}
	h.client = &http.Client{Transport: transport}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		wg.Wait()
	})
	return h
}

// do sends a request to the house. headers are "Name: value".
func (h *house) do(t *testing.T, method, path, body string, headers ...string) *http.Response {
	t.Helper()
	return h.doContext(t, t.Context(), method, path, body, headers...)
}

func (h *house) doContext(t *testing.T, ctx context.Context, method, path, body string, headers ...string) *http.Response {
	t.Helper()
	resp, err := h.try(ctx, method, path, body, headers...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

func (h *house) try(ctx context.Context, method, path, body string, headers ...string) (*http.Response, error) {
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://localhost"+path, content)
	if err != nil {
		return nil, err
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Add(name, value)
	}
	return h.client.Do(r)
}

// session opens a legacy session and returns its header.
func (h *house) session(t *testing.T, path, revision string) string {
	t.Helper()
	resp := h.do(t, "POST", path, initialize(revision))
	if id := resp.Header.Get("Mcp-Session-Id"); resp.StatusCode == 200 && id != "" {
		_ = text(t, resp)
		return "Mcp-Session-Id: " + id
	}
	t.Fatalf("initialize: %s %s", resp.Status, text(t, resp))
	return ""
}

func initialize(revision string) string {
	return `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"` + revision + `"}}`
}

func text(t *testing.T, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("reading the body: %v", err)
	}
	return string(b)
}

// pipes is a listener without a network.
type pipes struct {
	conns chan net.Conn // no capacity: Accept takes what dial made
	over  chan struct{} // closed by Close
	once  sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), over: make(chan struct{})} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.over:
	case <-ctx.Done():
	}
	return nil, net.ErrClosed
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.over:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.over) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }

// event is one block of an event stream.
type event struct {
	id, name, data, retry string
	comment               bool
}

// watch reads the event stream of a response.
type watch struct{ r *bufio.Reader }

func watching(t *testing.T, resp *http.Response) *watch {
	t.Helper()
	if kind := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || kind != "text/event-stream" {
		t.Fatalf("no event stream: %s, %s: %s", resp.Status, kind, text(t, resp))
	}
	return &watch{bufio.NewReader(resp.Body)}
}

// next is the next block; an error is the end of the stream.
func (w *watch) next() (event, error) {
	var e event
	for {
		line, err := w.r.ReadString('\n')
		if err != nil {
			return e, err
		}
		line = strings.TrimSuffix(line, "\n")
		if line == "" {
			return e, nil
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "":
			e.comment = true
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data":
			e.data += value
		case "retry":
			e.retry = value
		}
	}
}

// want reads the next blocks and compares them.
func (w *watch) want(t *testing.T, want ...event) {
	t.Helper()
	for i, e := range want {
		got, err := w.next()
		if err != nil {
			t.Fatalf("block %d: %v, want %+v", i, err, e)
		}
		if got != e {
			t.Fatalf("block %d:\n got %+v\nwant %+v", i, got, e)
		}
	}
}

// wantEnd reads on and wants a clean end.
func (w *watch) wantEnd(t *testing.T) {
	t.Helper()
	if e, err := w.next(); err != io.EOF {
		t.Fatalf("got %+v, %v, want the end", e, err)
	}
}
