package front

import (
	"strings"
	"testing"

	"drawbridge/internal/wire"
)

func TestBatch(t *testing.T) {
	h := newHouse(t, Config{})
	id := h.session(t, "/mcp", "2025-03-26")
	post := func(body string) answer { return answerOf(t, h.do(t, "POST", "/mcp", body, id)) }

	got := post(`[` + legacy("1", "echo", `"a":1`) + `,{"jsonrpc":"2.0","method":"notifications/x"},` + legacy("2", "fail", `"code":5`) + `]`)
	want := answer{200, `[{"jsonrpc":"2.0","id":1,"result":{"a":1}},{"jsonrpc":"2.0","id":2,"error":{"code":5,"message":"as you wish"}}]`}
	if got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	post(`[{"jsonrpc":"2.0","method":"notifications/x"}]`).check(t, "only notifications", 202, "")
	post(`[]`).check(t, "nothing", 400, "-32600")
	post(`[`+legacy("1", "echo", "")+`,7]`).check(t, "no message", 400, "-32600")
	post(`[`+initialize("2025-03-26")+`]`).check(t, "initialize", 400, "initialize must not")
	post(`[`+legacy("1", "echo", "")).check(t, "no end", 400, "-32700")
	answerOf(t, h.do(t, "POST", "/mcp", `[]`)).check(t, "no session", 400, "Mcp-Session-Id")
	if n := h.island.session("session-1").Out().(*streams).share.taken.Load(); n != 0 {
		t.Errorf("%d bytes are still charged", n)
	}
}

// TestBatchStreams: what comes before the answers goes out at once.
func TestBatchStreams(t *testing.T) {
	h := newHouse(t, Config{})
	id := h.session(t, "/mcp", "2025-03-26")
	resp := h.do(t, "POST", "/mcp", `[`+legacy("1", "note", "")+`,`+legacy("2", "echo", "")+`]`, id)
	events := watching(t, resp)
	events.want(t, event{id: "1/1", name: "message", data: string(progress(1).Bytes())})
	h.island.session("session-1").call(t, "1").result()
	events.want(t, event{id: "1/2", name: "message", data: `[{"jsonrpc":"2.0","id":2,"result":{}},{"jsonrpc":"2.0","id":1,"result":{}}]`})
	events.wantEnd(t)
}

// TestBatchIsBounded: an answer that finds no room beside the others is lost, and said to be; the others are not.
func TestBatchIsBounded(t *testing.T) {
	h := newHouse(t, Config{Limits: wire.Limits{Size: 200 << 10}})
	id := h.session(t, "/mcp", "2025-03-26")
	big := `{"a":"` + strings.Repeat("x", 150<<10) + `"}`
	resp := h.do(t, "POST", "/mcp", `[`+legacy("1", "open", "")+`,`+legacy("2", "open", "")+`,`+legacy("3", "open", "")+`,`+legacy("4", "note", "")+`]`, id)
	events := watching(t, resp)
	_, _ = events.next()
	s := h.island.session("session-1")
	want := "["
	for _, call := range []wire.ID{"1", "2", "3", "4"} {
		c := s.call(t, call)
		answer := wire.Reply(c.m.ID(), []byte(big))
		c.answer(answer)
		if call > "2" {
			want += string(noRoom(answer)) + ","
			continue
		}
		want += string(answer.Bytes()) + ","
	}
	want = strings.TrimSuffix(want, ",") + "]"
	if e, err := events.next(); err != nil || e.data != want {
		t.Errorf("got %d bytes, %v, want %d", len(e.data), err, len(want))
	}
	if n := s.out.(*streams).share.taken.Load(); n != 0 {
		t.Errorf("%d bytes are still charged", n)
	}
}
