package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"time"

	"drawbridge/app/settings"
	"drawbridge/internal/caller"
	"drawbridge/signin/oidc"
)

// trusted is whose own access tokens are a way in. The zero value is nobody's.
type trusted struct {
	issuers []trustedIssuer

	mu    sync.Mutex // guards the field below
	known map[[sha256.Size]byte]trustedToken
}

type trustedIssuer struct {
	chosen   settings.Tokens
	provider *oidc.Provider
}

// trustedToken is one that was verified, so that a signature is checked once.
type trustedToken struct {
	who   *caller.Caller
	ends  time.Time
	until time.Time // it is looked at again after
}

const (
	maxTrusted  = 4096
	trustedTime = 10 * time.Second // for a provider to say what its keys are
	// trustedFor bounds how long a verified token is not looked at again, so that keys which the provider
	// took back count soon.
	trustedFor = 5 * time.Minute
)

func (t *trusted) add(chosen settings.Tokens, p *oidc.Provider) {
	if len(chosen.Audiences) > 0 {
		t.issuers = append(t.issuers, trustedIssuer{chosen, p})
	}
}

// has reports whether an agent of that name comes in by a provider's tokens, in whatever case.
func (t *trusted) has(agent string) bool {
	return slices.ContainsFunc(t.issuers, func(i trustedIssuer) bool { return strings.EqualFold(i.chosen.Agent, agent) })
}

// verify returns who presents a provider's token, and when it ends.
func (t *trusted) verify(token string) (*caller.Caller, time.Time, error) {
	now, digest := time.Now(), sha256.Sum256([]byte(token))
	t.mu.Lock()
	k, ok := t.known[digest]
	t.mu.Unlock()
	if ok && now.Before(k.until) {
		return k.who, k.ends, nil
	}
	if ok && !now.Before(k.ends) {
		return nil, time.Time{}, caller.ErrEnded
	}
	ctx, cancel := context.WithTimeout(context.Background(), trustedTime)
	defer cancel()
	for _, i := range t.issuers {
		who, ends, err := i.provider.Verify(ctx, token)
		if err == nil {
			k := trustedToken{i.caller(who), ends, now.Add(trustedFor)}
			if ends.Before(k.until) {
				k.until = ends
			}
			t.keep(digest, k)
			return k.who, ends, nil
		}
	}
	return nil, time.Time{}, errUnknownToken
}

// caller is who comes in as that person: each is a grant of its own.
func (i trustedIssuer) caller(who oidc.Identity) *caller.Caller {
	sum := sha256.Sum256([]byte(i.chosen.Agent + "\x00" + who.Subject))
	return &caller.Caller{
		Agent: i.chosen.Agent, Grant: "idp-" + hex.EncodeToString(sum[:16]),
		User: who.Subject, Email: who.Email, Groups: who.Groups, Scopes: scopes(i.chosen.Servers, i.chosen.Tools),
	}
}

func (t *trusted) keep(digest [sha256.Size]byte, k trustedToken) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil || len(t.known) >= maxTrusted {
		t.known = map[[sha256.Size]byte]trustedToken{}
	}
	t.known[digest] = k
}
