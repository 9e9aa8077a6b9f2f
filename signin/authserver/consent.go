package authserver

import (
	"context"
	"crypto/subtle"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// cookieName is the name of a flow's cookie. Browsers hold a name with the prefix __Host- to https
// and to this host, so that no neighbour on a domain can plant one.
func cookieName(issuer, flow string) string {
	if strings.HasPrefix(issuer, "https://") {
		return "__Host-drawbridge-" + flow
	}
	return "drawbridge-" + flow
}

func setCookie(w http.ResponseWriter, issuer, flow, secret string) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(issuer, flow), Value: secret, Path: "/", MaxAge: int(2 * flowLife.Seconds()),
		Secure: strings.HasPrefix(issuer, "https://"), HttpOnly: true,
		SameSite: http.SameSiteLaxMode, // the provider sends the browser back from elsewhere
	})
}

// ownFlow returns the flow with that id, if the request comes from its browser.
func (s *Server) ownFlow(r *http.Request, id string) (flow, bool) {
	c, err := r.Cookie(cookieName(s.issuer(r), id))
	if err != nil {
		return flow{}, false
	}
	f, ok := s.flows.open(id, c.Value)
	return f, ok && f.ask.issuer == s.issuer(r)
}

const overText = "This request is over, or belongs to another browser. Go back to the app and connect again."

// showConsent asks the person at the browser. That comes before company sign-in, which might let
// somebody through without a question who is signed in there already.
func (s *Server) showConsent(w http.ResponseWriter, f flow) {
	p := f.shown()
	v := consentView{Flow: f.id, CSRF: f.csrf, Asked: p, Redirect: p.RedirectHost}
	for i, provider := range s.providers() {
		v.Providers = append(v.Providers, choice{strconv.Itoa(i), provider.Name()})
	}
	s.pages.consent(w, v)
}

// serveConsent takes the answer. What follows is a page that leads on, never a redirect: browsers hold the
// redirects after a form to the page's own policy.
func (s *Server) serveConsent(w http.ResponseWriter, r *http.Request) {
	form, err := readForm(r)
	if err != nil {
		s.refused(r, nil, User{}, problemOf(err))
		s.pages.failed(w, http.StatusBadRequest, problemOf(err).reason, "")
		return
	}
	f, ok := s.ownFlow(r, form.Get("flow"))
	if !ok || !sameOrigin(r, f.ask.issuer) || subtle.ConstantTimeCompare([]byte(form.Get("csrf")), []byte(f.csrf)) != 1 {
		s.refused(r, nil, User{}, problemOver)
		s.pages.failed(w, http.StatusForbidden, overText, "")
		return
	}
	if form.Get("answer") != "allow" {
		s.refused(r, f.ask, User{}, problemRefused)
		s.flows.fail(f.id, stageConsent, problemRefused)
	} else if providers := s.providers(); len(providers) > 0 {
		s.beginSignIn(r, f, choose(providers, form.Get("provider")))
	} else if !s.flows.await(f.id, stageConsent, SignIn{}) {
		s.refused(r, f.ask, User{}, problemBusy)
		s.flows.fail(f.id, stageConsent, problemBusy)
	}
	w.Header().Set("Location", "/waiting?"+url.Values{"flow": {f.id}}.Encode())
	w.WriteHeader(http.StatusSeeOther)
}

// choose returns the provider that the form names, the first if it names none.
func choose(providers []Provider, name string) Provider {
	if i, err := strconv.Atoi(name); err == nil && i > 0 && i < len(providers) {
		return providers[i]
	}
	return providers[0]
}

// beginSignIn finds out where to send the browser.
func (s *Server) beginSignIn(r *http.Request, f flow, p Provider) {
	ctx, cancel := context.WithTimeout(r.Context(), askTime)
	defer cancel()
	state := f.id + "." + newID()
	address, memory, err := p.Begin(ctx, f.ask.issuer+"/callback", state)
	if err != nil {
		s.log.Warn("begin company sign-in", "provider", p.Issuer(), "error", err)
		s.refused(r, f.ask, User{}, problemDown)
		s.flows.fail(f.id, stageConsent, problemDown)
		return
	}
	s.flows.step(f.id, stageConsent, func(f *flow) bool {
		f.stage, f.provider, f.state, f.memory, f.signInAt = stageSignIn, p, state, memory, address
		return true
	})
}

// sameOrigin reports whether a form was sent from a page of this bridge, as far as the browser tells.
func sameOrigin(r *http.Request, issuer string) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return false
	}
	origin := r.Header.Get("Origin")
	return origin == "" || strings.EqualFold(origin, issuer)
}
