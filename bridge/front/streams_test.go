package front

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drawbridge/internal/wire"
)

const primed = "1000" // the retry of a priming event

func progressEvent(id string, n int) event {
	return event{id: id, name: "message", data: string(progress(n).Bytes())}
}

// dropped posts a request of the method note, reads its first event and loses the connection.
func dropped(t *testing.T, h *house, session, id string) {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	w := watching(t, h.doContext(t, ctx, "POST", "/mcp", legacy(id, "note", ""), session))
	if e, err := w.next(); err != nil || e.retry != primed {
		t.Fatalf("got %+v, %v", e, err)
	}
	if _, err := w.next(); err != nil {
		t.Fatal(err)
	}
	leave()
	synctest.Wait()
}

// TestResume: each stream is resumed exactly where it was lost, with what was said meanwhile.
func TestResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		id := h.session(t, "/mcp", "2025-11-25")
		s := h.island.session("session-1")
		dropped(t, h, id, "1")
		dropped(t, h, id, "2")
		s.call(t, "1").reply.Send(progress(11), false)
		s.call(t, "2").reply.Send(progress(21), false)
		s.Out().Send(progress(99), false)

		time.Sleep(resumeFor - time.Second)
		w := watching(t, h.do(t, "GET", "/mcp", "", id, "Last-Event-ID: 1/1"))
		w.want(t, event{id: "1/1", retry: primed}, event{comment: true}, progressEvent("1/2", 11))
		s.call(t, "1").reply.Send(progress(12), false)
		w.want(t, progressEvent("1/3", 12))
		for range 2 * resumeFor / keepAlive { // it has a connection, so it does not expire
			w.want(t, event{comment: true})
		}
		s.call(t, "1").result()
		w.want(t, event{id: "1/4", name: "message", data: `{"jsonrpc":"2.0","id":1,"result":{}}`})
		w.wantEnd(t)

		// Stream 2 had nobody for longer than resumeFor.
		answerOf(t, h.do(t, "GET", "/mcp", "", id, "Last-Event-ID: 2/1")).check(t, "expired", 405, "-32600")
		if !s.call(t, "2").reply.Send(progress(22), false) {
			t.Error("the call of an expired stream is given up")
		}
		// The answer that got lost after it was written can be had again, but only after what came before it.
		w = watching(t, h.do(t, "GET", "/mcp", "", id, "Last-Event-ID: 1/3"))
		w.want(t, event{id: "1/3", retry: primed}, event{comment: true}, event{id: "1/4", name: "message", data: `{"jsonrpc":"2.0","id":1,"result":{}}`})
		w.wantEnd(t)
		answerOf(t, h.do(t, "GET", "/mcp", "", id, "Last-Event-ID: 1/4")).check(t, "nothing more", 405, "-32600")
		answerOf(t, h.do(t, "GET", "/mcp", "", id, "Last-Event-ID: 1/9")).check(t, "the future", 405, "-32600")
	})
}

// TestResumeFromPriming: the first id gives everything again.
func TestResumeFromPriming(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		id := h.session(t, "/mcp", "2025-11-25")
		dropped(t, h, id, "1")
		h.island.session("session-1").call(t, "1").result()
		w := watching(t, h.do(t, "GET", "/mcp", "", id, "Last-Event-ID: 1/0"))
		w.want(t, event{id: "1/0", retry: primed}, event{comment: true}, progressEvent("1/1", 1), event{id: "1/2", name: "message", data: `{"jsonrpc":"2.0","id":1,"result":{}}`})
		w.wantEnd(t)
	})
}

// TestNoReplayAfterError: a client that has the error comes again all the same, and must not see anything twice.
func TestNoReplayAfterError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		id := h.session(t, "/mcp", "2025-11-25")
		w := watching(t, h.do(t, "POST", "/mcp", legacy("1", "note", ""), id))
		w.want(t, event{id: "1/0", retry: primed}, progressEvent("1/1", 1))
		h.island.session("session-1").call(t, "1").answer((&wire.Error{Code: 5, Message: "no"}).Reply("1"))
		w.want(t, event{id: "1/2", name: "message", data: `{"jsonrpc":"2.0","id":1,"error":{"code":5,"message":"no"}}`})
		w.wantEnd(t)
		for _, last := range []string{"1/0", "1/1", "1/2"} {
			answerOf(t, h.do(t, "GET", "/mcp", "", id, "Last-Event-ID: "+last)).check(t, last, 405, "-32600")
		}

		// An error that was not delivered is.
		dropped(t, h, id, "2")
		h.island.session("session-1").call(t, "2").answer((&wire.Error{Code: 5, Message: "no"}).Reply("2"))
		w = watching(t, h.do(t, "GET", "/mcp", "", id, "Last-Event-ID: 2/1"))
		w.want(t, event{id: "2/1", retry: primed}, event{comment: true}, event{id: "2/2", name: "message", data: `{"jsonrpc":"2.0","id":2,"error":{"code":5,"message":"no"}}`})
		w.wantEnd(t)
		answerOf(t, h.do(t, "GET", "/mcp", "", id, "Last-Event-ID: 2/1")).check(t, "delivered now", 405, "-32600")
	})
}

// TestResumeTakesOver: the later connection has the stream, the earlier ends.
func TestResumeTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		id := h.session(t, "/mcp", "2025-11-25")
		first := watching(t, h.do(t, "POST", "/mcp", legacy("1", "note", ""), id))
		first.want(t, event{id: "1/0", retry: primed}, progressEvent("1/1", 1))
		second := watching(t, h.do(t, "GET", "/mcp", "", id, "Last-Event-ID: 1/0"))
		first.wantEnd(t)
		second.want(t, event{id: "1/0", retry: primed}, event{comment: true}, progressEvent("1/1", 1))
		h.island.session("session-1").call(t, "1").result()
		second.want(t, event{id: "1/2", name: "message", data: `{"jsonrpc":"2.0","id":1,"result":{}}`})
		second.wantEnd(t)
	})
}

// TestLateLoss: a connection that is found to be lost after another took its stream over takes nothing from that.
func TestLateLoss(t *testing.T) {
	s := newStreams(newMemory(0, 1<<20))
	q := newKeeper(&s.share)
	first := (<-chan struct{})(q.wake)
	n := s.begin(q)
	second, _ := q.resume(0)
	s.hold(n)
	for _, saw := range []sight{gone, arrived, behind, ended} {
		s.settle(n, first, item{}, saw)
	}
	if s.find(n) != q || len(s.left) != 0 {
		t.Error("the stream expires, or is gone, while it has a connection")
	}
	s.settle(n, second, item{}, behind)
	if s.find(n) != nil {
		t.Error("the stream of a slow reader is kept")
	}
}

// TestStandalone: what belongs to no request waits for a GET, the newer GET takes over, and a lost one is resumed.
func TestStandalone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		id := h.session(t, "/mcp", "2025-06-18")
		out := h.island.session("session-1").Out()
		out.Send(progress(1), false)
		first := watching(t, h.do(t, "GET", "/mcp", "", id))
		first.want(t, event{comment: true}, progressEvent("0/1", 1))
		out.Send(progress(2), false)
		first.want(t, progressEvent("0/2", 2))

		second := watching(t, h.do(t, "GET", "/mcp", "", id))
		first.wantEnd(t)
		out.Send(progress(3), false)
		second.want(t, event{comment: true}, progressEvent("0/3", 3))

		third := watching(t, h.do(t, "GET", "/mcp", "", id, "Last-Event-ID: 0/1"))
		second.wantEnd(t)
		third.want(t, event{comment: true}, progressEvent("0/2", 2), progressEvent("0/3", 3))
		_ = h.do(t, "DELETE", "/mcp", "", id)
		third.wantEnd(t)
	})
}

// TestStandaloneIsBounded: without a reader only so much waits; what there is room for is delivered.
func TestStandaloneIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		id := h.session(t, "/mcp", "2025-06-18")
		out := h.island.session("session-1").Out()
		sent := 0
		for out.Send(progress(sent), false) {
			sent++
		}
		if sent != queueMost {
			t.Errorf("%d messages wait", sent)
		}
		w := watching(t, h.do(t, "GET", "/mcp", "", id))
		w.want(t, event{comment: true})
		for range sent {
			if e, err := w.next(); err != nil || e.data == "" {
				t.Fatalf("got %+v, %v", e, err)
			}
		}
		if !out.Send(progress(0), false) {
			t.Error("the stream takes no more after its reader came")
		}
	})
}

// TestStandaloneSlowReader: who does not keep up with the stream of GET loses the connection, not the session.
func TestStandaloneSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		id := h.session(t, "/mcp", "2025-06-18")
		out := h.island.session("session-1").Out()
		w := watching(t, h.do(t, "GET", "/mcp", "", id))
		w.want(t, event{comment: true})
		for n := 0; out.Send(note(strings.Repeat("x", 10_000)), false); n++ {
			if n > 100*queueMost {
				t.Fatal("the queue has no bound")
			}
		}
		synctest.Wait()
		for err := error(nil); err != io.ErrUnexpectedEOF; _, err = w.next() {
			if err != nil {
				t.Fatalf("the stream ends with %v", err)
			}
		}
		w = watching(t, h.do(t, "GET", "/mcp", "", id))
		w.want(t, event{comment: true})
		if !out.Send(progress(1), false) {
			t.Error("the next connection gets nothing")
		}
	})
}

// TestResumeTwice: a resumed stream that is lost again can be resumed again.
func TestResumeTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		id := h.session(t, "/mcp", "2025-11-25")
		dropped(t, h, id, "1")
		for n := range 3 {
			ctx, leave := context.WithCancel(t.Context())
			w := watching(t, h.doContext(t, ctx, "GET", "/mcp", "", id, "Last-Event-ID: 1/0"))
			w.want(t, event{id: "1/0", retry: primed}, event{comment: true}, progressEvent("1/1", 1))
			if n < 2 {
				leave()
				synctest.Wait()
				continue
			}
			h.island.session("session-1").call(t, "1").result()
			w.want(t, event{id: "1/2", name: "message", data: `{"jsonrpc":"2.0","id":1,"result":{}}`})
			leave()
		}
	})
}

// TestManyLostStreams: a session keeps resumeMost of them and forgets the oldest.
func TestManyLostStreams(t *testing.T) {
	m := newMemory(0, 1<<20)
	s := newStreams(m)
	for range 2 * resumeMost {
		q := newKeeper(&s.share)
		n := s.begin(q)
		q.Send(note(strings.Repeat("x", 1000)), false)
		s.settle(n, q.wake, item{}, gone)
	}
	if len(s.open) != resumeMost || len(s.left) != resumeMost || s.find(1) != nil || s.find(2*resumeMost) == nil {
		t.Errorf("%d streams are kept, %d wait", len(s.open), len(s.left))
	}
	if most := int64(resumeMost * 1100); m.taken.Load() > most {
		t.Errorf("%d bytes are charged, more than %d", m.taken.Load(), most)
	}
	s.hold(2 * resumeMost)
	s.close()
	if n := m.taken.Load(); n != 0 {
		t.Errorf("%d bytes are still charged", n)
	}
}

// TestNothingIsKeptForPlainAnswers: the memory is given back with each answer.
func TestNothingIsKeptForPlainAnswers(t *testing.T) {
	c := Config{}
	h := newHouse(t, c)
	id := h.session(t, "/mcp", "2025-11-25")
	st := h.island.session("session-1").Out().(*streams)
	for range 10 {
		answerOf(t, h.do(t, "POST", "/mcp", legacy("1", "echo", `"a":1`), id)).check(t, "echo", 200, "result")
	}
	if n := st.share.of.taken.Load(); n != 0 || len(st.open) != 0 {
		t.Errorf("%d bytes are charged, %d streams open", n, len(st.open))
	}
}

// TestEndedSessionsGiveBack: what a session had queued when it ended is not charged for ever.
func TestEndedSessionsGiveBack(t *testing.T) {
	c := Config{}
	h := newHouse(t, c)
	var m *memory
	for range 300 {
		id := h.session(t, "/mcp", "2025-11-25")
		s := h.island.session(strings.TrimPrefix(id, "Mcp-Session-Id: "))
		m = s.Out().(*streams).share.of
		s.Out().Send(note(strings.Repeat("x", 10_000)), false)
		s.Close()
	}
	if n := m.taken.Load(); n > 64*11_000 {
		t.Errorf("%d bytes of ended sessions are charged", n)
	}
	before := m.taken.Load()
	id := h.session(t, "/mcp", "2025-11-25")
	h.island.session("session-301").Out().Send(note(strings.Repeat("x", 10_000)), false)
	answerOf(t, h.do(t, "DELETE", "/mcp", "", id)).check(t, "DELETE", 204, "")
	if n := m.taken.Load(); n != before {
		t.Errorf("%d bytes of a deleted session are charged", n-before)
	}
}

// TestAttended: a session is attended while a connection waits for its messages.
func TestAttended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		id := h.session(t, "/mcp", "2025-06-18")
		out := h.island.session("session-1").Out().(Attended)
		if out.Attended() {
			t.Error("attended before anybody listens")
		}
		for _, do := range []func(context.Context){
			func(ctx context.Context) { _ = h.doContext(t, ctx, "GET", "/mcp", "", id) },
			func(ctx context.Context) { _ = h.doContext(t, ctx, "POST", "/mcp", legacy("1", "note", ""), id) },
		} {
			ctx, leave := context.WithCancel(t.Context())
			do(ctx)
			if !out.Attended() {
				t.Error("not attended while a connection listens")
			}
			leave()
			synctest.Wait()
			if out.Attended() {
				t.Error("attended after the connection was lost")
			}
		}
		_, _ = opened(t, t.Context(), h, "/sse")
		_ = h.connect(t, "/ws")
		for _, name := range []string{"session-2", "session-3"} {
			if !h.island.session(name).Out().(Attended).Attended() {
				t.Errorf("%s, which lives with its connection, is not attended", name)
			}
		}
	})
}
