package authserver

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// serveCallback takes a browser back from the provider, and makes the owner see who it is.
func (s *Server) serveCallback(w http.ResponseWriter, r *http.Request) {
	answer, err := url.ParseQuery(r.URL.RawQuery)
	id, _, _ := strings.Cut(answer.Get("state"), ".")
	f, ok := s.ownFlow(r, id)
	if err != nil || !ok || !s.flows.step(id, stageSignIn, func(f *flow) bool {
		same := subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(f.state)) == 1
		if same {
			f.stage = stageFinish // the state is good once
		}
		return same
	}) {
		s.refused(r, nil, User{}, problemOver)
		s.pages.failed(w, http.StatusForbidden, overText, "")
		return
	}
	if in, err := s.finishSignIn(r.Context(), f, answer); err != nil {
		s.refused(r, f.ask, in.User, problemOf(err))
		s.flows.fail(id, stageFinish, problemOf(err))
	} else {
		s.tell(s.attempt(r, f.ask, in.User))
		s.decideSignedIn(id)
	}
	w.Header().Set("Location", "/waiting?"+url.Values{"flow": {id}}.Encode())
	w.WriteHeader(http.StatusSeeOther)
}

// finishSignIn finds out who has signed in, and makes the flow wait for the owner.
func (s *Server) finishSignIn(ctx context.Context, f flow, answer url.Values) (in SignIn, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	in, err = f.provider.Finish(ctx, f.ask.issuer+"/callback", f.memory, answer)
	if errors.Is(err, ErrDenied) {
		return in, problemNoUser
	}
	if err == nil && !strings.HasPrefix(in.User.Subject, f.provider.Issuer()+"|") {
		err = errors.New("the subject does not begin with the provider's issuer")
	}
	if err != nil {
		s.log.Warn("finish company sign-in", "provider", f.provider.Issuer(), "error", err)
		return in, problemDown
	}
	if !s.flows.await(f.id, stageFinish, in) {
		return in, problemBusy
	}
	return in, nil
}

// decideSignedIn lets a flow whose user has signed in pass by the owner's rules, or because the owner approved the same
// before, or asks the owner.
func (s *Server) decideSignedIn(id string) {
	waiting, ok := s.flows.copyOf(id)
	if !ok {
		return
	}
	p := s.shown(&waiting)
	if a, ok := s.approver.Rule(p); ok && s.checkApproval(a, p) == nil {
		s.flows.decide(id, &a, nil)
		return
	}
	if a, ok := s.again(&waiting); ok && s.checkApproval(a, p) == nil {
		if s.flows.decide(id, &a, nil) {
			s.approver.Again(p)
		}
		return
	}
	s.approver.Ask(p)
}
