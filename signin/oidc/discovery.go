package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// metadata is what a provider says of itself (OpenID Connect Discovery §3, RFC 8414 §2).
type metadata struct {
	AuthURL     string   `json:"authorization_endpoint"`
	TokenURL    string   `json:"token_endpoint"`
	KeysURL     string   `json:"jwks_uri"`
	UserInfoURL string   `json:"userinfo_endpoint"`
	RevokeURL   string   `json:"revocation_endpoint"`
	AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
	Scopes      []string `json:"scopes_supported"`
	NamesIssuer bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207 §3

	provider *oidc.Provider
}

// discover reads the provider's metadata. An issuer that is another, even by one slash, is an error:
// everything that is believed later hangs on it.
func (p *Provider) discover(ctx context.Context) (*metadata, error) {
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.cfg.Issuer)
	var other *oidc.IssuerMismatchError
	switch {
	case errors.As(err, &other):
		return nil, fmt.Errorf("read the metadata of %q: it calls itself %.200q: enter the issuer exactly so, or look who answers there", p.cfg.Issuer, other.Discovered)
	case err != nil:
		return nil, fmt.Errorf("read the metadata of %q: %w", p.cfg.Issuer, brief(err))
	}
	m := &metadata{provider: provider}
	if err := provider.Claims(m); err != nil {
		return nil, fmt.Errorf("read the metadata of %q: %w", p.cfg.Issuer, err)
	}
	if err := p.checkEndpoints(m); err != nil {
		return nil, fmt.Errorf("read the metadata of %q: %w", p.cfg.Issuer, err)
	}
	return m, nil
}

func (p *Provider) checkEndpoints(m *metadata) error {
	issuer, err := url.Parse(p.cfg.Issuer)
	if err != nil {
		return err
	}
	for _, e := range []struct {
		name, address string
		needed        bool
	}{
		{"authorization_endpoint", m.AuthURL, true},
		{"token_endpoint", m.TokenURL, true},
		{"jwks_uri", m.KeysURL, true},
		{"userinfo_endpoint", m.UserInfoURL, false},
		{"revocation_endpoint", m.RevokeURL, false},
	} {
		if e.address == "" && !e.needed {
			continue
		}
		u, err := url.Parse(e.address)
		if err != nil {
			return fmt.Errorf("its %s is not an address", e.name)
		}
		if err := checkAddress(u, isHome(issuer)); err != nil {
			return fmt.Errorf("its %s %w", e.name, err)
		}
	}
	return nil
}

// authStyle is how this client shows who it is. It is never found out by trying: a code or refresh
// token that is sent twice looks stolen.
func (m *metadata) authStyle(secret string) oauth2.AuthStyle {
	basic := len(m.AuthMethods) == 0 || slices.Contains(m.AuthMethods, "client_secret_basic")
	if secret != "" && (basic || !slices.Contains(m.AuthMethods, "client_secret_post")) {
		return oauth2.AuthStyleInHeader
	}
	return oauth2.AuthStyleInParams
}
