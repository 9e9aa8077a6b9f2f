package bridge

import (
	"strings"
	"testing"
	"testing/synctest"

	"drawbridge/bridge/era"
	"drawbridge/bridge/front"
)

// TestLimitsOfACaller: sessions and calls in flight are bounded for a caller, over all its sessions, and for
// nobody else.
func TestLimitsOfACaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		b := New(Config{Backend: h, Record: discard{}, Memory: memory{"s": {Era: era.Modern}, "t": {Era: era.Modern}}, Limits: Limits{Calls: 2, Sessions: 2}})
		defer func() { b.Close(); h.close() }()
		for _, name := range []string{"s", "t", "u"} {
			b.SetServer(ServerConfig{Name: name})
		}
		ask := func(agent, server string) (front.Call, string) {
			s, err := b.Stateless(named(agent), server)
			if err != nil {
				return nil, err.Error()
			}
			got := make(chan string, 1)
			c := s.Handle(mustParse(t, modernPing), sink{got, "1"})
			synctest.Wait()
			select {
			case answer := <-got:
				return c, answer
			default:
				return c, ""
			}
		}
		first, _ := ask("ann", "s")
		ask("ann", "t")
		if _, a := ask("ann", "s"); !strings.Contains(a, "too many calls") {
			t.Errorf("the third call: %s", a)
		}
		if _, a := ask("ann", "u"); !strings.Contains(a, "2 sessions open already") {
			t.Errorf("the third session: %s", a)
		}
		if _, a := ask("ben", "s"); a != "" {
			t.Errorf("another caller: %s", a)
		}
		first.Cancel()
		if _, a := ask("ann", "t"); a != "" {
			t.Errorf("after one has ended: %s", a)
		}
	})
}

// TestNothingLongIsKept: what an agent or a server says at length is answered or refused, and not kept.
func TestNothingLongIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Config{Backend: newEchoing(t), Record: discard{}, Memory: memory{"s": {Era: era.Both}}})
		defer b.Close()
		b.SetServer(ServerConfig{Name: "s", Share: ShareAll})
		long := strings.Repeat("x", 1<<20)
		s, err := b.Open(named("ann"), "s", sink{make(chan string, 10), ""})
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct{ request, want string }{
			{`"method":"initialize","params":{"x":"` + long + `"}`, "more than a client may say"},
			{`"method":"initialize","params":{}`, `"result"`},
			{`"method":"logging/setLevel","params":{"level":"info","x":"` + long + `"}`, "more than a client may say"},
			{`"method":"resources/subscribe","params":{"uri":"` + long + `"}`, "too long a URI"},
			{`"method":"tools/call","params":{"name":"` + long + `"}`, `"result"`},
			{`"method":"` + long + `"`, "Method not found"},
			{`"method":"tools/call","params":{"name":"x","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"x":"` + long + `"}}}`, "more than a client may say"},
		} {
			got := make(chan string, 1)
			s.Handle(mustParse(t, `{"jsonrpc":"2.0","id":1,`+tt.request+`}`), sink{got, "1"})
			synctest.Wait()
			if answer := <-got; !strings.Contains(answer, tt.want) {
				t.Errorf("%.80s was answered with %.200s", tt.request, answer)
			}
		}
		shown, sub := b.Watch()
		sub.Close()
		for _, c := range shown.Calls {
			if len(c.Name)+len(c.Method) > 2000 {
				t.Errorf("a call is shown with a name of %d bytes", len(c.Name)+len(c.Method))
			}
		}
	})
}
