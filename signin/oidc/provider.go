// Package oidc is the talk with a company's identity provider, by OpenID Connect: the owner's own
// sign-in, the sign-in of agents' users, and the check whether they may still enter.
package oidc

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"
)

var (
	// ErrDenied means that the provider, or the owner's lists, do not let this person in, or not any more.
	ErrDenied = errors.New("sign-in refused")
	// ErrUnavailable means that nothing was learned about anybody: the provider is down, slow, or set
	// up in another way than this bridge. Asking again later may help.
	ErrUnavailable = errors.New("the identity provider gives no answer")
	// ErrSignedOut means that the owner has to sign in first.
	ErrSignedOut = errors.New("not signed in: sign in first")
)

// Config says which provider, and whom of those that it knows.
type Config struct {
	// Issuer is the provider's address exactly as it writes it, a slash at the end included; required.
	// It is https; http is for a provider on this machine.
	Issuer string
	// ClientID is what the provider calls this bridge; required.
	ClientID string
	// Secret returns the client's secret; "" is none. It is asked whenever it is needed. nil is a
	// public client, which has none.
	Secret func() (string, error)
	// Name is for people; "" is the issuer's host.
	Name string
	// Scopes are asked for besides "openid"; nil is profile, email, and offline_access if the provider has it.
	Scopes []string
	// Params are added to the address of the sign-in page, as in prompt=consent, which some providers
	// want before they give a refresh token; nil is none. What the protocol itself sets cannot be set.
	Params map[string]string
	// Hosts are names besides the issuer's whose addresses may be private, for a provider that
	// has its token endpoint or keys elsewhere in the company's network; nil is none.
	Hosts []string
	// Claims says where a person's attributes are; the zero value is where OpenID Connect has them.
	Claims Claims
	// Allow says who may enter; the zero value is everybody whom the provider signs in for ClientID.
	Allow Allow
	// Algorithms are the signatures that are taken, of RS, PS and ES 256 to 512 and EdDSA; nil is all of those.
	Algorithms []string
	// Audiences are those of the JWTs that Verify takes; nil is none, so that it takes no JWT.
	Audiences []string
	// Assertions lets the provider vouch for agents by itself: without it Keys returns none.
	Assertions bool
	// Transport makes the requests; nil is one that speaks https and reaches no private address but the hosts above.
	Transport http.RoundTripper
}

// Provider is one identity provider. Its methods may be called by any number of goroutines. What it
// publishes is fetched when needed, kept for an hour, and in an outage used for up to a day.
type Provider struct {
	cfg      Config
	client   *http.Client
	document document[*metadata]
	keys     document[[]key]
	renewals renewals
}

// algorithms are all that may be allowed: asymmetric ones, since a public key is no shared secret.
var algorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// reserved are parameters of the sign-in page that the protocol sets.
var reserved = []string{
	"response_type", "response_mode", "client_id", "client_secret", "redirect_uri", "scope", "state", "nonce",
	"code_challenge", "code_challenge_method", "request", "request_uri",
}

// New returns the provider that cfg describes. It asks nothing of it yet, so that a bridge can
// start without a network.
func New(cfg Config) (*Provider, error) {
	issuer, err := checkConfig(cfg)
	if err != nil {
		return nil, fmt.Errorf("identity provider %.200q: %w", cfg.Issuer, err)
	}
	if cfg.Name == "" {
		cfg.Name = issuer.Host
	}
	if cfg.Algorithms == nil {
		cfg.Algorithms = algorithms
	}
	cfg.Claims = cfg.Claims.filled()
	p := &Provider{cfg: cfg, client: newClient(issuer, cfg.Hosts, cfg.Transport)}
	p.document.fetch = p.discover
	p.keys.fetch = p.fetchKeys
	return p, nil
}

func checkConfig(cfg Config) (*url.URL, error) {
	issuer, err := url.Parse(cfg.Issuer)
	switch {
	case err != nil:
		return nil, &Fault{"issuer", "is not an address"}
	case issuer.RawQuery != "" || strings.ContainsAny(cfg.Issuer, "|?#"):
		return nil, &Fault{"issuer", "has a query or a fragment, which no issuer has"}
	case cfg.ClientID == "":
		return nil, &Fault{"clientId", "is missing: register this bridge at the provider, and enter the client id that it gives"}
	case cfg.Algorithms != nil && len(cfg.Algorithms) == 0:
		return nil, &Fault{"tokens.algorithms", "allows none"}
	}
	if err := checkAddress(issuer, isHome(issuer)); err != nil {
		return nil, &Fault{"issuer", err.Error()}
	}
	for _, a := range cfg.Algorithms {
		if !slices.Contains(algorithms, a) {
			return nil, &Fault{"tokens.algorithms", fmt.Sprintf("has %.40q; use %s", a, strings.Join(algorithms, ", "))}
		}
	}
	for name := range cfg.Params {
		if slices.Contains(reserved, strings.ToLower(name)) {
			return nil, &Fault{"params", fmt.Sprintf("has %.40q, a parameter that the sign-in itself sets", name)}
		}
	}
	return issuer, cfg.Claims.check()
}

// Issuer is the provider's address, the first half of every Subject that comes from it.
func (p *Provider) Issuer() string { return p.cfg.Issuer }

// Name is what people call it.
func (p *Provider) Name() string { return p.cfg.Name }

// oauth is this bridge as a client of the provider, which sends browsers back to callback.
func (p *Provider) oauth(m *metadata, callback string) (*oauth2.Config, error) {
	secret, err := p.secret()
	if err != nil {
		return nil, err
	}
	return &oauth2.Config{
		ClientID: p.cfg.ClientID, ClientSecret: secret, RedirectURL: callback, Scopes: p.scopes(m),
		Endpoint: oauth2.Endpoint{AuthURL: m.AuthURL, TokenURL: m.TokenURL, AuthStyle: m.authStyle(secret)},
	}, nil
}

func (p *Provider) secret() (string, error) {
	if p.cfg.Secret == nil {
		return "", nil
	}
	secret, err := p.cfg.Secret()
	if err != nil {
		return "", fmt.Errorf("%w: the client's secret: %w", ErrUnavailable, err)
	}
	return secret, nil
}

func (p *Provider) scopes(m *metadata) []string {
	scopes := p.cfg.Scopes
	if scopes == nil {
		scopes = []string{"profile", "email"}
		if slices.Contains(m.Scopes, "offline_access") {
			scopes = append(scopes, "offline_access")
		}
	}
	return append([]string{"openid"}, slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return s == "openid" })...)
}
