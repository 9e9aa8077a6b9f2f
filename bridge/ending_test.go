package bridge

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drawbridge/bridge/audit"
	"drawbridge/bridge/era"
	"drawbridge/internal/caller"
	"drawbridge/internal/wire"

	"github.com/google/go-cmp/cmp"
)

// What the owner ends while something is just beginning.

// backend is a Backend that is one function.
type backend func(ctx context.Context, server string, k Key) (wire.Conn, func(), error)

func (f backend) Acquire(ctx context.Context, server string, k Key) (wire.Conn, func(), error) {
	return f(ctx, server, k)
}

// recorder is a Record that is one function.
type recorder func(audit.Entry)

func (f recorder) Append(e audit.Entry) error { f(e); return nil }

// named is the context of a request of that agent, who may use everything.
func named(agent string) context.Context {
	return caller.With(context.Background(), &caller.Caller{Agent: agent, Grant: "grant of " + agent, Scopes: []caller.Scope{{Server: "*"}}})
}

const modernPing = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}`

// TestRaisedDuringAdmission: the owner raises the bridge while a call is being recorded. Nothing of it goes to
// the server, it has one answer, and it is not shown as running for ever.
func TestRaisedDuringAdmission(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		echo := newEchoing(t)
		var b *Bridge
		var kinds []audit.Kind
		b = New(Config{Backend: echo, Memory: memory{"s": {Era: era.Modern}}, Record: recorder(func(e audit.Entry) {
			if e.Call == 0 {
				return
			}
			kinds = append(kinds, e.Kind)
			if e.Kind == audit.CallBegin && e.Call == 2 {
				b.Raise()
			}
		})})
		defer b.Close()
		b.SetServer(ServerConfig{Name: "s"})
		s, err := b.Stateless(named("ann"), "s")
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan string, 10)
		s.Handle(mustParse(t, modernPing), sink{got, "1"}) // so that the process is up
		synctest.Wait()
		<-got
		s.Handle(mustParse(t, modernPing), sink{got, "1"})
		synctest.Wait()
		if n := len(got); n != 1 {
			t.Fatalf("%d answers", n)
		}
		if a := <-got; !strings.Contains(a, errRaised.Error()) {
			t.Errorf("answered %s", a)
		}
		if n := echo.heard.Load(); n != 1 {
			t.Errorf("the server got %d messages", n)
		}
		shown, sub := b.Watch()
		sub.Close()
		for _, c := range shown.Calls {
			if !c.Ended {
				t.Errorf("call %d is shown as running", c.ID)
			}
		}
		want := []audit.Kind{audit.CallBegin, audit.CallEnd, audit.CallBegin, audit.CallEnd}
		if diff := cmp.Diff(want, kinds); diff != "" {
			t.Error(diff)
		}
	})
}

// late is a Backend that takes a second to start a process, whatever becomes of who asked. It sends the
// processes' ends.
func late(ends chan<- wire.Conn) backend {
	return func(context.Context, string, Key) (wire.Conn, func(), error) {
		<-time.After(time.Second)
		conn, end := wire.Pipe()
		ends <- end
		return conn, func() {}, nil
	}
}

// TestEndedWhileAProcessStarts: when Close, Disconnect or RemoveServer has returned, no process of the
// agent's is left that was on its way up. Raise leaves processes to those who come back.
func TestEndedWhileAProcessStarts(t *testing.T) {
	for name, end := range map[string]func(*Bridge){
		"close":      (*Bridge).Close,
		"disconnect": func(b *Bridge) { b.Disconnect("ann") },
		"raise":      (*Bridge).Raise,
		"remove":     func(b *Bridge) { b.RemoveServer("s") },
	} {
		for spoken, e := range map[string]era.Era{"legacy": era.Legacy, "modern": era.Modern} {
			t.Run(name+" "+spoken, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ends := make(chan wire.Conn, 10)
					b := New(Config{Backend: late(ends), Record: discard{}, Memory: memory{"s": {Era: e}}})
					defer b.Close()
					b.SetServer(ServerConfig{Name: "s", Share: ShareAgent})
					got := make(chan string, 10)
					s, err := b.Open(named("ann"), "s", sink{got, ""})
					if err != nil {
						t.Fatal(err)
					}
					s.Handle(mustParse(t, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}`), sink{got, "1"})
					st, err := b.Stateless(named("ann"), "s")
					if err != nil {
						t.Fatal(err)
					}
					st.Handle(mustParse(t, modernPing), sink{got, "1"})
					synctest.Wait()
					end(b)
					for range len(ends) {
						if err := (<-ends).Write([]byte(`{"jsonrpc":"2.0","id":1,"method":"ping"}`)); err == nil && name != "raise" {
							t.Error("a process is left")
						}
					}
					synctest.Wait()
					if len(got) != 2 {
						t.Errorf("%d answers", len(got))
					}
				})
			})
		}
	}
}

// TestDisconnectEndsIdleProcesses: a process that serves one agent alone ends with that agent, also when
// nothing uses it.
func TestDisconnectEndsIdleProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		b := New(Config{Backend: h, Record: discard{}, Memory: memory{"s": {Era: era.Modern}}})
		defer func() { b.Close(); h.close() }()
		b.SetServer(ServerConfig{Name: "s", Share: ShareAgent})
		for _, who := range []string{"ann", "ben"} {
			s, err := b.Stateless(named(who), "s")
			if err != nil {
				t.Fatal(err)
			}
			s.Handle(mustParse(t, modernPing), sink{make(chan string, 1), "1"})
			synctest.Wait()
			s.Close()
		}
		b.Disconnect("ann")
		synctest.Wait()
		for i, want := range []bool{true, false} {
			select {
			case <-h.all["s"][i].done:
				if !want {
					t.Error("another agent's process was ended")
				}
			default:
				if want {
					t.Error("a process of the agent is left")
				}
			}
		}
	})
}

// TestTheFirstLeaves: who opens a shared process may leave before it is open; it opens for the others.
func TestTheFirstLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		b := New(Config{Backend: h, Record: discard{}, Memory: memory{"s": {Era: era.Legacy}}})
		defer func() { b.Close(); h.close() }()
		b.SetServer(ServerConfig{Name: "s", Share: ShareAll})
		got := make(chan string, 10)
		var ss []interface{ Close() }
		for _, who := range []string{"ann", "ben"} {
			s, err := b.Open(named(who), "s", sink{make(chan string, 1), ""})
			if err != nil {
				t.Fatal(err)
			}
			s.Handle(mustParse(t, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}`), sink{got, "1"})
			synctest.Wait()
			ss = append(ss, s)
		}
		ss[0].Close()
		synctest.Wait()
		if a := <-got; !strings.Contains(a, errClosed.Error()) {
			t.Error(a)
		}
		p := h.all["s"][0]
		if err := p.end.Write([]byte(`{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{}}}`)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if a := <-got; !strings.Contains(a, `"result"`) {
			t.Error(a)
		}
	})
}

// TestOpenAfterDisconnect: a request that passed the gate before its grant ended opens nothing after Disconnect.
func TestOpenAfterDisconnect(t *testing.T) {
	b := New(Config{Backend: newEchoing(t), Record: discard{}, Memory: memory{}})
	defer b.Close()
	b.SetServer(ServerConfig{Name: "s"})
	ctx, end := context.WithCancelCause(named("ann"))
	end(caller.ErrEnded)
	b.Disconnect("ann")
	if _, err := b.Open(ctx, "s", sink{}); !errors.Is(err, caller.ErrEnded) {
		t.Errorf("Open: %v", err)
	}
	if _, err := b.Stateless(ctx, "s"); !errors.Is(err, caller.ErrEnded) {
		t.Errorf("Stateless: %v", err)
	}
}

// TestNarrowedGrant: what a caller may do is what its grant says now, in sessions that were open before, too.
func TestNarrowedGrant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Config{Backend: newEchoing(t), Record: discard{}, Memory: memory{"s": {Era: era.Both}}})
		defer b.Close()
		b.SetServer(ServerConfig{Name: "s", Share: ShareAll})
		wide, narrow := &caller.Caller{Agent: "ann", Grant: "g", Scopes: []caller.Scope{{Server: "s"}}}, &caller.Caller{Agent: "ann", Grant: "g", Scopes: []caller.Scope{{Server: "s", Tools: []string{"y"}}}}
		ask := func(who *caller.Caller) string {
			s, err := b.Stateless(caller.With(context.Background(), who), "s")
			if err != nil {
				t.Fatal(err)
			}
			got := make(chan string, 1)
			s.Handle(mustParse(t, modernPing), sink{got, "1"})
			return <-got
		}
		if a := ask(wide); !strings.Contains(a, `"result"`) {
			t.Error(a)
		}
		if a := ask(narrow); !strings.Contains(a, "Unknown tool") {
			t.Error(a)
		}
	})
}

// TestJoinedEndFirst: what ends sessions in their order ends a joined one before its members, without which it would answer with less.
func TestJoinedEndFirst(t *testing.T) {
	b := &Bridge{sessions: map[opened]struct{}{&joined{}: {}}}
	for range 20 {
		b.sessions[&session{}] = struct{}{}
	}
	all := b.everySession()
	if _, first := all[0].(*joined); !first || len(all) != 21 {
		t.Errorf("%d sessions, and the first is a %T", len(all), all[0])
	}
}
