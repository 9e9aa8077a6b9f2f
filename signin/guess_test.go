package signin

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drawbridge/internal/caller"
)

// from is a request with a token, from an address.
func from(g *Gate, address, token string) *httptest.ResponseRecorder {
	r, w := request("POST /mcp", bearer+token), httptest.NewRecorder()
	r.RemoteAddr = address
	g.ServeHTTP(w, r)
	return w
}

// TestGuessing: who presents tokens that nobody issued is slowed, and nobody else is.
func TestGuessing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(func(http.ResponseWriter, *http.Request) {})
		for i := range maxGuesses {
			if w := from(g, fmt.Sprintf("[2001:db8::%x]:%d", i+1, 1000+i), fmt.Sprint("guess", i)); w.Code != http.StatusUnauthorized {
				t.Fatalf("guess %d: status %d", i, w.Code)
			}
		}
		w := from(g, "[2001:db8::ffff]:1", "guess")
		if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "2" || w.Header().Get("Www-Authenticate") != "" ||
			!strings.Contains(w.Body.String(), `"code":-32005`) || !strings.Contains(w.Body.String(), `"retryAfter":2`) {
			t.Errorf("too many guesses: %d %v %s", w.Code, w.Header(), w.Body)
		}
		for name, c := range map[string]struct {
			address, token string
			status         int
		}{
			"a good token from there":      {"[2001:db8::1]:1", canary, http.StatusOK},
			"none from there":              {"[2001:db8::1]:1", "", http.StatusBadRequest},
			"a bad one from elsewhere":     {"[2001:db8:0:1::1]:1", "guess", http.StatusUnauthorized},
			"a bad one by another family":  {"192.0.2.1:1", "guess", http.StatusUnauthorized},
			"a bad one from this machine":  {"127.0.0.1:1", "guess", http.StatusUnauthorized},
			"a bad one from no address":    {"pipe", "guess", http.StatusUnauthorized},
			"another bad one from there":   {"[2001:db8::2]:1", "guess", http.StatusTooManyRequests},
			"a good one, and another time": {"[2001:db8::2]:1", canary, http.StatusOK},
		} {
			if w := from(g, c.address, c.token); w.Code != c.status {
				t.Errorf("%s: status %d, want %d", name, w.Code, c.status)
			}
		}
		time.Sleep(2 * time.Second)
		if w := from(g, "[2001:db8::1]:1", "guess"); w.Code != http.StatusUnauthorized {
			t.Errorf("when told to come back: status %d", w.Code)
		}
		if w := from(g, "[2001:db8::1]:1", "guess"); w.Code != http.StatusTooManyRequests {
			t.Errorf("at once again: status %d", w.Code)
		}
	})
}

// ended is a Verifier of tokens that were good once, or are good elsewhere.
type ended struct{}

func (ended) Verify(token string) (*caller.Caller, time.Time, error) {
	if token == "elsewhere" {
		return &caller.Caller{Agent: "ann", Grant: "g1", Audience: "files"}, time.Time{}, nil
	}
	return nil, time.Time{}, fmt.Errorf("over: %w", caller.ErrEnded)
}

// TestOldTokensAreNoGuesses: clients with tokens that are over are told so, however many there are behind one address,
// or they would not know that they have to sign in again.
func TestOldTokensAreNoGuesses(t *testing.T) {
	g := New(Config{Verifier: ended{}, Next: http.NotFoundHandler()})
	want := from(newGate(nil), "192.0.2.1:1", "unknown")
	for range 2 * maxGuesses {
		for _, token := range []string{"over", "elsewhere"} {
			got := from(g, "192.0.2.1:1", token)
			if got.Code != want.Code || got.Body.String() != want.Body.String() || got.Header().Get("Www-Authenticate") != want.Header().Get("Www-Authenticate") {
				t.Fatalf("%s: %d %v %s", token, got.Code, got.Header(), got.Body)
			}
		}
	}
}

// TestGuessingTickets: tickets are guessed no faster than tokens.
func TestGuessingTickets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(func(http.ResponseWriter, *http.Request) {})
		good := buy(t, g, canary)
		for range maxGuesses {
			if status := enter(g, "/ws", "made-up", upgrade); status != http.StatusUnauthorized {
				t.Fatalf("status %d", status)
			}
		}
		if status := enter(g, "/ws", "made-up", upgrade); status != http.StatusTooManyRequests {
			t.Errorf("too many: status %d", status)
		}
		if status := enter(g, "/ws", good, upgrade); status != http.StatusOK {
			t.Errorf("a good one: status %d", status)
		}
	})
}
