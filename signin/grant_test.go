package signin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"drawbridge/internal/caller"
)

// register is a Verifier whose grants can end; tokens are the grants' names.
type register struct {
	mu    sync.Mutex // guards the fields below
	ends  map[string]time.Time
	hook  func() // runs in Verify, after the answer is known
	calls int
}

func (v *register) Verify(token string) (*caller.Caller, time.Time, error) {
	v.mu.Lock()
	ends, ok := v.ends[token]
	hook := v.hook
	v.calls++
	v.mu.Unlock()
	if hook != nil {
		hook()
	}
	if !ok || !ends.IsZero() && !time.Now().Before(ends) {
		return nil, time.Time{}, errors.New("no")
	}
	return &caller.Caller{Agent: token, Grant: token}, ends, nil
}

func (v *register) set(token string, ends time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ends[token] = ends
}

func (v *register) revoke(token string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.ends, token)
}

func newRegister(tokens ...string) *register {
	v := &register{ends: map[string]time.Time{}}
	for _, t := range tokens {
		v.ends[t] = time.Time{}
	}
	return v
}

func call(g *Gate, token string) int {
	w := httptest.NewRecorder()
	g.ServeHTTP(w, request("POST /mcp", bearer+token))
	return w.Code
}

// TestAfterEndNothingRunsAndNothingStarts hammers the gate while grants are revoked.
func TestAfterEndNothingRunsAndNothingStarts(t *testing.T) {
	const grants, agents, rounds = 2, 3, 30
	v := newRegister()
	var running, ended [grants]atomic.Int64
	g := New(Config{Verifier: v, Next: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := int(caller.From(r.Context()).Agent[0] - '0')
		running[n].Add(1)
		defer running[n].Add(-1)
		if ended[n].Load() != 0 {
			t.Error("a request started after End returned")
		}
		if r.Header.Get("X-Long") != "" {
			<-r.Context().Done()
			if cause := context.Cause(r.Context()); cause != ErrRevoked || !errors.Is(cause, caller.ErrEnded) {
				t.Errorf("cancelled because of %v", cause)
			}
		}
	})})
	var admitted atomic.Int64
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for i := range grants * agents {
		token := fmt.Sprint(i % grants)
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				r := request("POST /mcp", bearer+token)
				if i < grants {
					r.Header.Set("X-Long", "1")
				}
				w := httptest.NewRecorder()
				g.ServeHTTP(w, r)
				if w.Code == 200 {
					admitted.Add(1)
				}
			}
		})
	}
	for i := range rounds {
		n := i % grants
		token := fmt.Sprint(n)
		ended[n].Store(0)
		v.set(token, time.Time{})
		for want := admitted.Load() + 20; admitted.Load() < want; {
			call(g, token)
		}
		v.revoke(token)
		g.End(token)
		ended[n].Store(1)
		if left := running[n].Load(); left != 0 {
			t.Errorf("%d handlers run after End returned", left)
		}
	}
	v.revoke("0")
	v.revoke("1")
	g.End("0")
	g.End("1")
	close(stop)
	wg.Wait()
	if len(g.grants.live) != 0 {
		t.Errorf("%d grants are remembered after their end", len(g.grants.live))
	}
}

// TestRevokedBetweenVerifyAndEntry is the race in slow motion.
func TestRevokedBetweenVerifyAndEntry(t *testing.T) {
	v := newRegister("a")
	g := New(Config{Verifier: v, Next: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was let in") })})
	v.hook = func() {
		v.mu.Lock()
		v.hook = nil
		v.mu.Unlock()
		v.revoke("a")
		g.End("a")
	}
	if status := call(g, "a"); status != 401 || v.calls != 2 {
		t.Errorf("status %d after %d calls of Verify", status, v.calls)
	}
}

func TestEndDisconnectsOneGrantOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		causes := map[string]error{}
		var mu sync.Mutex // guards causes
		g := New(Config{Verifier: newRegister("a", "b"), Next: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			time.Sleep(time.Second) // a handler takes its time
			mu.Lock()
			defer mu.Unlock()
			causes[caller.From(r.Context()).Agent] = context.Cause(r.Context())
		})})
		var wg sync.WaitGroup
		wg.Go(func() { call(g, "a") })
		wg.Go(func() { call(g, "b") })
		synctest.Wait()
		start := time.Now()
		wg.Go(func() { g.End("a") }) // two at once wait for the same
		g.End("a")
		if took := time.Since(start); took != time.Second {
			t.Errorf("End returned after %v", took)
		}
		mu.Lock()
		if len(causes) != 1 || causes["a"] != ErrRevoked {
			t.Errorf("ended: %v", causes)
		}
		mu.Unlock()
		g.End("nobody")
		wg.Go(func() { call(g, "a") }) // it was a disconnection only
		synctest.Wait()
		g.End("a")
		g.End("b")
		wg.Wait()
	})
}

// hold makes a request that lasts until it is cancelled, and tells when and why that was.
func hold(wg *sync.WaitGroup, g *Gate, token string) *held {
	h := &held{}
	wg.Go(func() {
		call(g, token)
		h.ended, h.over = time.Now(), true
	})
	return h
}

type held struct {
	ended time.Time
	over  bool
}

func TestExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		at := func(d time.Duration) time.Time { return start.Add(d) }
		v := newRegister("never")
		g := New(Config{Verifier: v, Next: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if caller.From(r.Context()).Agent == "short" {
				return
			}
			<-r.Context().Done()
			want := ErrExpired
			if caller.From(r.Context()).Agent == "never" {
				want = ErrRevoked
			}
			if cause := context.Cause(r.Context()); cause != want {
				t.Errorf("cancelled because of %v, want %v", cause, want)
			}
		})})
		var wg sync.WaitGroup
		defer wg.Wait()
		v.set("plain", at(90*time.Minute))
		v.set("refreshed", at(time.Hour))
		v.set("older", at(3*time.Hour))
		v.set("shortened", at(3*time.Hour))
		v.set("bounded", time.Time{})
		v.set("unbounded", at(time.Hour))
		v.set("short", at(30*time.Hour))
		plain, plain2, never := hold(&wg, g, "plain"), hold(&wg, g, "plain"), hold(&wg, g, "never")
		refreshed, older, shortened := hold(&wg, g, "refreshed"), hold(&wg, g, "older"), hold(&wg, g, "shortened")
		bounded, unbounded := hold(&wg, g, "bounded"), hold(&wg, g, "unbounded")
		call(g, "short")
		synctest.Wait()

		time.Sleep(30 * time.Minute)
		v.set("refreshed", at(4*time.Hour)) // the same grant with another token
		refreshed2 := hold(&wg, g, "refreshed")
		v.set("older", at(2*time.Hour)) // another token of the grant, that ends before it
		older2 := hold(&wg, g, "older")
		synctest.Wait()
		g.Move("shortened", at(2*time.Hour))
		g.Move("bounded", at(2*time.Hour))
		g.Move("unbounded", time.Time{})
		g.Move("nobody", at(2*time.Hour))

		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if never.over || unbounded.over {
			t.Error("what never ends has ended")
		}
		g.Move("unbounded", at(25*time.Hour))
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		for i, c := range []struct {
			h    *held
			want time.Duration
		}{
			{plain, 90 * time.Minute}, {plain2, 90 * time.Minute}, {refreshed, 4 * time.Hour}, {refreshed2, 4 * time.Hour},
			{older, 3 * time.Hour}, {older2, 3 * time.Hour}, {shortened, 2 * time.Hour}, {bounded, 2 * time.Hour}, {unbounded, 25 * time.Hour},
		} {
			if !c.h.over || !c.h.ended.Equal(at(c.want)) {
				t.Errorf("%d: over %v at %v, want %v", i, c.h.over, c.h.ended.Sub(start), c.want)
			}
		}
		if n := len(g.grants.live); n != 1 {
			t.Errorf("%d grants are remembered, want the one that lives", n)
		}
		v.revoke("never")
		g.Move("never", time.Now())
		synctest.Wait()
		if !never.over || len(g.grants.live) != 0 {
			t.Errorf("Move to now: over %v, %d grants", never.over, len(g.grants.live))
		}
	})
}

// TestEndDoesNotWaitForASilentPeer has handlers that are stuck in the connection, not in their context.
func TestEndDoesNotWaitForASilentPeer(t *testing.T) {
	for name, stuck := range map[string]http.HandlerFunc{
		"reading": func(w http.ResponseWriter, r *http.Request) { io.ReadAll(r.Body) },
		"writing": func(w http.ResponseWriter, r *http.Request) {
			for chunk := make([]byte, 1<<20); ; {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := New(Config{Verifier: newRegister("a"), Next: stuck})
				l := &oneConn{conns: make(chan net.Conn, 1)}
				here, there := net.Pipe()
				l.conns <- there
				s := &http.Server{Handler: g}
				var wg sync.WaitGroup
				wg.Go(func() { s.Serve(l) })
				if _, err := io.WriteString(here, "POST /mcp HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nContent-Length: 9\r\n\r\n"); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				start := time.Now()
				g.End("a")
				if took := time.Since(start); took != lastWords {
					t.Errorf("End took %v", took)
				}
				here.Close()
				s.Close()
				wg.Wait()
			})
		})
	}
}

// oneConn is a net.Listener without a port.
type oneConn struct {
	conns chan net.Conn // holds the one connection; closed by Close
	once  sync.Once
}

func (l *oneConn) Accept() (net.Conn, error) {
	if c, ok := <-l.conns; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (l *oneConn) Close() error   { l.once.Do(func() { close(l.conns) }); return nil }
func (l *oneConn) Addr() net.Addr { return &net.TCPAddr{} }
