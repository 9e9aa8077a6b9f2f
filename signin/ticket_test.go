package signin

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"drawbridge/internal/caller"
)

// buy returns a ticket for whoever has token.
func buy(t *testing.T, g *Gate, token string) string {
	t.Helper()
	w := httptest.NewRecorder()
	g.ServeHTTP(w, request("POST /ws-ticket", bearer+token))
	var got struct {
		Ticket  string `json:"ticket"`
		Expires int    `json:"expires_in"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 || got.Ticket == "" || got.Expires != 30 {
		t.Fatalf("ticket: %d %s", w.Code, w.Body)
	}
	if w.Header().Get("Cache-Control") != "no-store" {
		t.Error("a ticket may be kept in caches")
	}
	return got.Ticket
}

// enter connects a WebSocket with a ticket, and returns the status.
func enter(g *Gate, path, ticket string, headers ...string) int {
	w := httptest.NewRecorder()
	g.ServeHTTP(w, request("GET "+path+"?a=1&ticket="+ticket, headers...))
	return w.Code
}

func TestTickets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var who *caller.Caller
		v := newRegister("a")
		g := New(Config{Verifier: v, Next: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			who = caller.From(r.Context())
			if q := r.URL.RawQuery; q != "a=1" || r.RequestURI != r.URL.RequestURI() {
				t.Errorf("what is behind the gate sees %q, %q", q, r.RequestURI)
			}
		})})
		first := buy(t, g, "a")
		if code := enter(g, "/ws", first); code != 401 {
			t.Errorf("a ticket without an upgrade: %d", code)
		}
		if code := enter(g, "/ws", first, upgrade); code != 200 || who == nil || who.Agent != "a" {
			t.Errorf("the first use: %d, %+v", code, who)
		}
		if code := enter(g, "/ws", first, upgrade); code != 401 {
			t.Errorf("the second use: %d", code)
		}
		late := buy(t, g, "a")
		time.Sleep(ticketLife)
		if code := enter(g, "/ws", late, upgrade); code != 401 {
			t.Errorf("after its time: %d", code)
		}
		orphan := buy(t, g, "a")
		v.revoke("a")
		g.End("a")
		if code := enter(g, "/ws", orphan, upgrade); code != 401 {
			t.Errorf("after the revocation: %d", code)
		}
		if code := enter(g, "/ws", "nonsense", upgrade); code != 401 {
			t.Errorf("nonsense: %d", code)
		}
		if w := httptest.NewRecorder(); true {
			g.ServeHTTP(w, request("POST /ws-ticket"))
			if w.Code != 401 {
				t.Errorf("a ticket for nobody: %d", w.Code)
			}
		}
	})
}

func TestTicketsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Config{Verifier: newRegister("a", "b")})
		for range maxTicketsOfGrant {
			buy(t, g, "a")
		}
		w := httptest.NewRecorder()
		g.ServeHTTP(w, request("POST /ws-ticket", bearer+"a"))
		if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
			t.Errorf("one too many: %d", w.Code)
		}
		buy(t, g, "b")
		time.Sleep(ticketLife)
		buy(t, g, "a")
		if n := len(g.tickets.sold); n != 1 {
			t.Errorf("%d tickets are remembered", n)
		}
		w = httptest.NewRecorder()
		g.ServeHTTP(w, request("GET /ws-ticket", bearer+"a"))
		if w.Code != http.StatusMethodNotAllowed {
			t.Errorf("GET: %d", w.Code)
		}
	})
}

// TestAudiences: a token for one server is good at that server alone.
func TestAudiences(t *testing.T) {
	paths := []string{"/mcp", "/sse", "/ws", "/message", "/files/mcp", "/files/sse", "/files/ws", "/files/message", "/notes/mcp", "/filesx/mcp"}
	for audience, good := range map[string]map[string]bool{
		"files": {"/files/mcp": true, "/files/sse": true, "/files/ws": true, "/files/message": true},
		"*":     {"/mcp": true, "/sse": true, "/ws": true, "/message": true},
		"mcp":   {},
		"":      nil, // all
	} {
		g := New(Config{
			Verifier: book{canary: {who: &caller.Caller{Agent: "a", Grant: "g", Audience: audience}}},
			Next:     http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}),
		})
		for _, path := range paths {
			w := httptest.NewRecorder()
			g.ServeHTTP(w, request("POST "+path, bearer+canary))
			want := 401
			if good == nil || good[path] {
				want = 200
			}
			if w.Code != want {
				t.Errorf("a token for %q at %s: %d, want %d", audience, path, w.Code, want)
			}
		}
	}
}

// TestWarnings: who listens hears of the end a minute before, and again when that has moved.
func TestWarnings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		v := newRegister()
		v.set("a", start.Add(10*time.Minute))
		var heard []time.Duration // when, from the start
		g := New(Config{Verifier: v, Next: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			for {
				select {
				case at := <-caller.Warned(r.Context()):
					if left := time.Until(at); left > warnBefore || left <= 0 {
						t.Errorf("warned %v before the end", left)
					}
					heard = append(heard, time.Since(start))
				case <-r.Context().Done():
					return
				}
			}
		})})
		done := make(chan int)
		go func() { done <- call(g, "a") }()
		time.Sleep(9*time.Minute + 30*time.Second)
		v.set("a", start.Add(20*time.Minute))
		g.Move("a", start.Add(20*time.Minute))
		<-done
		if len(heard) != 2 || heard[0] != 9*time.Minute || heard[1] != 19*time.Minute {
			t.Errorf("warned after %v", heard)
		}
		if took := time.Since(start); took != 20*time.Minute {
			t.Errorf("ended after %v", took)
		}
	})
}
