package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	// skew is how far the provider's clock and ours may be apart.
	skew = 2 * time.Minute
	// maxToken bounds a JWT, in bytes.
	maxToken = 64 << 10
)

// witness keeps what was wrong with a signature, of which the verifier above passes on the text alone.
type witness struct {
	p     *Provider
	ago   time.Duration
	fault error
}

func (w *witness) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := w.p.verify(ctx, token, w.ago)
	w.fault = err
	return payload, err
}

// checkToken verifies signature, issuer and times of a JWT, and that it is for one of audiences. An
// error that is not ErrUnavailable is about the token, not about a person.
//
// Keys that were read that long ago are read again for a token with another.
func (p *Provider) checkToken(ctx context.Context, raw string, ago time.Duration, audiences ...string) (*oidc.IDToken, claims, error) {
	if len(raw) > maxToken {
		return nil, nil, fmt.Errorf("the token is longer than %d bytes", maxToken)
	}
	w := &witness{p: p, ago: ago}
	token, err := oidc.NewVerifier(p.cfg.Issuer, w, &oidc.Config{
		SkipClientIDCheck: true, SupportedSigningAlgs: p.cfg.Algorithms,
		Now: func() time.Time { return time.Now().Add(-skew) },
	}).Verify(ctx, raw)
	if errors.Is(w.fault, ErrUnavailable) {
		return nil, nil, w.fault
	}
	if err != nil {
		return nil, nil, brief(err)
	}
	var text json.RawMessage
	if err := token.Claims(&text); err != nil {
		return nil, nil, err
	}
	c, err := parseClaims(text)
	if err != nil {
		return nil, nil, fmt.Errorf("the token's claims: %w", err)
	}
	ours := func(a string) bool { return a != "" && slices.Contains(audiences, a) }
	if !slices.ContainsFunc(token.Audience, ours) {
		return nil, nil, errors.New("the token is for somebody else")
	}
	return token, c, checkTimes(token, c)
}

// checkTimes refuses a token from the future, which the verifier lets pass.
func checkTimes(token *oidc.IDToken, c claims) error {
	latest := time.Now().Add(skew)
	before := time.Time{}
	if n, ok := c["nbf"].(json.Number); ok {
		seconds, err := n.Float64()
		if err != nil || seconds > 1e11 {
			return errors.New("the token's `nbf` is no time")
		}
		before = time.Unix(int64(seconds), 0)
	}
	if token.IssuedAt.After(latest) || before.After(latest) {
		return errors.New("the token is from the future: the clock of this machine or of the provider is wrong")
	}
	return nil
}

// checkIDToken verifies the ID token in an answer of the token endpoint (OpenID Connect Core
// §3.1.3.7 and §12.2). The zero nonce is that of a refresh, whose ID token has none. It comes from
// the provider itself, so its key is looked for at once.
func (p *Provider) checkIDToken(ctx context.Context, raw, nonce string, answer *oauth2.Token) (claims, error) {
	token, c, err := p.checkToken(ctx, raw, 0, p.cfg.ClientID)
	if err != nil {
		return nil, err
	}
	azp := c.text("azp")
	switch {
	case token.Subject == "":
		return nil, errors.New("the ID token names nobody")
	case azp != "" && azp != p.cfg.ClientID, azp == "" && len(token.Audience) > 1:
		return nil, errors.New("the ID token was made for another client")
	case nonce != "" && !same(token.Nonce, nonce):
		return nil, errors.New("the ID token belongs to another sign-in")
	case token.AccessTokenHash != "" && token.VerifyAccessToken(answer.AccessToken) != nil:
		return nil, errors.New("the ID token belongs to another access token")
	}
	return c, nil
}

// who reads an answer of the token endpoint: the ID token, and where that does not say enough, what
// the provider's userinfo endpoint adds.
func (p *Provider) who(ctx context.Context, m *metadata, answer *oauth2.Token, nonce string) (Identity, error) {
	var c claims
	raw, _ := answer.Extra("id_token").(string)
	switch {
	case raw != "":
		var err error
		if c, err = p.checkIDToken(ctx, raw, nonce, answer); err != nil {
			return Identity{}, tokenFault(nonce, err)
		}
	case nonce != "":
		return Identity{}, fmt.Errorf("%w: the provider sent no ID token", ErrUnavailable)
	case m.UserInfoURL == "":
		return Identity{}, fmt.Errorf("%w: the provider does not say any more who this is: sign in again", ErrDenied)
	}
	wanted := raw == "" || p.lacks(c)
	if m.UserInfoURL != "" && (wanted || c.find(p.cfg.Claims.Email) == nil) {
		more, err := p.userInfo(ctx, m, answer, c)
		if err != nil && (wanted || errors.Is(err, ErrDenied)) {
			return Identity{}, err
		}
		c = more
	}
	return p.identify(c)
}

// lacks reports whether c leaves out something that decides who may enter.
func (p *Provider) lacks(c claims) bool {
	return c.find(p.cfg.Claims.Subject) == nil ||
		p.cfg.Claims.Groups != "" && c.find(p.cfg.Claims.Groups) == nil ||
		len(p.cfg.Allow.Domains) > 0 && c.find("email") == nil
}

// tokenFault is what a bad ID token means: no sign-in, but at a refresh also nobody's end, as it is
// the provider's fault, or a clock's.
func tokenFault(nonce string, err error) error {
	if nonce == "" || errors.Is(err, ErrUnavailable) {
		return unavailable(err)
	}
	return fmt.Errorf("%w: %w", ErrDenied, err)
}

// userInfo returns c with what the userinfo endpoint adds to it; c alone, also, when there is an error.
func (p *Provider) userInfo(ctx context.Context, m *metadata, answer *oauth2.Token, c claims) (claims, error) {
	info, err := m.provider.UserInfo(oidc.ClientContext(ctx, p.client), oauth2.StaticTokenSource(answer))
	if err != nil {
		return c, fmt.Errorf("%w: read who it is: %w", ErrUnavailable, brief(err))
	}
	if info.Subject == "" || c != nil && info.Subject != c.text("sub") {
		return c, fmt.Errorf("%w: the provider's userinfo is about somebody else", ErrDenied)
	}
	var text json.RawMessage
	if err := info.Claims(&text); err != nil {
		return c, unavailable(err)
	}
	more, err := parseClaims(text)
	if err != nil {
		return c, unavailable(err)
	}
	for name, value := range c {
		more[name] = value
	}
	return more, nil
}
