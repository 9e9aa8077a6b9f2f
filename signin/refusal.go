package signin

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"drawbridge/internal/caller"
	"drawbridge/internal/limit"
	"drawbridge/internal/wire"
)

// refusal is an answer to a request that is not admitted. It tells no agent why its token is
// refused: unknown, expired and revoked look the same.
type refusal struct {
	status  int
	code    string // of RFC 6750 §3.1; "" when no token was presented
	message string
	seen    error // for Config.Refused
	guess   bool  // what was presented may have been made up
}

// Why the gate refuses by itself.
var (
	// ErrNoToken: the request brings no credential of a kind that the gate knows.
	ErrNoToken = errors.New("no token")
	// ErrCredentials: what it brings is malformed, more than one, used up or in the address.
	ErrCredentials = errors.New("credentials that are malformed, used up or in the wrong place")
	// ErrAudience: the token is for another server.
	ErrAudience = errors.New("a token for another server")
)

var (
	refuseNone = &refusal{http.StatusUnauthorized, "",
		`this bridge needs a token: sign in by OAuth, as WWW-Authenticate says, or ask its owner for one and send it in the header "Authorization: Bearer <token>"`, ErrNoToken, false}
	refuseToken = &refusal{http.StatusUnauthorized, "invalid_token",
		"this token is not valid, or not any more: ask the owner of this bridge for a new one", nil, true}
	refuseKnown  = &refusal{http.StatusUnauthorized, refuseToken.code, refuseToken.message, nil, false}
	refuseTicket = &refusal{http.StatusUnauthorized, "invalid_token",
		"this ticket was used already, or is older than 30 seconds: get another one", ErrCredentials, true}
	refuseSyntax = &refusal{http.StatusBadRequest, "invalid_request",
		`the credentials are malformed: send the header "Authorization: Bearer <token>"`, ErrCredentials, false}
	refuseTwo = &refusal{http.StatusBadRequest, "invalid_request",
		"there is more than one credential: send one Authorization header", ErrCredentials, false}
	refuseQuery = &refusal{http.StatusBadRequest, "invalid_request",
		`a token must not be part of an address, where logs and histories keep it: ask the owner of this bridge for a new one and send it in the header "Authorization: Bearer <token>"`, ErrCredentials, false}
)

var errNobody = errors.New("the verifier named no grant")

// maxGuesses is how many credentials that nobody issued are looked at a minute, of each neighbourhood of addresses.
const maxGuesses = 30

// refusalOf is the answer to who presents a token that is good for nothing here, as err says.
func refusalOf(err error) *refusal {
	if errors.Is(err, caller.ErrEnded) || errors.Is(err, ErrAudience) {
		return refuseKnown
	}
	return refuseToken
}

// refuse answers r with why, and who guesses too much with nothing but when to come back.
func (g *Gate) refuse(w http.ResponseWriter, r *http.Request, why *refusal) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if why.guess {
		if wait := g.guesses.Take(limit.Neighbourhood(r.RemoteAddr), time.Now()); wait > 0 {
			e := wire.Limited("too many tokens from this address were not valid: wait, or send one that is", wait)
			h.Set("Retry-After", string(wire.Get(e.Data, "retryAfter")))
			answer(w, r, http.StatusTooManyRequests, e)
			return
		}
	}
	h.Set("WWW-Authenticate", g.challenge(r, why))
	answer(w, r, why.status, &wire.Error{Code: wire.InvalidRequest, Message: why.message})
}

// answer answers r with e: for MCP endpoints in JSON-RPC, which their clients show, else in text.
func answer(w http.ResponseWriter, r *http.Request, status int, e *wire.Error) {
	if _, ok := endpointOf(r.URL.Path); !ok {
		http.Error(w, e.Message, status)
		return
	}
	h, body := w.Header(), e.Reply("").Bytes()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // an agent that has gone gets nothing
}

// challenge is the one that RFC 6750 §3, RFC 9728 §5.1 and MCP's authorization want.
func (g *Gate) challenge(r *http.Request, why *refusal) string {
	return g.challengeFor(r, why.code, scope)
}

// StepUp is the challenge to a client whose token lacks scopes that it can have: it is to come back with these, all of
// them (RFC 6750 §3.1, insufficient_scope). It goes into WWW-Authenticate, with status 403.
func (g *Gate) StepUp(r *http.Request, scopes []string) string {
	return g.challengeFor(r, "insufficient_scope", strings.Join(scopes, " "))
}

func (g *Gate) challengeFor(r *http.Request, code, scope string) string {
	endpoint, _ := endpointOf(r.URL.Path)
	c := "Bearer resource_metadata=" + quoted(g.origin(r)+wellKnown+endpoint) + ", scope=" + quoted(scope)
	if code != "" {
		c += ", error=" + quoted(code)
	}
	return c
}

// quoted is text as a quoted-string of RFC 9110 §5.6.4; what cannot be in one is left out.
func quoted(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case ' ' <= c && c <= '~':
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
