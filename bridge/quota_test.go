package bridge

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drawbridge/bridge/era"
)

// limitedHouse is a bridge with quotas whose server answers only when it is told to.
func limitedHouse(t *testing.T, quotas ...Quota) (*Bridge, *host) {
	t.Helper()
	h := newHost(t)
	b := New(Config{Backend: h, Record: discard{}, Memory: memory{"s": {Era: era.Modern}}})
	t.Cleanup(func() { b.Close(); h.close() })
	b.SetServer(ServerConfig{Name: "s"})
	b.SetQuotas(quotas)
	return b, h
}

// passes reports whether a call reached the server; if it did not, what the agent was told.
func passes(t *testing.T, b *Bridge, agent, tool string) (bool, string) {
	t.Helper()
	got := makes(t, b, agent, modernCall(t, 1, tool, `{"text":"hello"}`))
	select {
	case answer := <-got:
		return false, answer
	default:
		return true, ""
	}
}

func TestQuotas(t *testing.T) {
	type step struct {
		wait        time.Duration // before
		agent, tool string
		pass        bool
	}
	for name, tt := range map[string]struct {
		quotas []Quota
		steps  []step
	}{
		"calls a minute": {[]Quota{{Calls: 3}}, []step{
			{0, "ann", "a", true}, {0, "ann", "b", true}, {0, "ann", "a", true}, {0, "ann", "a", false}, {0, "ben", "a", true},
			{19 * time.Second, "ann", "a", false}, {2 * time.Second, "ann", "a", true}, {0, "ann", "a", false}, {time.Minute, "ann", "a", true},
		}},
		"of one agent and tool": {[]Quota{{Agent: "ann", Tool: "write_*", Calls: 1}}, []step{
			{0, "ann", "write_a", true}, {0, "ann", "write_b", false}, {0, "ann", "read", true}, {0, "ben", "write_a", true}, {0, "ben", "write_a", true},
		}},
		"of one server": {[]Quota{{Server: "t*", Calls: 1}}, []step{{0, "ann", "a", true}, {0, "ann", "a", true}}},
		"together":      {[]Quota{{Shared: true, Calls: 2}}, []step{{0, "ann", "a", true}, {0, "ben", "a", true}, {0, "eve", "a", false}}},
		"at once":       {[]Quota{{AtOnce: 2}}, []step{{0, "ann", "a", true}, {0, "ann", "a", true}, {time.Minute, "ann", "a", false}, {0, "ben", "a", true}}},
		"bytes": {[]Quota{{Bytes: 300}}, []step{ // a call has about 200
			{0, "ann", "a", true}, {0, "ann", "a", true}, {0, "ann", "a", false}, {30 * time.Second, "ann", "a", true},
		}},
		"all must have room": {[]Quota{{Calls: 5}, {Tool: "b", Calls: 1}}, []step{
			{0, "ann", "b", true}, {0, "ann", "b", false}, {0, "ann", "b", false}, {0, "ann", "b", false}, {0, "ann", "b", false},
			{0, "ann", "a", true}, {0, "ann", "a", true}, {0, "ann", "a", true}, {0, "ann", "a", true}, {0, "ann", "a", false},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, _ := limitedHouse(t, tt.quotas...)
				for i, s := range tt.steps {
					<-time.After(s.wait)
					pass, told := passes(t, b, s.agent, s.tool)
					if pass != s.pass || !pass && !strings.Contains(told, `"code":-32005`) {
						t.Fatalf("step %d, %s calls %s: passes %v, want %v; %s", i, s.agent, s.tool, pass, s.pass, told)
					}
				}
			})
		})
	}
}

// TestQuotaIsTold: the agent reads what the bound is and when to come back; the record has which quota it was.
func TestQuotaIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &record{}
		b := New(Config{Backend: newEchoing(t), Record: r, Memory: memory{"s": {Era: era.Modern}}})
		t.Cleanup(b.Close)
		b.SetServer(ServerConfig{Name: "s"})
		b.SetQuotas([]Quota{{AtOnce: 9}, {Calls: 2}})
		for range 2 {
			if answer := <-makes(t, b, "ann", modernCall(t, 1, "a", `{}`)); !strings.Contains(answer, "result") {
				t.Fatal(answer)
			}
		}
		answer := <-makes(t, b, "ann", modernCall(t, 1, "a", `{}`))
		if want := `{"jsonrpc":"2.0","id":1,"error":{"code":-32005,"message":"too many calls: the owner allows 2 calls a minute; try again in 30s","data":{"retryAfter":30}}}`; answer != want {
			t.Error(answer)
		}
		if last := r.entries[len(r.entries)-1]; last.Rule != "quota 2: 2 calls a minute" || last.Outcome != string(Denied) {
			t.Errorf("recorded: %+v", last)
		}
		// An edit of another quota forgets nothing of this one; what is in flight has been given back.
		b.SetQuotas([]Quota{{Calls: 2}, {AtOnce: 1}})
		if answer := <-makes(t, b, "ann", modernCall(t, 1, "a", `{}`)); !strings.Contains(answer, "2 calls a minute") {
			t.Error(answer)
		}
		b.SetQuotas(nil)
		if answer := <-makes(t, b, "ann", modernCall(t, 1, "a", `{}`)); !strings.Contains(answer, "result") {
			t.Error(answer)
		}
	})
}

// TestLimitsChangeLive: how many calls a caller may have in flight.
func TestLimitsChangeLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _ := limitedHouse(t)
		b.SetLimits(10, 1)
		if pass, told := passes(t, b, "ann", "a"); !pass {
			t.Fatal(told)
		}
		if pass, _ := passes(t, b, "ann", "a"); pass {
			t.Error("a second call passes")
		}
		b.SetLimits(10, 2)
		if pass, told := passes(t, b, "ann", "a"); !pass {
			t.Error(told)
		}
	})
}

// BenchmarkQuotas is a call with and without quotas that it falls under.
func BenchmarkQuotas(b *testing.B) {
	for name, quotas := range map[string][]Quota{
		"none": nil, "four": {{Calls: 1e9}, {Shared: true, Bytes: 1e15}, {AtOnce: 1000, Tool: "e*"}, {Agent: "other", Calls: 1}},
	} {
		b.Run(name, func(b *testing.B) {
			br := New(Config{Backend: newEchoing(b), Record: discard{}, Memory: memory{"s": {Era: era.Modern}}})
			defer br.Close()
			br.SetServer(ServerConfig{Name: "s"})
			br.SetQuotas(quotas)
			s, err := br.Stateless(everyone(), "s")
			if err != nil {
				b.Fatal(err)
			}
			m, done := modernCall(b, 1, "echo", `{}`), make(reply, 1)
			b.ReportAllocs()
			for b.Loop() {
				s.Handle(m, done)
				<-done
			}
		})
	}
}
