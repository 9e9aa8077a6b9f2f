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
		s.pages.failed(w, http.StatusForbidden, overText, "")
		return
	}
	if err := s.finishSignIn(r.Context(), f, answer); err != nil {
		s.flows.fail(id, stageFinish, problemOf(err))
	}
	w.Header().Set("Location", "/waiting?"+url.Values{"flow": {id}}.Encode())
	w.WriteHeader(http.StatusSeeOther)
}

func (s *Server) finishSignIn(ctx context.Context, f flow, answer url.Values) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	in, err := f.provider.Finish(ctx, f.ask.issuer+"/callback", f.memory, answer)
	if errors.Is(err, ErrDenied) {
		return problemNoUser
	}
	if err == nil && !strings.HasPrefix(in.User.Subject, f.provider.Issuer()+"|") {
		err = errors.New("the subject does not begin with the provider's issuer")
	}
	if err != nil {
		s.log.Warn("finish company sign-in", "provider", f.provider.Issuer(), "error", err)
		return problemDown
	}
	if !s.flows.await(f.id, stageFinish, in) {
		return problemBusy
	}
	waiting, ok := s.flows.copyOf(f.id)
	if !ok {
		return nil
	}
	p := waiting.shown()
	if a, ok := s.approver.Rule(p); ok && s.checkApproval(a, p) == nil {
		s.flows.decide(f.id, &a, nil)
		return nil
	}
	s.approver.Ask(p)
	return nil
}
