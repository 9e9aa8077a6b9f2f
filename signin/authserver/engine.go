package authserver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ory/fosite"
	"github.com/ory/fosite/handler/oauth2"
	"github.com/ory/fosite/handler/pkce"
	"github.com/ory/fosite/token/hmac"

	"drawbridge/internal/caller"
)

const (
	codeLife    = time.Minute
	refreshLife = 30 * 24 * time.Hour
	longLife    = 24 * time.Hour
)

// Why Verify refuses. An agent is to be told none of this.
var (
	// ErrMalformed means that the text cannot be an access token of this room, by its form or its signature.
	ErrMalformed = errors.New("not an access token")
	// ErrUnknown means a token whose grant is over. It is caller.ErrEnded: the signature says that it was good once.
	ErrUnknown = fmt.Errorf("unknown or revoked token: %w", caller.ErrEnded)
	// ErrExpired means a token whose time is over. It is caller.ErrEnded.
	ErrExpired = fmt.Errorf("expired token: %w", caller.ErrEnded)
)

// Prefixes tell tokens of different kinds apart, and from those of other rooms, for people and scanners.
const (
	prefixAccess  = "dba_"
	prefixRefresh = "dbr_"
	prefixCode    = "dbc_"
)

// strategy makes and checks tokens: fosite's, with prefixes of our own.
type strategy struct {
	*oauth2.HMACSHAStrategyUnPrefixed
}

func (t strategy) GenerateAccessToken(ctx context.Context, r fosite.Requester) (string, string, error) {
	token, signature, err := t.HMACSHAStrategyUnPrefixed.GenerateAccessToken(ctx, r)
	return prefixAccess + token, signature, err
}

func (t strategy) ValidateAccessToken(ctx context.Context, r fosite.Requester, token string) error {
	return t.HMACSHAStrategyUnPrefixed.ValidateAccessToken(ctx, r, strings.TrimPrefix(token, prefixAccess))
}

func (t strategy) GenerateRefreshToken(ctx context.Context, r fosite.Requester) (string, string, error) {
	token, signature, err := t.HMACSHAStrategyUnPrefixed.GenerateRefreshToken(ctx, r)
	return prefixRefresh + token, signature, err
}

func (t strategy) ValidateRefreshToken(ctx context.Context, r fosite.Requester, token string) error {
	return t.HMACSHAStrategyUnPrefixed.ValidateRefreshToken(ctx, r, strings.TrimPrefix(token, prefixRefresh))
}

func (t strategy) GenerateAuthorizeCode(ctx context.Context, r fosite.Requester) (string, string, error) {
	token, signature, err := t.HMACSHAStrategyUnPrefixed.GenerateAuthorizeCode(ctx, r)
	return prefixCode + token, signature, err
}

func (t strategy) ValidateAuthorizeCode(ctx context.Context, r fosite.Requester, token string) error {
	return t.HMACSHAStrategyUnPrefixed.ValidateAuthorizeCode(ctx, r, strings.TrimPrefix(token, prefixCode))
}

// engine is fosite, put together of those of its handlers that this room uses.
type engine struct {
	*fosite.Fosite
	strategy strategy
}

// clientKey is the key of the authenticated client in a context.
type clientKey struct{}

func newEngine(k *keys, st *store, accessLife time.Duration) *engine {
	anything := func([]string, string) bool { return true } // scopes and audiences are this room's own business
	cfg := &fosite.Config{
		GlobalSecret: k.tokens, AuthorizeCodeLifespan: codeLife, AccessTokenLifespan: accessLife, RefreshTokenLifespan: refreshLife,
		EnforcePKCE: true, RefreshTokenScopes: []string{}, OmitRedirectScopeParam: true,
		SanitationWhiteList:      []string{"redirect_uri"},
		ScopeStrategy:            anything,
		AudienceMatchingStrategy: func([]string, []string) error { return nil },
		RedirectSecureChecker:    func(context.Context, *url.URL) bool { return true }, // checked when it was registered
		ClientAuthenticationStrategy: func(ctx context.Context, _ *http.Request, _ url.Values) (fosite.Client, error) {
			return ctx.Value(clientKey{}).(*client), nil
		},
	}
	t := strategy{oauth2.NewHMACSHAStrategyUnPrefixed(&hmac.HMACStrategy{Config: cfg}, cfg)}
	code := &oauth2.AuthorizeExplicitGrantHandler{
		AccessTokenStrategy: t, RefreshTokenStrategy: t, AuthorizeCodeStrategy: t,
		CoreStorage: st, TokenRevocationStorage: st, Config: cfg,
	}
	proof := &pkce.Handler{AuthorizeCodeStrategy: t, Storage: st, Config: cfg}
	refresh := &oauth2.RefreshTokenGrantHandler{AccessTokenStrategy: t, RefreshTokenStrategy: t, TokenRevocationStorage: st, Config: cfg}
	cfg.AuthorizeEndpointHandlers = fosite.AuthorizeEndpointHandlers{code, proof}
	cfg.TokenEndpointHandlers = fosite.TokenEndpointHandlers{code, proof, refresh}
	cfg.RevocationHandlers = fosite.RevocationHandlers{
		&oauth2.TokenRevocationHandler{TokenRevocationStorage: st, RefreshTokenStrategy: t, AccessTokenStrategy: t},
	}
	return &engine{fosite.NewOAuth2Provider(st, cfg), t}
}

// code makes the code that a client exchanges for tokens of a grant. ctx carries a transaction.
func (e *engine) code(ctx context.Context, ask *request, r *grantRecord) (string, error) {
	q := fosite.NewAuthorizeRequest()
	q.ID, q.Client, q.Session, q.State = r.ID, ask.client, newSession(), ask.state
	q.RedirectURI, _ = url.Parse(ask.redirect)
	q.ResponseTypes, q.GrantedScope = fosite.Arguments{"code"}, r.scope()
	q.Form = url.Values{
		"redirect_uri": {ask.redirect}, "code_challenge": {ask.challenge}, "code_challenge_method": {"S256"},
	}
	answer, err := e.NewAuthorizeResponse(ctx, q, q.Session)
	if err != nil {
		return "", err
	}
	return answer.GetCode(), nil
}

// Verify returns who presents an access token and when that ends. The error is ErrMalformed,
// ErrUnknown or ErrExpired. It reads nothing but memory.
func (s *Server) Verify(token string) (*caller.Caller, time.Time, error) {
	text, ok := strings.CutPrefix(token, prefixAccess)
	if !ok || len(text) > 128 {
		return nil, time.Time{}, ErrMalformed
	}
	if err := s.engine.strategy.Enigma.Validate(context.Background(), text); err != nil {
		return nil, time.Time{}, ErrMalformed
	}
	_, signature, _ := strings.Cut(text, ".")
	return s.index.lookup(signature, time.Now())
}
