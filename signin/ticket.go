package signin

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"net/url"
	"sync"
	"time"

	"drawbridge/internal/caller"
)

const (
	// ticketPath is where a client exchanges its token for a ticket: a POST without a body, answered
	// with {"ticket": …, "expires_in": seconds}.
	ticketPath = "/ws-ticket"
	// ticketParam is where a WebSocket's address carries the ticket. A token may not be there; a ticket is
	// worth nothing any more when somebody reads it in a log.
	ticketParam = "ticket"

	ticketLife        = 30 * time.Second
	maxTickets        = 4096
	maxTicketsOfGrant = 32
)

// tickets stand for tokens for a moment, each once.
type tickets struct {
	mu   sync.Mutex // guards the fields below
	sold map[[sha256.Size]byte]ticket
}

type ticket struct {
	token string
	grant string
	ends  time.Time
}

// serveTicket sells whoever came in with token a ticket for it.
func (g *Gate) serveTicket(w http.ResponseWriter, r *http.Request, token string, who *caller.Caller) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if r.Method != http.MethodPost {
		h.Set("Allow", http.MethodPost)
		http.Error(w, "a ticket is got by POST", http.StatusMethodNotAllowed)
		return
	}
	text, ok := g.tickets.sell(token, who.Grant)
	if !ok {
		h.Set("Retry-After", "30")
		http.Error(w, "there are too many tickets that nobody used: use one, or wait", http.StatusTooManyRequests)
		return
	}
	h.Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(struct { // whoever has gone gets nothing
		Ticket  string `json:"ticket"`
		Expires int    `json:"expires_in"`
	}{text, int(ticketLife.Seconds())})
}

// sell returns a ticket for token, unless too many are out, in all or of one grant.
func (t *tickets) sell(token, grant string) (text string, ok bool) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	mine := 0
	for digest, other := range t.sold {
		switch {
		case !now.Before(other.ends):
			delete(t.sold, digest)
		case other.grant == grant:
			mine++
		}
	}
	if mine >= maxTicketsOfGrant || len(t.sold) >= maxTickets {
		return "", false
	}
	if t.sold == nil {
		t.sold = map[[sha256.Size]byte]ticket{}
	}
	text = rand.Text()
	t.sold[sha256.Sum256([]byte(text))] = ticket{token, grant, now.Add(ticketLife)}
	return text, true
}

// redeem returns the token that a ticket stands for. Whether it is still good is for the verifier to say.
func (t *tickets) redeem(text string) (token string, why *refusal) {
	digest := sha256.Sum256([]byte(text))
	t.mu.Lock()
	defer t.mu.Unlock()
	k, ok := t.sold[digest]
	delete(t.sold, digest)
	if !ok || !time.Now().Before(k.ends) {
		return "", refuseTicket
	}
	return k.token, nil
}

// takeTicket removes the ticket from r's address and returns it; "" is none.
func takeTicket(r *http.Request) string {
	if r.URL.RawQuery == "" {
		return ""
	}
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || !q.Has(ticketParam) {
		return ""
	}
	text := q.Get(ticketParam)
	q.Del(ticketParam)
	r.URL.RawQuery = q.Encode()
	r.RequestURI = r.URL.RequestURI()
	return text
}
