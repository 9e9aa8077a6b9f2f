package front

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drawbridge/internal/caller"
	"drawbridge/internal/wire"
)

// opened opens a session over HTTP+SSE and returns its stream and where to post.
func opened(t *testing.T, ctx context.Context, h *house, path string) (*watch, string) {
	t.Helper()
	w := watching(t, h.doContext(t, ctx, "GET", path, ""))
	e, err := w.next()
	if err != nil || e.name != "endpoint" {
		t.Fatalf("got %+v, %v", e, err)
	}
	w.want(t, event{comment: true})
	return w, e.data
}

func message_(data string) event { return event{name: "message", data: data} }

func TestSSE(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		for _, path := range []string{"/sse", "/files/sse"} {
			ctx, leave := context.WithCancel(t.Context())
			w, post := opened(t, ctx, h, path)
			if want := strings.TrimSuffix(path, "sse") + "message?sessionId=session-"; !strings.HasPrefix(post, want) {
				t.Errorf("the endpoint is %q", post)
			}
			send := func(body string) {
				t.Helper()
				answerOf(t, h.do(t, "POST", post, body)).check(t, body, 202, "")
			}
			send(initialize("2024-11-05"))
			w.want(t, message_(`{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2024-11-05"}}`))
			send(legacy("7", "note", ""))
			send(legacy("2", "echo", `"a":1`))
			send(modern("echo", "")) // both eras come this way
			w.want(t, message_(string(progress(1).Bytes())), message_(`{"jsonrpc":"2.0","id":2,"result":{"a":1}}`))
			if e, err := w.next(); err != nil || !strings.Contains(e.data, "2026-07-28") {
				t.Errorf("got %+v, %v", e, err)
			}
			_, name, _ := strings.Cut(post, "sessionId=")
			s := h.island.session(name)
			s.call(t, "7").Cancel() // no answer, no event
			s.Out().Send(wire.NewRequest("9", "roots/list", nil), false)
			w.want(t, message_(`{"jsonrpc":"2.0","id":9,"method":"roots/list"}`))
			send(`{"jsonrpc":"2.0","id":9,"result":{}}`)
			if m := <-s.heard; m.Kind() != wire.Result {
				t.Errorf("heard %s", m.Bytes())
			}
			leave()
			synctest.Wait()
			if !s.over() {
				t.Error("the session lives on without its stream")
			}
			answerOf(t, h.do(t, "POST", post, legacy("3", "echo", ""))).check(t, "after the stream", 404, "-32001")
		}
	})
}

func TestSSERefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		_, post := opened(t, t.Context(), h, "/files/sse")
		name := strings.TrimPrefix(post, "/files/message?sessionId=")
		answerOf(t, h.do(t, "POST", "/git/message?sessionId="+name, legacy("1", "echo", ""))).check(t, "another server", 404, "-32001")
		answerOf(t, h.do(t, "POST", post, legacy("1", "echo", ""), "Authorization: Bearer other")).check(t, "another caller", 404, "-32001")
		answerOf(t, h.do(t, "POST", "/files/message", legacy("1", "echo", ""))).check(t, "no id", 404, "-32001")
		answerOf(t, h.do(t, "POST", "/files/message?sessionId=%00%0a__proto__", legacy("1", "echo", ""))).check(t, "odd id", 404, "-32001")
		answerOf(t, h.do(t, "POST", post, `{"id":4`)).check(t, "no JSON", 400, "-32700")
		answerOf(t, h.do(t, "POST", post, `[`+legacy("1", "echo", "")+`]`)).check(t, "batch", 400, "-32600")
	})
}

func TestSSEBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		w, post := opened(t, t.Context(), h, "/sse")
		answerOf(t, h.do(t, "POST", post, initialize("2025-03-26"))).check(t, "initialize", 202, "")
		answerOf(t, h.do(t, "POST", post, `[`+legacy("1", "echo", "")+`,`+legacy("2", "echo", "")+`]`)).check(t, "batch", 202, "")
		_, _ = w.next()
		w.want(t, message_(`[{"jsonrpc":"2.0","id":1,"result":{}},{"jsonrpc":"2.0","id":2,"result":{}}]`))
		answerOf(t, h.do(t, "POST", post, legacy("3", "echo", ""))).check(t, "after", 202, "")
		w.want(t, message_(`{"jsonrpc":"2.0","id":3,"result":{}}`))
	})
}

func TestSSEEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		w, post := opened(t, t.Context(), h, "/sse")
		answerOf(t, h.do(t, "POST", post, legacy("1", "open", ""))).check(t, "open", 202, "")
		start := time.Now()
		w.want(t, event{comment: true}, event{comment: true})
		if took := time.Since(start); took != 2*keepAlive {
			t.Errorf("two signs of life take %v", took)
		}
		go h.gate.end(caller.ErrNarrowed)
		w.want(t, message_(`{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"closed"}}`))
		w.wantEnd(t)

		w, _ = opened(t, t.Context(), h, "/sse")
		h.island.session("session-2").Close()
		w.wantEnd(t)
	})
}

func TestSSESlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{Limits: wire.Limits{Size: 1 << 20}})
		w, post := opened(t, t.Context(), h, "/sse")
		answerOf(t, h.do(t, "POST", post, legacy("1", "flood", ""))).check(t, "flood", 202, "")
		time.Sleep(2 * pieceTime)
		synctest.Wait()
		if h.open() != 0 {
			t.Error("the session of a reader that does not read lives on")
		}
		if b, err := readAll(w.r, -1, 1<<30); err == nil {
			t.Errorf("the reader got all it was sent, %d bytes", len(b))
		}
	})
}

// TestOneLine: an event is one line whatever white space the message has.
func TestOneLine(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":1}`: `{"a":1}`, "{\n\"a\":\r\n1}": `{ "a":  1}`, "\r": " ", "": "",
	} {
		b := []byte(in)
		if got := string(oneLine(b)); got != want || string(b) != in {
			t.Errorf("%q is %q, and was changed to %q", in, got, b)
		}
	}
}
