package demo

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drawbridge/internal/wire"
)

// TestSubscriptionEnds: with an answer when the server ends it, without one when the client does.
func TestSubscriptionEnds(t *testing.T) {
	const (
		listen = `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{},"_meta":` + meta + "}}\n"
		cancel = `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}` + "\n"
	)
	for input, answers := range map[string]int{listen: 1, listen + cancel: 0} {
		var out sink
		if err := Serve(Lines(io.NopCloser(strings.NewReader(input)), &out), "test"); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(out.String(), `"result"`); n != answers {
			t.Errorf("%d answers, want %d:\n%s", n, answers, out.String())
		}
	}
}

// TestStateExpires: a question answered too late is not believed.
func TestStateExpires(t *testing.T) {
	for _, late := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			r := request{server: &server{key: []byte("key")}}
			state := r.sign(time.Now().Add(stateFor))
			if late {
				<-time.After(stateFor)
			}
			if r.signed(state) == late {
				t.Errorf("late %v: signed is %v", late, !late)
			}
		})
	}
	r := request{server: &server{key: []byte("key")}}
	for _, bad := range []string{"", "x", "!!!", strings.Repeat("A", 54)} {
		if r.signed(bad) {
			t.Errorf("signed(%q)", bad)
		}
	}
}

func TestRequestsAreBounded(t *testing.T) {
	c := serve(t)
	send(t, c, `{"jsonrpc":"2.0","id":"i","method":"initialize","params":{"protocolVersion":"none","capabilities":{}}}`)
	if m := next(t, c); string(wire.Get(m.Result(), "protocolVersion")) != `"2025-11-25"` {
		t.Fatalf("an unknown revision: %s", m.Bytes())
	}
	send(t, c, `{"jsonrpc":"2.0","id":0,"method":"logging/setLevel","params":{"level":"emergency"}}`)
	next(t, c)
	for i := range requestsMost {
		send(t, c, fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"slow","arguments":{"seconds":60}}}`, i))
	}
	send(t, c, `{"jsonrpc":"2.0","id":"more","method":"ping"}`)
	if m := next(t, c); m.ID() != `"more"` || m.Kind() != wire.Failure {
		t.Errorf("one more: %s", m.Bytes())
	}
	send(t, c, `{"jsonrpc":"2.0","id":7,"method":"ping"}`)
	if m := next(t, c); m.ID() != "7" || m.ErrorCode() != wire.InvalidRequest {
		t.Errorf("an id in use: %s", m.Bytes())
	}
}

func TestNotesAreBounded(t *testing.T) {
	s := &server{notes: map[string]string{}}
	if err := s.writeNote("big", strings.Repeat("x", noteMost+1)); err == nil {
		t.Error("a note that is too long")
	}
	for i := range notesMost {
		if err := s.writeNote(fmt.Sprint(i), ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.writeNote("one more", ""); err == nil {
		t.Error("one note too many")
	}
	if err := s.writeNote("7", "changed"); err != nil {
		t.Error(err)
	}
}

func send(t *testing.T, c wire.Conn, m string) {
	t.Helper()
	if err := c.Write([]byte(m)); err != nil {
		t.Fatal(err)
	}
}

func next(t *testing.T, c wire.Conn) wire.Message {
	t.Helper()
	m, err := c.Read()
	if err != nil {
		t.Fatal(err)
	}
	return m
}
