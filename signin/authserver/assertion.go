package authserver

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/ory/fosite"
	"go.etcd.io/bbolt"
)

const (
	grantJWT         = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	profileAssertion = "urn:ietf:params:oauth:grant-profile:id-jag"
	typeAssertion    = "oauth-id-jag+jwt"

	maxAssertion     = 8 << 10 // bytes
	maxAssertionLife = time.Hour
	clockLeeway      = time.Minute
)

var assertionAlgorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// assertion is what a company's provider says in a signed letter for one client: that a user of its
// may use a resource through it (draft-ietf-oauth-identity-assertion-authz-grant).
type assertion struct {
	jwt.Claims
	Client   string       `json:"client_id"`
	Resource jwt.Audience `json:"resource"`
	Scope    string       `json:"scope"`
	Email    string       `json:"email"`
	Groups   []string     `json:"groups"`
}

// exchangeAssertion lets an agent in by the company's word, where a rule of the owner's allows it:
// nobody is at a browser who could wait for more.
func (s *Server) exchangeAssertion(ctx context.Context, c *client, form url.Values, issuer string) (map[string]any, error) {
	if c.IsPublic() {
		return nil, &problem{code: "unauthorized_client", reason: "a client needs a secret to use assertions"}
	}
	a, err := s.readAssertion(ctx, form.Get("assertion"), c, issuer)
	if err != nil {
		return nil, err
	}
	audience := joined
	if len(a.Resource) > 0 {
		var ok bool
		if audience, ok = audienceOf(a.Resource[0], issuer, s.servers()); !ok || len(a.Resource) > 1 {
			return nil, problemTarget
		}
	}
	if form.Has("resource") {
		if asked, ok := audienceOf(form.Get("resource"), issuer, s.servers()); !ok || asked != audience {
			return nil, problemTarget
		}
	}
	now := time.Now()
	p := Pending{
		ID: newID(), Client: c.public(), User: User{Subject: a.Issuer + "|" + a.Subject, Email: a.Email, Groups: a.Groups},
		Provider: a.Issuer, Audience: audience, Servers: askedServers(audience, strings.Fields(a.Scope), s.servers()), Began: now, Ends: now,
	}
	approval, ok := s.approver.Rule(p)
	if !ok || s.checkApproval(approval, p) != nil {
		return nil, &problem{code: "access_denied", reason: "no rule of the owner of this bridge lets this user and client in"}
	}
	return s.issueFor(ctx, c, p, approval, issuer, a)
}

// readAssertion checks all that can be checked without writing.
func (s *Server) readAssertion(ctx context.Context, text string, c *client, issuer string) (*assertion, error) {
	bad := &problem{code: "invalid_grant", reason: "the assertion is not valid here, or not any more: get a new one"}
	if text == "" || len(text) > maxAssertion {
		return nil, bad
	}
	signed, err := jwt.ParseSigned(text, assertionAlgorithms)
	if err != nil || len(signed.Headers) != 1 || signed.Headers[0].ExtraHeaders[jose.HeaderType] != typeAssertion {
		return nil, bad
	}
	var said assertion
	if err := signed.UnsafeClaimsWithoutVerification(&said); err != nil { // only to find the provider
		return nil, bad
	}
	a, err := s.verifyAssertion(ctx, signed, said.Issuer)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	switch {
	case a == nil, a.Subject == "", a.ID == "", a.Client != c.ID, a.Expiry == nil, a.IssuedAt == nil,
		len(a.Audience) != 1 || a.Audience[0] != issuer,
		a.ValidateWithLeeway(jwt.Expected{Time: now}, clockLeeway) != nil,
		a.Expiry.Time().Sub(a.IssuedAt.Time()) > maxAssertionLife:
		return nil, bad
	}
	return a, nil
}

// verifyAssertion returns the claims that a provider has signed, nil if none has.
func (s *Server) verifyAssertion(ctx context.Context, signed *jwt.JSONWebToken, issuer string) (*assertion, error) {
	providers := s.providers()
	i := slices.IndexFunc(providers, func(p Provider) bool { return p.Issuer() == issuer })
	if i < 0 {
		return nil, nil
	}
	keys, err := providers[i].Keys(ctx, signed.Headers[0].KeyID)
	if err != nil && !errors.Is(err, ErrDenied) {
		s.log.Warn("read a provider's keys", "provider", issuer, "error", err)
		return nil, problemDown
	}
	for _, key := range keys {
		var a assertion
		if signed.Claims(key, &a) == nil {
			return &a, nil
		}
	}
	return nil, nil
}

// issueFor makes the grant of an assertion. It ends with its access token: the company's word is
// asked for again.
func (s *Server) issueFor(ctx context.Context, c *client, p Pending, approval Approval, issuer string, a *assertion) (map[string]any, error) {
	var token string
	var record grantRecord
	err := s.store.write(ctx, func(ctx context.Context, tx *bbolt.Tx) error {
		digest := sha256.Sum256([]byte(a.Issuer + "\x00" + a.ID))
		first, err := useAssertion(tx, digest[:], a.Expiry.Time().Add(clockLeeway))
		if err != nil {
			return err
		}
		if !first {
			return &problem{code: "invalid_grant", reason: "the assertion was used already: get a new one"}
		}
		if record, err = s.newRecord(&approval, p, issuer); err != nil {
			return err
		}
		record.Ends, _ = record.lives(record.Created, s.accessLife)
		record.Redeemed = true
		if err := s.store.putGrant(tx, record); err != nil {
			return err
		}
		q := fosite.NewAccessRequest(newSession())
		q.ID, q.Client, q.GrantedScope = record.ID, c, record.scope()
		q.Session.SetExpiresAt(fosite.AccessToken, record.Ends)
		var signature string
		if token, signature, err = s.engine.strategy.GenerateAccessToken(ctx, q); err != nil {
			return err
		}
		return s.store.CreateAccessTokenSession(ctx, signature, q)
	})
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"access_token": token, "token_type": "Bearer", "scope": strings.Join(record.scope(), " "),
		"expires_in": int(time.Until(record.Ends).Seconds()),
	}, nil
}
