package authserver

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"time"

	"github.com/ory/fosite"
	"github.com/ory/fosite/handler/oauth2"
	"github.com/ory/fosite/handler/pkce"
	"go.etcd.io/bbolt"
)

// store is what fosite's handlers keep their tokens in.
var (
	_ fosite.Storage                = (*store)(nil)
	_ oauth2.CoreStorage            = (*store)(nil)
	_ oauth2.TokenRevocationStorage = (*store)(nil)
	_ pkce.PKCERequestStorage       = (*store)(nil)
)

// tokenRecord is a code, a challenge or a token in the database.
type tokenRecord struct {
	Grant  string     `json:"grant"`
	Client string     `json:"client"`
	Scopes []string   `json:"scopes,omitempty"`
	Form   url.Values `json:"form,omitempty"` // what fosite must see again of a request for a code
	Ends   time.Time  `json:"ends"`
	Used   time.Time  `json:"used,omitzero"` // a code or refresh token that was exchanged
}

// grace is how long a refresh token that was used can be used again: clients refresh from several
// processes at once, and answers get lost.
const grace = 60 * time.Second

// session is fosite's Session: when the tokens end. Who they are of is in the grant.
type session struct {
	ends map[fosite.TokenType]time.Time
}

func newSession() *session { return &session{map[fosite.TokenType]time.Time{}} }

func (s *session) SetExpiresAt(k fosite.TokenType, t time.Time) { s.ends[k] = t }
func (s *session) GetExpiresAt(k fosite.TokenType) time.Time    { return s.ends[k] }
func (s *session) GetUsername() string                          { return "" }
func (s *session) GetSubject() string                           { return "" }

func (s *session) Clone() fosite.Session {
	c := newSession()
	for k, t := range s.ends {
		c.ends[k] = t
	}
	return c
}

// tokenType is what fosite calls a kind.
func (k kind) tokenType() fosite.TokenType {
	switch k {
	case kindAccess:
		return fosite.AccessToken
	case kindRefresh:
		return fosite.RefreshToken
	}
	return fosite.AuthorizeCode
}

func (s *store) create(ctx context.Context, k kind, signature string, r fosite.Requester) error {
	ends := r.GetSession().GetExpiresAt(k.tokenType())
	tx := within(ctx)
	if k == kindAccess {
		tx.OnCommit(func() { s.index.addAccess(signature, access{r.GetID(), ends}) })
	}
	t := tokenRecord{Grant: r.GetID(), Client: r.GetClient().GetID(), Scopes: r.GetGrantedScopes(), Ends: ends}
	if k == kindCode || k == kindChallenge {
		t.Form = r.GetRequestForm()
	}
	return put(tx.bucket(k), signature, t)
}

// clientOf returns the client with that id: the one that makes the request, or else its id alone.
func clientOf(ctx context.Context, id string) *client {
	if c, _ := ctx.Value(clientKey{}).(*client); c != nil && c.ID == id {
		return c
	}
	return &client{ID: id}
}

// read returns what has that signature, ErrNotFound if it or its grant is over.
func read(tx *bbolt.Tx, k kind, signature string) (tokenRecord, error) {
	var r tokenRecord
	value := bucketIn(tx, k).Get([]byte(signature))
	if value == nil {
		return r, fosite.ErrNotFound
	}
	if err := json.Unmarshal(value, &r); err != nil {
		return r, errors.New("state.db is damaged at a token")
	}
	if bucketIn(tx, grantsBucket).Get([]byte(r.Grant)) == nil {
		return r, fosite.ErrNotFound
	}
	return r, nil
}

// get returns a token's request as fosite wants it, and writes when the token ends into into.
func (s *store) get(ctx context.Context, k kind, signature string, into fosite.Session) (fosite.Requester, tokenRecord, error) {
	r, err := read(within(ctx).Tx, k, signature)
	if err != nil {
		return nil, r, err
	}
	if into == nil {
		into = newSession()
	}
	into.SetExpiresAt(k.tokenType(), r.Ends)
	if r.Form == nil {
		r.Form = url.Values{}
	}
	req := fosite.NewRequest()
	req.ID, req.Client, req.Form, req.Session = r.Grant, clientOf(ctx, r.Client), r.Form, into
	req.RequestedScope, req.GrantedScope = r.Scopes, r.Scopes
	return req, r, nil
}

// markUsed notes the first time that a code or a refresh token was exchanged.
func (s *store) markUsed(ctx context.Context, k kind, signature string) error {
	tx := within(ctx)
	r, err := read(tx.Tx, k, signature)
	if err != nil || !r.Used.IsZero() {
		return err
	}
	r.Used = time.Now().UTC()
	return put(tx.bucket(k), signature, r)
}

func (s *store) CreateAuthorizeCodeSession(ctx context.Context, signature string, r fosite.Requester) error {
	return s.create(ctx, kindCode, signature, r)
}

// GetAuthorizeCodeSession returns ErrInvalidatedAuthorizeCode besides the request of a code that was
// exchanged before: fosite then revokes its grant.
func (s *store) GetAuthorizeCodeSession(ctx context.Context, signature string, into fosite.Session) (fosite.Requester, error) {
	req, r, err := s.get(ctx, kindCode, signature, into)
	if err == nil && !r.Used.IsZero() {
		err = fosite.ErrInvalidatedAuthorizeCode
	}
	return req, err
}

func (s *store) InvalidateAuthorizeCodeSession(ctx context.Context, signature string) error {
	return s.markUsed(ctx, kindCode, signature)
}

func (s *store) CreatePKCERequestSession(ctx context.Context, signature string, r fosite.Requester) error {
	return s.create(ctx, kindChallenge, signature, r)
}

func (s *store) GetPKCERequestSession(ctx context.Context, signature string, into fosite.Session) (fosite.Requester, error) {
	req, _, err := s.get(ctx, kindChallenge, signature, into)
	return req, err
}

func (s *store) DeletePKCERequestSession(ctx context.Context, signature string) error {
	return within(ctx).bucket(kindChallenge).Delete([]byte(signature))
}

func (s *store) CreateAccessTokenSession(ctx context.Context, signature string, r fosite.Requester) error {
	return s.create(ctx, kindAccess, signature, r)
}

func (s *store) GetAccessTokenSession(ctx context.Context, signature string, into fosite.Session) (fosite.Requester, error) {
	req, _, err := s.get(ctx, kindAccess, signature, into)
	return req, err
}

func (s *store) DeleteAccessTokenSession(ctx context.Context, signature string) error {
	return within(ctx).bucket(kindAccess).Delete([]byte(signature))
}

func (s *store) CreateRefreshTokenSession(ctx context.Context, signature, _ string, r fosite.Requester) error {
	return s.create(ctx, kindRefresh, signature, r)
}

// GetRefreshTokenSession returns ErrInactiveToken besides the request of a token that was used
// before, and whose grace is over: fosite then revokes its grant.
func (s *store) GetRefreshTokenSession(ctx context.Context, signature string, into fosite.Session) (fosite.Requester, error) {
	req, r, err := s.get(ctx, kindRefresh, signature, into)
	if err == nil && !r.Used.IsZero() && time.Since(r.Used) > grace {
		err = fosite.ErrInactiveToken
	}
	return req, err
}

func (s *store) DeleteRefreshTokenSession(ctx context.Context, signature string) error {
	return within(ctx).bucket(kindRefresh).Delete([]byte(signature))
}

// RotateRefreshToken leaves the access tokens of the grant to their own end: requests may be under way with them.
func (s *store) RotateRefreshToken(ctx context.Context, _, signature string) error {
	return s.markUsed(ctx, kindRefresh, signature)
}

// RevokeRefreshToken and RevokeAccessToken end the whole grant, each by itself.
func (s *store) RevokeRefreshToken(ctx context.Context, grant string) error {
	return s.endGrant(within(ctx), grant)
}

func (s *store) RevokeAccessToken(ctx context.Context, grant string) error {
	return s.RevokeRefreshToken(ctx, grant)
}

// GetClient is not asked: clients are authenticated before fosite sees a request.
func (s *store) GetClient(context.Context, string) (fosite.Client, error) {
	return nil, fosite.ErrNotFound
}

func (s *store) ClientAssertionJWTValid(context.Context, string) error { return fosite.ErrNotFound }

func (s *store) SetClientAssertionJWT(context.Context, string, time.Time) error {
	return fosite.ErrNotFound
}
