package front

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drawbridge/internal/caller"
	"drawbridge/internal/wire"
)

// TestGrantEnds: calls in flight get an error, streams end.
func TestGrantEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		id := h.session(t, "/mcp", "2025-11-25")
		plain := make(chan *http.Response, 1)
		go func() { plain <- h.do(t, "POST", "/mcp", legacy("1", "open", ""), id) }()
		synctest.Wait()
		stream := watching(t, h.do(t, "POST", "/mcp", legacy("2", "note", ""), id))
		alone := watching(t, h.do(t, "GET", "/mcp", "", id))
		stream.want(t, event{id: "1/0", retry: "1000"}, event{id: "1/1", name: "message", data: string(progress(1).Bytes())})
		alone.want(t, event{id: "0/0", retry: "1000"}, event{comment: true})

		start := time.Now()
		over := make(chan struct{})
		go func() { defer close(over); h.gate.end(caller.ErrEnded) }()
		alone.wantEnd(t)
		stream.want(t, event{name: "message", data: `{"jsonrpc":"2.0","id":2,"error":{"code":-32603,"message":"` + caller.ErrEnded.Error() + `"}}`})
		stream.wantEnd(t)
		answerOf(t, <-plain).check(t, "before a stream", 403, caller.ErrEnded.Error())
		<-over
		if took := time.Since(start); took > 0 {
			t.Errorf("the end takes %v", took)
		}
		if n := len(h.island.session("session-1").calls); n != 0 {
			t.Errorf("%d calls go on", n)
		}
	})
}

// TestGrantIsAboutToEnd: whatever stays open hears of it once, on every front.
func TestGrantIsAboutToEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		id := h.session(t, "/mcp", "2025-11-25")
		alone := watching(t, h.do(t, "GET", "/mcp", "", id))
		alone.want(t, event{id: "0/0", retry: "1000"}, event{comment: true})
		sse, _ := opened(t, t.Context(), h, "/sse")
		socket := h.connect(t, "/ws")
		synctest.Wait()
		at := time.Now().Add(time.Minute)
		h.gate.warn(at)
		want := string(endsSoon(at).Bytes())
		alone.want(t, event{id: "0/1", name: "message", data: want})
		sse.want(t, event{name: "message", data: want})
		if got := hear(t, socket); got != want || !strings.Contains(got, at.UTC().Format(time.RFC3339)) {
			t.Errorf("the socket hears %s", got)
		}
	})
}

// TestSessionEnds: the same, when the bridge ends it.
func TestSessionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		id := h.session(t, "/mcp", "2025-11-25")
		s := h.island.session("session-1")
		plain := make(chan *http.Response, 1)
		go func() { plain <- h.do(t, "POST", "/mcp", legacy("1", "open", ""), id) }()
		synctest.Wait()
		alone := watching(t, h.do(t, "GET", "/mcp", "", id))
		alone.want(t, event{id: "0/0", retry: "1000"}, event{comment: true})
		s.Close()
		alone.wantEnd(t)
		answerOf(t, <-plain).check(t, "answered by the bridge", 200, `"message":"closed"`)

		id = h.session(t, "/mcp", "2025-11-25")
		s = h.island.session("session-2")
		go func() { plain <- h.do(t, "POST", "/mcp", legacy("1", "open", ""), id) }()
		synctest.Wait()
		s.mu.Lock()
		s.calls = nil // this bridge forgets its calls
		s.mu.Unlock()
		s.Close()
		answerOf(t, <-plain).check(t, "answered by the front", 404, `"id":1,"error":{"code":-32001`)

		id = h.session(t, "/mcp", "2025-11-25")
		s = h.island.session("session-3")
		go func() { plain <- h.do(t, "POST", "/mcp", legacy("1", "open", ""), id) }()
		synctest.Wait()
		call := s.call(t, "1")
		s.mu.Lock()
		s.calls = nil // this one answers late
		s.mu.Unlock()
		s.Close()
		time.Sleep(endGrace / 2)
		call.result()
		answerOf(t, <-plain).check(t, "answered late by the bridge", 200, `"id":1,"result"`)
	})
}

// TestGrantEndsForTheMute: whoever waits for the end of a grant does not wait for agents that neither read nor write.
func TestGrantEndsForTheMute(t *testing.T) {
	const size = 1 << 20
	half := "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
	for what, start := range map[string]func(t *testing.T, h *house){
		"half a body": func(t *testing.T, h *house) {
			c, err := h.dial(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Close() })
			_, _ = io.WriteString(c, half)
		},
		"plain answer": func(t *testing.T, h *house) {
			_ = h.do(t, "POST", "/mcp", modern("echo", `"a":"`+strings.Repeat("x", size/2)+`"`), modernHeaders("echo")...)
		},
		"answer read in part": func(t *testing.T, h *house) {
			resp := h.do(t, "POST", "/mcp", modern("echo", `"a":"`+strings.Repeat("x", size-1000)+`"`), modernHeaders("echo")...)
			go func() {
				<-time.After(lastWords / 2)
				_, _ = io.CopyN(io.Discard, resp.Body, piece+piece/2)
			}()
		},
		"stream": func(t *testing.T, h *house) {
			_ = h.do(t, "POST", "/mcp", modern("note", ""), modernHeaders("note")...)
			h.shared.call(t, "1").reply.Send(note(strings.Repeat("x", size/2)), false)
		},
		"SSE": func(t *testing.T, h *house) {
			_, _ = opened(t, t.Context(), h, "/sse")
			h.island.session("session-1").Out().Send(note(strings.Repeat("x", size/2)), false)
		},
		"WebSocket": func(t *testing.T, h *house) {
			_ = h.handshake(t)
			h.island.session("session-1").Out().Send(note(strings.Repeat("x", size/2)), false)
		},
		"WebSocket that answers no ping": func(t *testing.T, h *house) {
			c := h.handshake(t)
			go func() { _, _ = io.Copy(io.Discard, c) }()
			<-time.After(keepAlive + time.Second)
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t, Config{Limits: wire.Limits{Size: size}})
			start(t, h)
			synctest.Wait()
			begun := time.Now()
			h.gate.end(caller.ErrEnded)
			if took := time.Since(begun); took > lastWords+2*closeTime {
				t.Errorf("%s: the end takes %v", what, took)
			}
			time.Sleep(time.Second) // net/http lingers
			synctest.Wait()
		})
	}
}
