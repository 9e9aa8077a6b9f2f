// Package signin answers who is behind a request. The Gate is the one way in for every front.
package signin

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"drawbridge/internal/caller"
	"drawbridge/internal/limit"
)

// Why an admitted request's context is cancelled, by context.Cause. Both are caller.ErrEnded.
var (
	ErrRevoked = fmt.Errorf("revoked: %w", caller.ErrEnded)
	ErrExpired = fmt.Errorf("expired: %w", caller.ErrEnded)
)

// Verifier knows credentials. It is called for every request, by any number of goroutines, so it is
// fast; any error refuses the request.
type Verifier interface {
	// Verify returns who presents the bearer token, and when that grant ends; zero is never. A
	// Caller without a Grant is refused: it could not be ended. An error that is caller.ErrEnded says
	// that the token was good once, so that whoever presents it is not guessing.
	Verify(token string) (*caller.Caller, time.Time, error)
}

// Config is what a Gate needs.
type Config struct {
	Verifier Verifier     // required
	Next     http.Handler // required; gets the requests that are admitted, their caller in the context
	// Open are the paths that need no token, each in its exact spelling; nil is none. They get no bearer token
	// either; Basic credentials, which are an OAuth client's own, stay.
	Open map[string]http.Handler
	// Origin is where the agent that made a request reaches this bridge: "https://example.com", without
	// a slash at the end. nil is the address in the request itself, which somebody must have checked before.
	Origin func(*http.Request) string
	// Issuers are the authorization servers that the protected resource metadata names; nil is none.
	Issuers func(*http.Request) []string
	// Refused, if not nil, is told of every request that is not admitted, and why: ErrNoToken, ErrCredentials or the error
	// of Verifier. It returns soon. It must not show the last to anybody, who could have put a token into it.
	Refused func(r *http.Request, why error)
}

// Gate is the http.Handler that every request passes. It alone reads credentials, and it removes
// them: nothing behind it sees one. It also serves the protected resource metadata (RFC 9728), and tickets for
// WebSocket clients that can set no header.
//
// A request that is admitted holds its grant, not its token: its context is cancelled, with ErrRevoked or ErrExpired
// as the cause, when the grant ends, and not before.
//
// Who presents credentials that nobody issued is slowed with its neighbourhood of addresses, as the listener sees them: such
// credentials are then answered with 429. Good ones are let in from there all the same.
type Gate struct {
	verifier Verifier
	next     http.Handler
	open     map[string]http.Handler
	origin   func(*http.Request) string
	issuers  func(*http.Request) []string
	refused  func(*http.Request, error)
	grants   grants
	tickets  tickets
	guesses  limit.Each // by neighbourhood
}

// New returns a gate that admits nobody but whom cfg.Verifier knows.
func New(cfg Config) *Gate {
	g := &Gate{verifier: cfg.Verifier, next: cfg.Next, open: cfg.Open, origin: cfg.Origin, issuers: cfg.Issuers, refused: cfg.Refused}
	if g.origin == nil {
		g.origin = ownOrigin
	}
	if g.issuers == nil {
		g.issuers = func(*http.Request) []string { return nil }
	}
	if g.refused == nil {
		g.refused = func(*http.Request, error) {}
	}
	g.grants.live = map[string]*grant{}
	g.guesses.PerMinute = maxGuesses
	return g
}

// ServeHTTP admits r or answers it.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h, ok := g.open[r.URL.Path]; ok {
		stripBearer(r)
		h.ServeHTTP(w, r)
		return
	}
	token, why := g.takeToken(r)
	if endpoint, ok := describedBy(r.URL.Path); ok {
		g.serveMetadata(w, r, endpoint)
		return
	}
	if why != nil {
		g.refused(r, why.seen)
		g.refuse(w, r, why)
		return
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	l := &lease{cancel: cancel, w: w}
	who, err := g.admit(token, r.URL.Path, l)
	if err != nil {
		cancel(nil)
		g.refused(r, err)
		g.refuse(w, r, refusalOf(err))
		return
	}
	defer g.grants.leave(l)
	if r.URL.Path == ticketPath {
		g.serveTicket(w, r, token, who)
		return
	}
	admitted := r.WithContext(caller.WithLease(ctx, who, l))
	admitted.Trailer = nil // filled after the body has been read, and could hold credentials again
	g.next.ServeHTTP(w, admitted)
}

// admit enters l as a request to path of whoever presents the token. A grant that ends or moves meanwhile
// makes it ask again, so that after End nothing starts on an answer from before.
func (g *Gate) admit(token, path string, l *lease) (*caller.Caller, error) {
	for {
		epoch := g.grants.epoch.Load()
		who, ends, err := g.verifier.Verify(token)
		if err != nil {
			return nil, err
		}
		if who == nil || who.Grant == "" {
			return nil, errNobody
		}
		if !meant(who.Audience, path) {
			return nil, ErrAudience
		}
		if g.grants.enter(l, who.Grant, ends, epoch) {
			return who, nil
		}
	}
}

// End ends all requests of a grant, which the verifier must refuse already; where it does not, this
// is a disconnection only. It returns when their handlers have returned. A handler must not call it for its own grant.
func (g *Gate) End(grant string) { g.grants.end(grant) }

// Move tells that a grant ends at another time than Verify said before; zero is never. A time that
// is not in the future is End.
func (g *Gate) Move(grant string, ends time.Time) {
	if !ends.IsZero() && !time.Now().Before(ends) {
		g.End(grant)
		return
	}
	g.grants.move(grant, ends)
}
