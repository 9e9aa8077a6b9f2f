package bridge

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"drawbridge/bridge/audit"
	"drawbridge/bridge/era"
	"drawbridge/bridge/policy"
	"drawbridge/internal/caller"
	"drawbridge/internal/feed"
	"drawbridge/internal/wire"

	"github.com/google/go-cmp/cmp"
)

// everyone may use everything.
func everyone() context.Context {
	return caller.With(context.Background(), &caller.Caller{Agent: "ann", Grant: "g", Scopes: []caller.Scope{{Server: "*"}}})
}

// echoing is a Backend of one process that answers every request with the same result.
type echoing struct {
	conn, end wire.Conn
	heard     atomic.Int32 // requests
}

func newEchoing(tb testing.TB) *echoing {
	conn, end := wire.Pipe()
	e := &echoing{conn: conn, end: end}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			m, err := end.Read()
			if err != nil {
				return
			}
			if m.Kind() == wire.Request {
				e.heard.Add(1)
				_ = end.Write(wire.Reply(m.ID(), []byte(`{"protocolVersion":"2025-11-25","capabilities":{},"content":[]}`)).Bytes())
			}
		}
	}()
	tb.Cleanup(func() { end.Close(); <-done })
	return e
}

func (e *echoing) Acquire(context.Context, string, Key) (wire.Conn, func(), error) {
	return e.conn, func() {}, nil
}

// TestSnapshotAndEvents plays random calls and compares what a watcher folds with what the bridge shows later.
func TestSnapshotAndEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asks, err := policy.Parse([]byte(`[{"tool":"asked","verdict":"ask"}]`))
		if err != nil {
			t.Fatal(err)
		}
		b := New(Config{Backend: newEchoing(t), Policy: asks, Record: &record{}, Memory: memory{"s": {Era: era.Both}}})
		defer b.Close()
		mine, sub := b.Watch()
		defer sub.Close()
		b.SetServer(ServerConfig{Name: "s", Share: ShareAll})
		for i := range 300 {
			switch rand.IntN(8) {
			case 7:
				if rand.IntN(2) == 0 {
					b.RaiseFor("ben")
				} else {
					b.LowerFor("ben")
				}
			case 6:
				shown, sub := b.Watch()
				sub.Close()
				for id := range shown.Questions {
					_ = b.Answer(id, Answer{Choice: []Choice{DenyCall, AllowOnce}[rand.IntN(2)]})
					break
				}
			case 0:
				b.SetAgents([]Agent{{Name: strconv.Itoa(rand.IntN(3))}})
			case 1:
				b.SetStatus(Server{Name: "s", State: []ServerState{Idle, Running}[rand.IntN(2)], Noise: rand.IntN(3)})
			case 2:
				s, err := b.Open(everyone(), "s", sink{make(chan string, 10), ""})
				if err != nil {
					t.Fatal(err)
				}
				s.Handle(mustParse(t, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}`), sink{make(chan string, 10), ""})
				synctest.Wait()
				if rand.IntN(2) == 0 {
					s.Close()
				}
			default:
				s, err := b.Stateless(everyone(), "s")
				if err != nil {
					t.Fatal(err)
				}
				m := `{"jsonrpc":"2.0","id":` + strconv.Itoa(i) + `,"method":"tools/call","params":{"name":"` + []string{"x", "x", "asked"}[rand.IntN(3)] + `","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}`
				s.Handle(mustParse(t, m), sink{make(chan string, 10), ""})
			}
		}
		synctest.Wait()
		later, end := b.Watch()
		end.Close()
		for more := true; more; {
			select {
			case e := <-sub.Events():
				mine.Apply(e)
			default:
				more = false
			}
		}
		if diff := cmp.Diff(later, mine); diff != "" {
			t.Error(diff)
		}
		if len(later.Calls) < 100 {
			t.Errorf("only %d calls were made", len(later.Calls))
		}
	})
}

func TestACallThatCannotBeRecordedIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &record{fail: errors.New("disk full")}
		b := New(Config{Backend: newEchoing(t), Record: r, Memory: memory{"s": {Era: era.Modern}}})
		defer b.Close()
		b.SetServer(ServerConfig{Name: "s"})
		s, err := b.Stateless(everyone(), "s")
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan string, 1)
		s.Handle(mustParse(t, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}`), sink{got, ""})
		want := `{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"the bridge cannot record this and so refuses it; its owner has been told"}}`
		if g := <-got; g != want {
			t.Errorf("got %s", g)
		}
	})
}

func TestRecordHasBeginningAndEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &record{}
		b := New(Config{Backend: newEchoing(t), Record: r, Memory: memory{"s": {Era: era.Modern}}})
		defer b.Close()
		b.SetServer(ServerConfig{Name: "s"})
		s, _ := b.Stateless(everyone(), "s")
		s.Handle(mustParse(t, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"password":"hunter2"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}`), sink{make(chan string, 1), ""})
		synctest.Wait()
		var kinds []audit.Kind
		for _, e := range r.entries {
			kinds = append(kinds, e.Kind)
			if string(e.Arguments) != "" && string(e.Arguments) != `{"password":"[redacted]"}` {
				t.Errorf("arguments %s", e.Arguments)
			}
		}
		if diff := cmp.Diff([]audit.Kind{audit.SessionBegin, audit.CallBegin, audit.CallEnd}, kinds); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAnotherCallersSessionIsUnknown(t *testing.T) {
	b := New(Config{Backend: newEchoing(t), Record: &record{}, Memory: memory{"s": {Era: era.Legacy}}})
	defer b.Close()
	b.SetServer(ServerConfig{Name: "s"})
	b.SetServer(ServerConfig{Name: "t"})
	s, err := b.Open(everyone(), "s", sink{make(chan string, 1), ""})
	if err != nil {
		t.Fatal(err)
	}
	other := caller.With(context.Background(), &caller.Caller{Agent: "ben", Grant: "h", Scopes: []caller.Scope{{Server: "*"}}})
	for name, look := range map[string]func() error{
		"another caller": func() error { _, err := b.Session(other, "s", s.ID()); return err },
		"another server": func() error { _, err := b.Session(everyone(), "t", s.ID()); return err },
		"nobody":         func() error { _, err := b.Session(context.Background(), "s", s.ID()); return err },
		"a made-up id":   func() error { _, err := b.Session(everyone(), "s", "__proto__"); return err },
	} {
		if look() == nil {
			t.Errorf("%s finds the session", name)
		}
	}
	if _, err := b.Session(everyone(), "s", s.ID()); err != nil {
		t.Error(err)
	}
}

func mustParse(tb testing.TB, text string) wire.Message {
	tb.Helper()
	m, err := wire.Parse([]byte(text), wire.Limits{})
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// reply is a Sink that hands the answer over without a queue.
type reply chan struct{}

func (r reply) Send(_ wire.Message, last bool) bool {
	if last {
		r <- struct{}{}
	}
	return true
}

func BenchmarkCall(b *testing.B) {
	for _, bm := range []struct {
		name            string
		watched, pinned bool
	}{{name: "alone"}, {name: "watched", watched: true}, {name: "pinned", pinned: true}} {
		b.Run(bm.name, func(b *testing.B) {
			config := Config{Backend: newEchoing(b), Record: discard{}, Memory: memory{"s": {Era: era.Modern}}}
			if bm.pinned {
				config.Pins = shelves{}
			}
			br := New(config)
			defer br.Close()
			br.SetServer(ServerConfig{Name: "s"})
			s, err := br.Stateless(everyone(), "s")
			if err != nil {
				b.Fatal(err)
			}
			if bm.watched {
				_, sub := br.Watch()
				go drain(sub)
				defer sub.Close()
			}
			m := mustParse(b, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hello"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}`)
			done := make(reply, 1)
			b.ReportAllocs()
			for b.Loop() {
				s.Handle(m, done)
				<-done
			}
		})
	}
}

func drain(sub *feed.Sub[Event]) {
	for range sub.Events() {
	}
}

// discard records nothing.
type discard struct{}

func (discard) Append(audit.Entry) error { return nil }
