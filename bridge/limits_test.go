package bridge

import (
	"strings"
	"testing"
	"testing/synctest"

	"drawbridge/bridge/era"
	"drawbridge/bridge/front"
)

// TestLimitsOfACaller: sessions and calls in flight are bounded for a caller, over all its sessions, and for nobody else.
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
