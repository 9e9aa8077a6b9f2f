package app

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"drawbridge/app/settings"
	"drawbridge/signin/authserver"
	"drawbridge/signin/oidc"
)

// signIn is how people sign in, by the settings in force. It is replaced, never changed.
type signIn struct {
	chosen    settings.SignIn
	providers []provider
	owner     *oidc.Owner // nil without providers
	trusted   trusted
}

// provider is a company's identity provider as the authorization server sees it.
type provider struct{ *oidc.Provider }

func (p provider) Finish(ctx context.Context, callback string, memory []byte, answer url.Values) (authserver.SignIn, error) {
	return signedIn(p.Provider.Finish(ctx, callback, memory, answer))
}

func (p provider) Recheck(ctx context.Context, session []byte) (authserver.SignIn, error) {
	return signedIn(p.Provider.Recheck(ctx, session))
}

func (p provider) Keys(ctx context.Context, id string) ([]crypto.PublicKey, error) {
	keys, err := p.Provider.Keys(ctx, id)
	return keys, denied(err)
}

func signedIn(who oidc.Identity, err error) (authserver.SignIn, error) {
	return authserver.SignIn{
		User:    authserver.User{Subject: who.Subject, Email: who.Email, Groups: who.Groups},
		Session: who.Session,
	}, denied(err)
}

// denied makes authserver.ErrDenied of the provider's own.
func denied(err error) error {
	if errors.Is(err, oidc.ErrDenied) {
		return fmt.Errorf("%w: %w", authserver.ErrDenied, err)
	}
	return err
}

// providers are those at which agents' users sign in.
func (a *App) providers() []authserver.Provider {
	var all []authserver.Provider
	for _, p := range a.signIn.Load().providers {
		all = append(all, p)
	}
	return all
}

// newSignIn makes what the owner chose; what is in force already if that is the same.
func (a *App) newSignIn(chosen settings.SignIn) (*signIn, error) {
	if now := a.signIn.Load(); now.chosen.Equal(chosen) {
		return now, nil
	}
	s := &signIn{chosen: chosen}
	for i, c := range chosen.Providers {
		if slices.ContainsFunc(s.providers, func(p provider) bool { return p.Issuer() == c.Issuer }) {
			return nil, a.refusedProvider(i, &oidc.Fault{Field: "issuer", Text: fmt.Sprintf("is %q, as that of another one; remove one of them", c.Issuer)})
		}
		p, err := oidc.New(a.providerConfig(c))
		if err != nil {
			return nil, a.refusedProvider(i, err)
		}
		s.providers = append(s.providers, provider{p})
		s.trusted.add(c.Tokens, p)
	}
	if len(s.providers) == 0 {
		return s, nil
	}
	var err error
	s.owner, err = oidc.NewOwner(oidc.OwnerConfig{
		Provider: s.providers[0].Provider, Store: ownerSession{a.vault}, Callback: chosen.Providers[0].Callback,
	})
	if err != nil {
		return nil, a.refusedProvider(0, err)
	}
	return s, nil
}

// refusedProvider is the error for a provider that cannot be one, with what of it is to blame.
func (a *App) refusedProvider(i int, err error) error {
	if f := (*oidc.Fault)(nil); errors.As(err, &f) {
		return &settings.Error{Path: a.options.Places.Config, Text: fmt.Sprintf("drawbridge.signIn.providers[%d].%s", i, f)}
	}
	return fmt.Errorf("signIn: %w", err)
}

// setSignIn puts in force how people sign in. Agents that came in by a provider's own tokens go, if that changed.
func (a *App) setSignIn(s *signIn) {
	before := a.signIn.Swap(s)
	if before == s {
		return
	}
	for _, i := range before.trusted.issuers {
		a.bridge.Disconnect(i.chosen.Agent)
	}
	a.holdForSignIn(s) // until the provider has been asked about a sign-in from before
}

func (a *App) providerConfig(c settings.Provider) oidc.Config {
	cfg := oidc.Config{
		Issuer: c.Issuer, ClientID: c.ClientID, Name: c.Name, Scopes: c.Scopes, Params: c.Params, Hosts: c.Hosts,
		Claims: oidc.Claims(c.Claims), Allow: oidc.Allow(c.Allow),
		Algorithms: c.Tokens.Algorithms, Audiences: c.Tokens.Audiences, Assertions: c.Assertions,
	}
	cfg.Secret = a.reference(c.ClientSecret)
	return cfg
}
