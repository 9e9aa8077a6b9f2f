package authserver

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"go.etcd.io/bbolt"
)

const (
	maxGrants = 5000
	// unchecked is how long a grant lives whose user the provider cannot be asked about again.
	unchecked = 8 * time.Hour
)

// serveWaiting shows a browser how far its flow is; the page asks again by itself.
func (s *Server) serveWaiting(w http.ResponseWriter, r *http.Request) {
	f, ok := s.ownFlow(r, r.URL.Query().Get("flow"))
	if !ok {
		s.pages.failed(w, http.StatusForbidden, overText, "")
		return
	}
	switch {
	case f.stage == stageConsent:
		s.showConsent(w, f)
	case f.stage == stageSignIn:
		s.pages.leaving(w, "Taking you to "+f.provider.Name()+" to sign in", "", f.signInAt)
	case f.stage != stageDecided:
		s.pages.waiting(w, waitingView{Asked: f.shown(), SignedIn: f.provider != nil})
	case f.failure != nil:
		s.pages.leaving(w, "Not connected", f.failure.reason, f.failure.at(f.ask.redirect, f.ask.state, f.ask.issuer))
	default:
		s.settle(w, r, f)
	}
}

// settle sends a browser whose request was approved back to its client, with a code.
func (s *Server) settle(w http.ResponseWriter, r *http.Request, f flow) {
	if !s.flows.take(f.id) {
		s.pages.failed(w, http.StatusForbidden, overText, "")
		return
	}
	code, err := s.grant(r.Context(), f)
	if err != nil {
		p := problemOf(err)
		if p == problemOurs {
			s.log.Error("grant access", "agent", f.approval.Agent, "error", err)
		}
		s.refused(r, f.ask, f.user, p)
		s.pages.leaving(w, "Not connected", p.reason, p.at(f.ask.redirect, f.ask.state, f.ask.issuer))
		return
	}
	w.Header().Set("Location", answerAt(f.ask.redirect, f.ask.state, f.ask.issuer, url.Values{"code": {code}}))
	w.WriteHeader(http.StatusFound)
}

// grant makes the grant that was approved, which lives no longer than its code until that is exchanged.
func (s *Server) grant(ctx context.Context, f flow) (code string, err error) {
	err = s.store.write(ctx, func(ctx context.Context, tx *bbolt.Tx) error {
		r, err := s.newRecord(f.approval, f.shown(), f.ask.issuer)
		if err != nil {
			return err
		}
		r.Redirect, r.Ends = f.ask.redirect, r.Created.Add(codeLife)
		if f.user.Subject != "" {
			r.Session = s.keys.seal(f.session, r.ID)
			if len(f.session) == 0 {
				r.Limit = r.Created.Add(unchecked)
			}
		}
		if err := s.store.putGrant(tx, r); err != nil {
			return err
		}
		code, err = s.engine.code(ctx, f.ask, &r)
		return err
	})
	return code, err
}

// newRecord is a grant as it was approved, after looking again at whether it may be, and whether what was approved
// before still stands.
func (s *Server) newRecord(a *Approval, p Pending, issuer string) (grantRecord, error) {
	_, earlier, ok := s.index.get(a.from)
	if err := s.checkApproval(*a, p); err != nil || a.from != "" && !(ok && earlier.stands(time.Now())) {
		return grantRecord{}, &problem{code: "access_denied", reason: "the approval does not hold any more: connect again"}
	}
	if len(s.index.all(func(*grantRecord) bool { return true })) >= maxGrants {
		return grantRecord{}, problemBusy
	}
	return grantRecord{
		Grant: Grant{
			ID: newID(), Agent: a.Agent, Client: p.Client, User: p.User, Provider: p.Provider, Audience: p.Audience,
			Scopes: covered(a.Scopes, p.Audience), Created: time.Now().UTC(),
		},
		Issuer: issuer, Asked: p.Servers, Long: a.Long && p.User.Subject == "", InPerson: a.inPerson,
	}, nil
}
