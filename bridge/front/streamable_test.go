package front

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drawbridge/internal/wire"

	"github.com/google/go-cmp/cmp"
)

func legacy(id, method, params string) string {
	return `{"jsonrpc":"2.0","id":` + id + `,"method":"` + method + `","params":{` + params + `}}`
}

// answer is what a request gets: status and body.
type answer struct {
	status int
	body   string
}

func answerOf(t *testing.T, resp *http.Response) answer {
	t.Helper()
	if b := text(t, resp); resp.Header.Get("Content-Length") != fmt.Sprint(len(b)) && resp.StatusCode != 204 {
		t.Errorf("Content-Length %q for %d bytes", resp.Header.Get("Content-Length"), len(b))
	} else {
		return answer{resp.StatusCode, b}
	}
	return answer{}
}

func (a answer) check(t *testing.T, what string, status int, part string) {
	t.Helper()
	if a.status != status || !strings.Contains(a.body, part) || part == "" && a.body != "" {
		t.Errorf("%s: %d %s, want %d %s", what, a.status, a.body, status, part)
	}
}

func TestLegacy(t *testing.T) {
	h := newHouse(t, Config{})
	id := h.session(t, "/files/mcp", "2025-06-18")
	for _, c := range []struct {
		what, method, path, body string
		headers                  []string
		status                   int
		part                     string
	}{
		{"request", "POST", "/files/mcp", legacy(`"é"`, "echo", `"a":1`), []string{id}, 200, `{"jsonrpc":"2.0","id":"é","result":{"a":1}}`},
		{"with its revision", "POST", "/files/mcp", legacy("1", "echo", ""), []string{id, "MCP-Protocol-Version: 2025-06-18"}, 200, "result"},
		{"with another revision", "POST", "/files/mcp", legacy("1", "echo", ""), []string{id, "MCP-Protocol-Version: 2024-11-05"}, 200, "result"},
		{"with an unknown revision", "POST", "/files/mcp", legacy("1", "echo", ""), []string{id, "MCP-Protocol-Version: 2025-06-19"}, 400, `"id":1,"error":{"code":-32022`},
		{"with two revisions", "POST", "/files/mcp", legacy("1", "echo", ""), []string{id, "MCP-Protocol-Version: 2025-06-18", "MCP-Protocol-Version: 2025-06-18"}, 400, "-32022"},
		{"error", "POST", "/files/mcp", legacy("2", "fail", `"code":-32601`), []string{id}, 200, `"id":2,"error":{"code":-32601`},
		{"notification", "POST", "/files/mcp", `{"jsonrpc":"2.0","method":"notifications/initialized"}`, []string{id}, 202, ""},
		{"answer", "POST", "/files/mcp", `{"jsonrpc":"2.0","id":7,"result":{}}`, []string{id}, 202, ""},
		{"error answer", "POST", "/files/mcp", `{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"x"}}`, []string{id}, 202, ""},
		{"no session", "POST", "/files/mcp", legacy("3", "echo", ""), nil, 400, `"id":3,"error":{"code":-32600`},
		{"no session, notification", "POST", "/files/mcp", `{"jsonrpc":"2.0","method":"x"}`, nil, 400, `"id":null`},
		{"two sessions", "POST", "/files/mcp", legacy("3", "echo", ""), []string{id, id}, 400, "-32600"},
		{"unknown session", "POST", "/files/mcp", legacy("4", "echo", ""), []string{"Mcp-Session-Id: x"}, 404, `"id":4,"error":{"code":-32001`},
		{"session of another server", "POST", "/git/mcp", legacy("4", "echo", ""), []string{id}, 404, "-32001"},
		{"session of another caller", "POST", "/files/mcp", legacy("4", "echo", ""), []string{id, "Authorization: Bearer other"}, 404, "-32001"},
		{"prototype", "POST", "/files/mcp", legacy("4", "echo", ""), []string{"Mcp-Session-Id: __proto__"}, 404, "-32001"},
		{"long id", "POST", "/files/mcp", legacy("4", "echo", ""), []string{"Mcp-Session-Id: " + strings.Repeat("a", 64<<10)}, 404, "-32001"},
		{"id of odd bytes", "POST", "/files/mcp", legacy("4", "echo", ""), []string{"Mcp-Session-Id: \xff\t\xfe"}, 404, "-32001"},
		{"no JSON", "POST", "/files/mcp", `{`, []string{id}, 400, `"id":null,"error":{"code":-32700`},
		{"no message, but an id", "POST", "/files/mcp", `{"jsonrpc":"2.0","id":5,"method":7}`, []string{id}, 400, `"id":5,"error":{"code":-32600`},
		{"batch", "POST", "/files/mcp", `[` + legacy("1", "echo", "") + `]`, []string{id}, 400, `"id":null,"error":{"code":-32600`},
		{"refused initialize", "POST", "/files/mcp", initialize("none"), nil, 200, `"error"`},
		{"GET without session", "GET", "/files/mcp", "", nil, 405, "-32600"},
		{"GET with unknown session", "GET", "/files/mcp", "", []string{"Mcp-Session-Id: x"}, 404, "-32001"},
		{"GET of the modern era", "GET", "/files/mcp", "", []string{id, "MCP-Protocol-Version: 2026-07-28"}, 405, "-32600"},
		{"GET after no event", "GET", "/files/mcp", "", []string{id, "Last-Event-ID: x"}, 400, "-32600"},
		{"GET after two events", "GET", "/files/mcp", "", []string{id, "Last-Event-ID: 0/1", "Last-Event-ID: 0/1"}, 400, "-32600"},
		{"GET of no stream", "GET", "/files/mcp", "", []string{id, "Last-Event-ID: 9/1"}, 405, "-32600"},
		{"DELETE without session", "DELETE", "/files/mcp", "", nil, 405, "-32600"},
		{"DELETE of another caller", "DELETE", "/files/mcp", "", []string{id, "Authorization: Bearer other"}, 404, "-32001"},
		{"DELETE of the modern era", "DELETE", "/files/mcp", "", []string{id, "MCP-Protocol-Version: 2026-07-28"}, 405, "-32600"},
		{"DELETE", "DELETE", "/files/mcp", "", []string{id}, 204, ""},
		{"after DELETE", "POST", "/files/mcp", legacy("6", "echo", ""), []string{id}, 404, `"id":6,"error":{"code":-32001`},
		{"DELETE again", "DELETE", "/files/mcp", "", []string{id}, 404, "-32001"},
	} {
		resp := h.do(t, c.method, c.path, c.body, c.headers...)
		answerOf(t, resp).check(t, c.what, c.status, c.part)
		if got := resp.Header.Get("Mcp-Session-Id"); got != "" {
			t.Errorf("%s: is given the session %q", c.what, got)
		}
		if c.status == 405 && resp.Header.Get("Allow") == "" {
			t.Errorf("%s: 405 allows nothing", c.what)
		}
	}
	if n := h.open(); n != 0 {
		t.Errorf("%d sessions are still open", n)
	}
}

// TestOtherFrontsSessions: a session is found only where it was opened.
func TestOtherFrontsSessions(t *testing.T) {
	h := newHouse(t, Config{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	events := watching(t, h.doContext(t, ctx, "GET", "/sse", ""))
	e, _ := events.next()
	_, id, _ := strings.Cut(e.data, "sessionId=")
	answerOf(t, h.do(t, "POST", "/mcp", legacy("1", "echo", ""), "Mcp-Session-Id: "+id)).check(t, "SSE session at /mcp", 404, "-32001")
	id = strings.TrimPrefix(h.session(t, "/mcp", "2025-06-18"), "Mcp-Session-Id: ")
	answerOf(t, h.do(t, "POST", "/message?sessionId="+id, legacy("1", "echo", ""))).check(t, "HTTP session at /message", 404, "-32001")
}

func TestModern(t *testing.T) {
	h := newHouse(t, Config{})
	for _, c := range []struct {
		what, method, body string
		headers            []string
		status             int
		part               string
	}{
		{"request", "POST", modern("echo", `"a":1`), modernHeaders("echo"), 200, `"result":{"a":1,`},
		{"sessions and events are ignored", "POST", modern("echo", ""), modernHeaders("echo", "Mcp-Session-Id: x", "Last-Event-ID: 1/1"), 200, "result"},
		{"unknown method", "POST", modern("fail", `"code":-32601`), modernHeaders("fail"), 404, `"id":1,"error":{"code":-32601`},
		{"capability", "POST", modern("fail", `"code":-32021`), modernHeaders("fail"), 400, "-32021"},
		{"server's version", "POST", modern("fail", `"code":-32022`), modernHeaders("fail"), 400, "-32022"},
		{"server's header", "POST", modern("fail", `"code":-32020`), modernHeaders("fail"), 400, "-32020"},
		{"invalid params", "POST", modern("fail", `"code":-32602`), modernHeaders("fail"), 200, "-32602"},
		{"server's error", "POST", modern("fail", `"code":7`), modernHeaders("fail"), 200, `"code":7`},
		{"mismatch", "POST", modern("echo", ""), modernHeaders("fail"), 400, `"id":1,"error":{"code":-32020`},
		{"no version in the header", "POST", modern("echo", ""), nil, 400, "-32020"},
		{"no version in the body", "POST", legacy("8", "echo", ""), modernHeaders("echo"), 400, `"id":8,"error":{"code":-32602`},
		{"future version", "POST", strings.Replace(modern("echo", ""), "2026-07-28", "2027-01-01", 1), []string{"MCP-Protocol-Version: 2027-01-01", "Mcp-Method: echo"}, 400, `"requested":"2027-01-01"`},
		{"odd version", "POST", legacy("8", "echo", ""), []string{"MCP-Protocol-Version: v999"}, 400, `"requested":"v999"`},
		{"modern initialize", "POST", modern("initialize", ""), modernHeaders("initialize"), 200, "result"},
		{"notification", "POST", `{"jsonrpc":"2.0","method":"notifications/x","params":{` + meta + `}}`, modernHeaders("notifications/x"), 202, ""},
		{"answer", "POST", `{"jsonrpc":"2.0","id":1,"result":{}}`, modernHeaders("x"), 400, "-32600"},
		{"batch", "POST", `[` + modern("echo", "") + `]`, modernHeaders("echo"), 400, "-32600"},
		{"GET", "GET", "", modernHeaders("x"), 405, "-32600"},
		{"DELETE", "DELETE", "", modernHeaders("x"), 405, "-32600"},
	} {
		resp := h.do(t, c.method, "/mcp", c.body, c.headers...)
		answerOf(t, resp).check(t, c.what, c.status, c.part)
		if got := resp.Header.Get("Mcp-Session-Id"); got != "" {
			t.Errorf("%s: is given the session %q", c.what, got)
		}
	}
	if len(h.sessions) != 0 {
		t.Error("a modern request opened a session")
	}
	if m := <-h.shared.heard; m.Method() != "notifications/x" {
		t.Errorf("heard %s", m.Bytes())
	}
	h.shared.params = mismatch("Mcp-Param-Region is missing")
	answerOf(t, h.do(t, "POST", "/mcp", modern("tools/call", `"name":"x"`), modernHeaders("tools/call", "Mcp-Name: x")...)).check(t, "parameters", 400, "Mcp-Param-Region")
}

// TestOverALimit: HTTP says in both eras that the request may be tried again, and when. What has the code for another
// reason is an error like others.
func TestOverALimit(t *testing.T) {
	h := newHouse(t, Config{})
	id := h.session(t, "/files/mcp", "2025-06-18")
	for _, c := range []struct {
		what, data, after string
		status            int
	}{
		{"over a limit", `{"retryAfter":7}`, "7", 429},
		{"no time", `{}`, "", 200},
		{"no such time", `{"retryAfter":"7\r\nSet-Cookie: x"}`, "", 200},
		{"nor such", `{"retryAfter":-1}`, "", 200},
	} {
		params := `"code":-32005,"data":` + c.data
		for era, resp := range map[string]*http.Response{
			"legacy": h.do(t, "POST", "/files/mcp", legacy("2", "fail", params), id),
			"modern": h.do(t, "POST", "/mcp", modern("fail", params), modernHeaders("fail")...),
		} {
			if got := resp.Header.Get("Retry-After"); got != c.after {
				t.Errorf("%s, %s: try again after %q", c.what, era, got)
			}
			answerOf(t, resp).check(t, c.what+", "+era, c.status, "-32005")
		}
	}
}

// TestInitializeWithModernHeader: who says initialize is legacy, whatever the header claims.
func TestInitializeWithModernHeader(t *testing.T) {
	h := newHouse(t, Config{})
	resp := h.do(t, "POST", "/mcp", initialize("2025-11-25"), "MCP-Protocol-Version: 2026-07-28")
	if a := answerOf(t, resp); a.status != 200 || resp.Header.Get("Mcp-Session-Id") == "" {
		t.Errorf("%+v, session %q", a, resp.Header.Get("Mcp-Session-Id"))
	}
}

func TestWay(t *testing.T) {
	h := newHouse(t, Config{})
	h.session(t, "/mcp", "2025-06-18")
	_ = text(t, h.do(t, "POST", "/mcp", modern("echo", ""), modernHeaders("echo")...))
	want := []Way{{"streamable", "pipe"}, {"streamable", "pipe"}}
	if diff := cmp.Diff(want, h.ways); diff != "" {
		t.Error(diff)
	}
}

func TestRefusals(t *testing.T) {
	h := newHouse(t, Config{})
	limit := &wire.Error{Code: wire.InternalError, Message: "too many sessions"}
	unknown := fmt.Errorf("%w: %w", ErrNoServer, &wire.Error{Code: wire.InvalidRequest, Message: `no server "x" here`})
	for _, c := range []struct {
		err    error
		status int
		part   string
	}{
		{limit, 503, `"message":"too many sessions"`},
		{unknown, 404, `no server \"x\" here`},
		{errors.New("secret"), 500, "internal error"},
	} {
		h.refusal = c.err
		for what, resp := range map[string]*http.Response{
			"initialize": h.do(t, "POST", "/mcp", initialize("2025-06-18")),
			"modern":     h.do(t, "POST", "/mcp", modern("echo", ""), modernHeaders("echo")...),
			"SSE":        h.do(t, "GET", "/sse", ""),
			"WebSocket":  h.do(t, "GET", "/ws", "", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Protocol: mcp"),
		} {
			a := answerOf(t, resp)
			a.check(t, what, c.status, c.part)
			if strings.Contains(a.body, "secret") {
				t.Errorf("%s: tells what it must not: %s", what, a.body)
			}
		}
	}
}

// TestProgressForcesStream: what comes before the answer makes the response a stream, numbered for legacy agents.
func TestProgressForcesStream(t *testing.T) {
	h := newHouse(t, Config{})
	note := string(progress(1).Bytes())
	for _, c := range []struct {
		revision string
		want     []event
	}{
		{"2025-06-18", []event{{id: "1/1", name: "message", data: note}}},
		{"2025-11-25", []event{{id: "1/0", retry: "1000"}, {id: "1/1", name: "message", data: note}}},
	} {
		id := h.session(t, "/mcp", c.revision)
		resp := h.do(t, "POST", "/mcp", legacy("7", "note", ""), id)
		for name, want := range map[string]string{"X-Accel-Buffering": "no", "Cache-Control": "no-store"} {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%s is %q", name, got)
			}
		}
		events := watching(t, resp)
		events.want(t, c.want...)
		s := h.island.session(strings.TrimPrefix(id, "Mcp-Session-Id: "))
		call := s.call(t, "7")
		call.reply.Send(wire.NewRequest("99", "roots/list", nil), false)
		events.want(t, event{id: "1/2", name: "message", data: `{"jsonrpc":"2.0","id":99,"method":"roots/list"}`})
		call.result()
		events.want(t, event{id: "1/3", name: "message", data: `{"jsonrpc":"2.0","id":7,"result":{}}`})
		events.wantEnd(t)
	}

	events := watching(t, h.do(t, "POST", "/mcp", modern("note", ""), modernHeaders("note")...))
	events.want(t, event{name: "message", data: note})
	h.shared.call(t, "1").answer((&wire.Error{Code: wire.MethodNotFound, Message: "too late for a status"}).Reply("1"))
	events.want(t, event{name: "message", data: `{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"too late for a status"}}`})
	events.wantEnd(t)
}

// TestLateAnswer: after commitAfter the response becomes a stream, with signs of life.
func TestLateAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		start := time.Now()
		events := watching(t, h.do(t, "POST", "/mcp", modern("open", ""), modernHeaders("open")...))
		if took := time.Since(start); took != commitAfter {
			t.Errorf("the stream begins after %v", took)
		}
		events.want(t, event{comment: true}, event{comment: true}, event{comment: true})
		if took := time.Since(start); took != commitAfter+2*keepAlive {
			t.Errorf("three signs of life take %v", took)
		}
		h.shared.call(t, "1").result()
		events.want(t, event{name: "message", data: `{"jsonrpc":"2.0","id":1,"result":{}}`})
		events.wantEnd(t)

		// An answer just before that is plain.
		resp := make(chan *http.Response, 1)
		id := h.session(t, "/mcp", "2025-11-25")
		go func() { resp <- h.do(t, "POST", "/mcp", legacy("5", "open", ""), id) }()
		time.Sleep(commitAfter - time.Millisecond)
		h.island.session("session-1").call(t, "5").result()
		answerOf(t, <-resp).check(t, "in time", 200, `"id":5,"result"`)

		events = watching(t, h.do(t, "POST", "/mcp", legacy("6", "open", ""), id))
		events.want(t, event{id: "1/0", retry: "1000"}, event{comment: true})
		h.island.session("session-1").call(t, "6").result()
		events.want(t, event{id: "1/1", name: "message", data: `{"jsonrpc":"2.0","id":6,"result":{}}`})
		events.wantEnd(t)
	})
}

// TestCancelledByAgent: a request that ends without an answer has none.
func TestCancelledByAgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		id := h.session(t, "/mcp", "2025-06-18")
		resp := make(chan *http.Response, 1)
		go func() { resp <- h.do(t, "POST", "/mcp", legacy("5", "open", ""), id) }()
		synctest.Wait()
		h.island.session("session-1").call(t, "5").Cancel()
		if r := <-resp; r.StatusCode != 202 || text(t, r) != "" {
			t.Errorf("a cancelled request gets %s", r.Status)
		}
		events := watching(t, h.do(t, "POST", "/mcp", legacy("6", "note", ""), id))
		events.want(t, event{id: "1/1", name: "message", data: string(progress(1).Bytes())})
		h.island.session("session-1").call(t, "6").Cancel()
		events.wantEnd(t)
		answerOf(t, h.do(t, "GET", "/mcp", "", id, "Last-Event-ID: 1/0")).check(t, "its stream", 405, "-32600")
	})
}

// TestClosedStream: for a modern agent that is how it cancels; a legacy call goes on.
func TestClosedStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		id := h.session(t, "/mcp", "2025-11-25")
		for _, method := range []string{"note", "open"} { // with a stream, and before there is one
			ctx, leave := context.WithCancel(t.Context())
			go func() {
				if resp, err := h.try(ctx, "POST", "/mcp", modern(method, ""), modernHeaders(method)...); err == nil {
					defer resp.Body.Close()
					<-ctx.Done()
				}
			}()
			synctest.Wait()
			call := h.shared.call(t, "1")
			leave()
			synctest.Wait()
			select {
			case <-call.cancelled:
			default:
				t.Errorf("%s: the modern call goes on", method)
			}
			if call.reply.Send(progress(2), false) {
				t.Errorf("%s: what the modern call says is taken", method)
			}

			ctx, leave = context.WithCancel(t.Context())
			go func() {
				if resp, err := h.try(ctx, "POST", "/mcp", legacy("1", method, ""), id); err == nil {
					defer resp.Body.Close()
					<-ctx.Done()
				}
			}()
			synctest.Wait()
			call = h.island.session("session-1").call(t, "1")
			leave()
			synctest.Wait()
			select {
			case <-call.cancelled:
				t.Errorf("%s: the legacy call is cancelled", method)
			default:
			}
			if !call.reply.Send(progress(2), false) {
				t.Errorf("%s: what the legacy call says is refused, so it will be given up", method)
			}
			call.result()
		}
	})
}

// TestLostInitialize: nobody knows the id of a session whose opener left.
func TestLostInitialize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		ctx, leave := context.WithCancel(t.Context())
		h.island.slow = true
		go func() { _, _ = h.try(ctx, "POST", "/mcp", initialize("2025-11-25")) }()
		synctest.Wait()
		if h.open() != 1 {
			t.Fatal("no session is being opened")
		}
		leave()
		synctest.Wait()
		if h.open() != 0 {
			t.Error("the session is still open")
		}
	})
}

// TestSlowInitialize: the id comes with a stream, too.
func TestSlowInitialize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		h.island.slow = true
		resp := h.do(t, "POST", "/mcp", initialize("2025-11-25"))
		if got := resp.Header.Get("Mcp-Session-Id"); got != "session-1" {
			t.Errorf("the session is %q", got)
		}
		events := watching(t, resp)
		events.want(t, event{comment: true})
		h.island.session("session-1").call(t, "0").result()
		events.want(t, event{name: "message", data: `{"jsonrpc":"2.0","id":0,"result":{}}`})
		events.wantEnd(t)
		answerOf(t, h.do(t, "POST", "/mcp", legacy("1", "echo", ""), "Mcp-Session-Id: session-1")).check(t, "after", 200, "result")

		resp = h.do(t, "POST", "/mcp", initialize("2025-11-25"))
		c := h.island.session("session-2").call(t, "0")
		c.answer((&wire.Error{Code: 1, Message: "it died"}).Reply("0"))
		watching(t, resp).want(t, event{comment: true}, event{name: "message", data: `{"jsonrpc":"2.0","id":0,"error":{"code":1,"message":"it died"}}`})
		synctest.Wait()
		if n := h.island.session("session-1").Out().(*streams).share.of.taken.Load(); n != 0 {
			t.Errorf("%d bytes are still charged", n)
		}
		if h.open() != 1 {
			t.Error("a session that was refused is still open")
		}
	})
}

// TestSlowReader: who does not read is cut, and the call told.
func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{Limits: wire.Limits{Size: 1 << 20}})
		resp := h.do(t, "POST", "/mcp", modern("flood", ""), modernHeaders("flood")...)
		synctest.Wait()
		if n := len(h.shared.calls); n != 0 {
			t.Errorf("%d calls still flood", n)
		}
		time.Sleep(2 * pieceTime)
		if b, err := readAll(resp.Body, -1, 1<<30); err == nil {
			t.Errorf("the reader got all it was sent, %d bytes", len(b))
		}
	})
}
