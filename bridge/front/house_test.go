package front

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

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
