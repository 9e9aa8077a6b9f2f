package oidc

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Verify takes a JWT that the provider has made for Config.Audiences as proof of who presents it, and
// returns that person and when the token ends. A token that names another issuer is refused
// before anything is asked. The error is ErrDenied or ErrUnavailable.
func (p *Provider) Verify(ctx context.Context, raw string) (Identity, time.Time, error) {
	who, ends, err := p.trust(ctx, raw)
	if err != nil {
		return Identity{}, time.Time{}, fmt.Errorf("token of %q: %w", p.cfg.Issuer, err)
	}
	return who, ends, nil
}

func (p *Provider) trust(ctx context.Context, raw string) (Identity, time.Time, error) {
	if len(p.cfg.Audiences) == 0 || len(raw) > maxToken || issuerOf(raw) != p.cfg.Issuer {
		return Identity{}, time.Time{}, fmt.Errorf("%w: it is not from there, or not trusted", ErrDenied)
	}
	token, c, err := p.checkToken(ctx, raw, pause, p.cfg.Audiences...)
	if err == nil && isIDToken(c) {
		err = errors.New("it is an ID token, which tells a client who signed in and lets nobody in")
	}
	if errors.Is(err, ErrUnavailable) {
		return Identity{}, time.Time{}, err
	}
	if err != nil {
		return Identity{}, time.Time{}, fmt.Errorf("%w: %w", ErrDenied, err)
	}
	who, err := p.identify(c)
	return who, token.Expiry, err
}

// isIDToken reports whether c has claims that only ID tokens have: every one made for this client has the first.
func isIDToken(c claims) bool {
	return c["nonce"] != nil || c["at_hash"] != nil || c["c_hash"] != nil
}

// issuerOf is whom a JWT says that it is from, without a check.
func issuerOf(raw string) string {
	_, rest, _ := strings.Cut(raw, ".")
	payload, _, _ := strings.Cut(rest, ".")
	text, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		return ""
	}
	var c struct {
		Issuer string `json:"iss"`
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return ""
	}
	return c.Issuer
}
