// Package authserver lets agents in by OAuth 2.1, as every revision of MCP's authorization
// specification has it. A client that knows the bridge's address alone finds what it needs:
//
//	/.well-known/…  what there is                                       metadata.go
//	/register       a client without an id gets one                     register.go
//	/authorize      everything about the request is checked             authorize.go
//	                the person at the browser agrees                    consent.go
//	                company sign-in, where there is one                 callback.go
//	                the owner approves, or a rule of the owner's        waiting.go, owner.go
//	/token          a code or a refresh token becomes tokens            token.go
//	                an assertion of the company's does                  assertion.go
//	/revoke         the client gives back what it has                   revoke.go
//
// Verify then knows its tokens, which mean nothing by themselves: revoking one has effect at once.
package authserver

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"drawbridge/internal/limit"
)

// Config is what a Server needs.
type Config struct {
	// DB is the state database, required. The server does not close it.
	DB *bbolt.DB
	// Secret is what all keys are derived from, required: 32 bytes that are always the same, and not in DB.
	Secret []byte
	// Issuer is the bridge's own address as a request used it, required: "https://example.com",
	// without a slash at the end. Somebody must have checked the request's Host before.
	Issuer func(*http.Request) string
	// Servers are the names of all servers that agents may ask for, required.
	Servers func() []string
	// Approver is the owner, required.
	Approver Approver
	// Providers are where people sign in. nil, or none, is the owner alone, who types a code.
	Providers func() []Provider
	// Taken reports whether an agent that did not come in by OAuth has that name; nil is never.
	Taken func(agent string) bool
	// Moved, if not nil, is told that a grant ends at another time than Verify said before, as for
	// token.Config. A time that is not in the future means now: its tokens are refused already.
	Moved func(grant string, ends time.Time)
	// Address is where a request comes from; nil is its RemoteAddr.
	Address func(*http.Request) string
	// AccessLife is how long an access token lives; zero is ten minutes.
	AccessLife time.Duration
	// Tell, if not nil, is told of attempts to come in: those that are refused, and people who have signed in. It returns soon.
	Tell func(Attempt)
	// Log hears of what fails and is nobody's fault but ours; nil is nobody. It is told no secret.
	Log *slog.Logger
}

// Server is the authorization server. All its methods may be called by any number of goroutines.
type Server struct {
	issuer     func(*http.Request) string
	servers    func() []string
	approver   Approver
	providers  func() []Provider
	taken      func(string) bool
	moved      func(string, time.Time)
	address    func(*http.Request) string
	accessLife time.Duration
	tell       func(Attempt)
	log        *slog.Logger

	keys      *keys
	index     *index
	store     *store
	engine    *engine
	documents *documents
	flows     *flows
	pages     *pages
	endpoints map[string]endpoint
	refreshes *limit.Each // by grant
}

// endpoint is what one path does.
type endpoint struct {
	methods []string
	limit   *limit.Each
	serve   http.HandlerFunc
}

const maxBody = 64 << 10 // bytes

// New returns the server whose grants are in cfg.DB.
func New(cfg Config) (*Server, error) {
	s := &Server{
		issuer: cfg.Issuer, servers: cfg.Servers, approver: cfg.Approver, providers: cfg.Providers, taken: cfg.Taken,
		moved: cfg.Moved, address: cfg.Address, accessLife: cfg.AccessLife, tell: cfg.Tell, log: cfg.Log,
		index:     &index{grants: map[string]*grant{}, access: map[string]access{}},
		documents: newDocuments(newFetcher(isPublic)), refreshes: &limit.Each{PerMinute: 20},
	}
	s.fillIn()
	var err error
	if s.keys, err = newKeys(cfg.Secret); err != nil {
		return nil, fmt.Errorf("open the authorization server: %w", err)
	}
	s.store, err = openStore(cfg.DB, s.index, func(grant string) { s.moved(grant, time.Now()) })
	if err != nil {
		return nil, fmt.Errorf("open the authorization server: %w", err)
	}
	s.engine = newEngine(s.keys, s.store, s.accessLife)
	s.flows = newFlows(s.approver.Over)
	if s.pages, err = newPages(); err != nil {
		return nil, fmt.Errorf("open the authorization server: %w", err)
	}
	s.endpoints = s.table()
	return s, nil
}

// fillIn gives the fields that were left out their values.
func (s *Server) fillIn() {
	if s.providers == nil {
		s.providers = func() []Provider { return nil }
	}
	if s.taken == nil {
		s.taken = func(string) bool { return false }
	}
	if s.moved == nil {
		s.moved = func(string, time.Time) {}
	}
	if s.address == nil {
		s.address = remote
	}
	if s.accessLife <= 0 {
		s.accessLife = 10 * time.Minute
	}
	if s.tell == nil {
		s.tell = func(Attempt) {}
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
}

// table is every path, and how often each address may use it.
func (s *Server) table() map[string]endpoint {
	get, post := []string{http.MethodGet, http.MethodHead}, []string{http.MethodPost}
	reading, polling := &limit.Each{PerMinute: 600}, &limit.Each{PerMinute: 600}
	return map[string]endpoint{
		pathMetadata: {get, reading, s.serveMetadata},
		pathOpenID:   {get, reading, s.serveMetadata},
		pathKeys:     {get, reading, s.serveKeys},
		"/register":  {post, &limit.Each{PerMinute: 20}, s.serveRegister},
		"/authorize": {[]string{http.MethodGet}, &limit.Each{PerMinute: 60}, s.serveAuthorize},
		"/consent":   {post, &limit.Each{PerMinute: 60}, s.serveConsent},
		"/callback":  {[]string{http.MethodGet}, &limit.Each{PerMinute: 60}, s.serveCallback},
		"/waiting":   {[]string{http.MethodGet}, polling, s.serveWaiting},
		"/token":     {post, &limit.Each{PerMinute: 300}, s.serveToken},
		"/revoke":    {post, &limit.Each{PerMinute: 300}, s.serveRevoke},
	}
}

// Paths are the paths that every Server serves, each in its exact spelling. They need no token.
func Paths() []string { return slices.Collect(maps.Keys(new(Server).table())) }

// Close ends the requests that wait for the owner. It does not close the database.
func (s *Server) Close() error {
	s.flows.close()
	return nil
}

// ServeHTTP serves the paths that Paths returns.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // with no-referrer, browsers would hide the origin of our own form from us
	e, ok := s.endpoints[r.URL.Path]
	if !ok || s.issuer(r) == "" {
		http.NotFound(w, r)
		return
	}
	if !e.allows(r.Method) {
		for _, m := range e.methods {
			h.Add("Allow", m)
		}
		http.Error(w, "this path is not for that method", http.StatusMethodNotAllowed)
		return
	}
	if e.limit.Take(limit.Neighbourhood(s.address(r)), time.Now()) > 0 {
		s.answerProblem(w, r, problemBusy)
		return
	}
	if !readBody(w, r) {
		s.answerProblem(w, r, badRequest("the body is cut short, or longer than 64 KiB"))
		return
	}
	e.serve(w, r)
}

// remote is the address that a request comes from.
func remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func (e endpoint) allows(method string) bool {
	return slices.Contains(e.methods, method)
}

// readBody reads the whole body, so that nothing waits for a slow client later.
func readBody(w http.ResponseWriter, r *http.Request) bool {
	if r.Body == nil || r.Method != http.MethodPost {
		return true
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return false
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return true
}
