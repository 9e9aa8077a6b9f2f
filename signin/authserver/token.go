package authserver

import (
	"context"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ory/fosite"
	"go.etcd.io/bbolt"
)

// serveToken exchanges what a client has for tokens.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	answer, err := s.exchange(r)
	if err != nil {
		p := problemOf(err)
		if p == problemOurs {
			s.log.Error("issue a token", "error", err)
		}
		s.answerProblem(w, r, p)
		return
	}
	w.Header().Set("Pragma", "no-cache") // RFC 6749 §5.1
	writeJSON(w, http.StatusOK, answer)
}

func (s *Server) exchange(r *http.Request) (map[string]any, error) {
	form, err := readForm(r)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), askTime)
	defer cancel()
	c, err := s.authenticate(ctx, r, form)
	if err != nil {
		return nil, err
	}
	ctx = context.WithValue(ctx, clientKey{}, c)
	switch form.Get("grant_type") {
	case "authorization_code":
		if _, err := s.presented(kindCode, form.Get("code"), c, form, s.issuer(r)); err != nil {
			return nil, err
		}
		return s.issue(ctx, r)
	case "refresh_token":
		g, err := s.presented(kindRefresh, form.Get("refresh_token"), c, form, s.issuer(r))
		if err == nil && g != nil {
			if s.refreshes.Take(g.id, time.Now()) > 0 {
				return nil, problemBusy
			}
			err = s.recheck(ctx, g)
		}
		if err != nil {
			return nil, err
		}
		return s.issue(ctx, r)
	case grantJWT:
		return s.exchangeAssertion(ctx, c, form, s.issuer(r))
	}
	return nil, &problem{code: "unsupported_grant_type", reason: "send grant_type authorization_code or refresh_token"}
}

// presented checks what fosite does not: that a code or a refresh token is used at the address, and
// for the resource, that it was issued for. Where that fails it is not used up. It returns no grant where
// there is something that fosite will find: unknown, over, used before, or another client's.
func (s *Server) presented(k kind, token string, c *client, form url.Values, issuer string) (*grant, error) {
	text := strings.TrimPrefix(strings.TrimPrefix(token, prefixCode), prefixRefresh)
	if s.engine.strategy.Enigma.Validate(context.Background(), text) != nil {
		return nil, nil
	}
	_, signature, _ := strings.Cut(text, ".")
	var t tokenRecord
	err := s.store.db.View(func(tx *bbolt.Tx) (err error) {
		t, err = read(tx, k, signature)
		return err
	})
	g, r, ok := s.index.get(t.Grant)
	if err != nil || !ok || t.Client != c.ID || !time.Now().Before(t.Ends) || !t.Used.IsZero() && time.Since(t.Used) > grace {
		return nil, nil
	}
	if r.Issuer != issuer {
		return nil, &problem{code: "invalid_grant", reason: "it was issued at another address of this bridge: authorize again"}
	}
	if !form.Has("resource") {
		return g, nil // RFC 8707 §2.2: the one that was authorized
	}
	audience, ok := audienceOf(form.Get("resource"), issuer, s.servers())
	if !ok || r.Audience != anywhere && audience != r.Audience {
		return nil, problemTarget
	}
	return g, nil
}

// issue lets fosite exchange a code or a refresh token, in one transaction.
func (s *Server) issue(ctx context.Context, r *http.Request) (answer map[string]any, err error) {
	var grant string
	var ends time.Time
	err = s.store.write(ctx, func(ctx context.Context, tx *bbolt.Tx) error {
		q, err := s.engine.NewAccessRequest(ctx, r, newSession())
		if err != nil {
			return err
		}
		_, record, ok := s.index.get(q.GetID())
		if !ok {
			return fosite.ErrInvalidGrant
		}
		access, refresh := record.lives(time.Now(), s.accessLife)
		q.GetSession().SetExpiresAt(fosite.AccessToken, access)
		q.GetSession().SetExpiresAt(fosite.RefreshToken, refresh)
		a, err := s.engine.NewAccessResponse(ctx, q)
		if err != nil {
			return err
		}
		answer = a.ToMap()
		grant, ends = record.ID, access
		record.Redeemed, record.Ends = true, access
		if answer["refresh_token"] != nil {
			record.Ends = refresh
		}
		return s.store.putGrant(tx, record)
	})
	if err != nil {
		return nil, err
	}
	answer["token_type"] = "Bearer"
	s.moved(grant, ends)
	return answer, nil
}

// lives is when tokens that are issued now end.
func (r *grantRecord) lives(now time.Time, accessLife time.Duration) (access, refresh time.Time) {
	if r.Long && r.User.Subject == "" {
		accessLife = longLife
	}
	access, refresh = now.Add(accessLife).UTC(), now.Add(refreshLife).UTC()
	if r.Limit.IsZero() {
		return access, refresh
	}
	return slices.MinFunc([]time.Time{access, r.Limit}, time.Time.Compare), slices.MinFunc([]time.Time{refresh, r.Limit}, time.Time.Compare)
}

// readForm reads a form that is in the body alone, and has nothing twice.
func readForm(r *http.Request) (url.Values, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, badRequest("send the parameters as application/x-www-form-urlencoded")
	}
	if r.URL.RawQuery != "" {
		return nil, badRequest("send the parameters in the body: addresses end up in logs and histories")
	}
	if err := r.ParseForm(); err != nil {
		return nil, badRequest("the parameters are malformed")
	}
	for name, values := range r.PostForm {
		if len(values) > 1 && name == "resource" {
			return nil, problemTarget
		}
		if len(values) > 1 {
			return nil, badRequest("there is more than one " + plainName(name))
		}
	}
	return r.PostForm, nil
}
