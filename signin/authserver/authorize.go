package authserver

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	maxState = 2 << 10          // bytes
	maxScope = 2 << 10          // bytes
	askTime  = 15 * time.Second // for a client's document or a provider
)

// request is an authorization request that has been checked. It is never changed.
type request struct {
	issuer    string
	client    *client
	redirect  string
	state     string // "" is none, which PKCE makes safe
	challenge string
	audience  string
	servers   []string // asked for; nil is whichever the owner picks
}

// serveAuthorize begins a flow. Everything about the request is checked before a person sees anything.
func (s *Server) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), askTime)
	defer cancel()
	ask, err := s.readRequest(ctx, r)
	if err != nil {
		s.refuseRequest(w, r, ask, problemOf(err))
		return
	}
	f, secret, ok := s.flows.begin(ask, s.address(r))
	if !ok {
		s.refuseRequest(w, r, ask, problemBusy)
		return
	}
	setCookie(w, ask.issuer, f.id, secret)
	s.showConsent(w, f)
}

// refuseRequest tells the client what is wrong, if the redirect is known to be the client's, else the
// person. A browser is sent on by itself only to its own machine: no stranger may use this bridge's
// good name for a link to elsewhere.
func (s *Server) refuseRequest(w http.ResponseWriter, r *http.Request, ask *request, p *problem) {
	s.refused(r, ask, User{}, p)
	if ask.redirect == "" {
		s.pages.failed(w, http.StatusBadRequest, p.reason, "")
		return
	}
	back := p.at(ask.redirect, ask.state, ask.issuer)
	if leadsHome(ask.redirect) {
		w.Header().Set("Location", back)
		w.WriteHeader(http.StatusFound)
		return
	}
	s.pages.failed(w, http.StatusBadRequest, p.reason, back)
}

// readRequest checks an authorization request. The request that it returns with an error has a
// redirect only if the client may be told there.
func (s *Server) readRequest(ctx context.Context, r *http.Request) (*request, error) {
	ask := &request{issuer: s.issuer(r)}
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return ask, badRequest("the address is malformed")
	}
	if len(q["client_id"]) != 1 || len(q["redirect_uri"]) != 1 {
		return ask, badRequest("the app must send one client_id and one redirect_uri")
	}
	if ask.client, err = s.findClient(ctx, q.Get("client_id")); err != nil {
		return ask, badRequest("this app is not known here (" + plainName(err.Error()) + "): remove the connection in the app and add it again")
	}
	if !ask.client.allows(q.Get("redirect_uri")) {
		return ask, badRequest("this app did not register the address that it wants the answer sent to")
	}
	ask.redirect = q.Get("redirect_uri")
	if len(q["state"]) > 1 || len(q.Get("state")) > maxState {
		return ask, badRequest("there is more than one state, or it is longer than 2 KiB")
	}
	ask.state = q.Get("state")
	return ask, s.readRest(ask, q)
}

// readRest checks what the client is told of by redirect.
func (s *Server) readRest(ask *request, q url.Values) error {
	for name, values := range q {
		if len(values) > 1 && name != "resource" {
			return badRequest("there is more than one " + plainName(name))
		}
	}
	switch {
	case q.Get("response_type") != "code":
		return &problem{code: "unsupported_response_type", reason: "the response_type must be code"}
	case q.Get("response_mode") != "" && q.Get("response_mode") != "query":
		return badRequest("the response_mode must be query")
	case q.Has("request") || q.Has("request_uri"):
		return &problem{code: "request_not_supported", reason: "send the parameters themselves"}
	case q.Get("code_challenge_method") != "S256" || !isChallenge(q.Get("code_challenge")):
		return badRequest("PKCE is required: send code_challenge and code_challenge_method=S256")
	case len(q.Get("scope")) > maxScope:
		return &problem{code: "invalid_scope", reason: "the scope is longer than 2 KiB"}
	}
	ask.challenge = q.Get("code_challenge")
	servers := s.servers()
	if ask.audience = anywhere; q.Has("resource") {
		audience, ok := audienceOf(q.Get("resource"), ask.issuer, servers)
		if !ok || len(q["resource"]) > 1 {
			return problemTarget
		}
		ask.audience = audience
	}
	ask.servers = askedServers(ask.audience, strings.Fields(q.Get("scope")), servers)
	return nil
}

// isChallenge reports whether text is the base64url of a SHA-256 (RFC 7636 §4.2).
func isChallenge(text string) bool {
	sum, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && len(sum) == 32
}
