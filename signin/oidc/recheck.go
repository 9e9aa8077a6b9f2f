package oidc

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// session is what Recheck needs to ask about a person again.
type session struct {
	Subject string `json:"subject"` // `issuer|subject`
	Refresh string `json:"refresh"`
}

// bytes is s as it is kept; nil when there is nothing to ask with.
func (s session) bytes() []byte {
	if s.Refresh == "" {
		return nil
	}
	text, err := json.Marshal(s)
	if err != nil {
		return nil // two strings are always JSON
	}
	return text
}

func parseSession(text []byte, issuer string) (session, error) {
	var s session
	if err := json.Unmarshal(text, &s); err != nil || s.Refresh == "" || !strings.HasPrefix(s.Subject, issuer+"|") {
		return s, fmt.Errorf("%w: there is nothing left to ask with: sign in again", ErrDenied)
	}
	return s, nil
}

// recheckTime bounds one recheck; the end of the caller's context does not end it, because an answer
// that nobody reads would be a lost refresh token.
const recheckTime = 25 * time.Second

// Recheck asks whether somebody may still enter, with the Session of the last Identity. The new
// Identity has another Session, which replaces that one; the old one is good for a minute more, so
// that two who have the same may ask.
//
// ErrDenied means that this person is out, or has to sign in again. ErrUnavailable means that
// nothing is known and the session is as good as before.
func (p *Provider) Recheck(ctx context.Context, text []byte) (Identity, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recheckTime)
	defer cancel()
	s, err := parseSession(text, p.cfg.Issuer)
	if err != nil {
		return Identity{}, fmt.Errorf("ask %q again: %w", p.cfg.Issuer, err)
	}
	who, err := p.recheck(ctx, s, func(string) error { return nil })
	if err != nil {
		return Identity{}, fmt.Errorf("ask %q again: %w", p.cfg.Issuer, err)
	}
	return who, nil
}

// recheck gives save the refresh token that replaces the one in s, before anything depends on it.
func (p *Provider) recheck(ctx context.Context, s session, save func(refresh string) error) (Identity, error) {
	// What is needed afterwards is fetched first: a refresh token is not spent for nothing.
	m, _, err := p.document.get(ctx)
	if err != nil {
		return Identity{}, err
	}
	if _, _, err := p.keys.get(ctx); err != nil {
		return Identity{}, err
	}
	answer, err := p.renew(ctx, m, s.Refresh, save)
	if err != nil {
		return Identity{}, err
	}
	if err := save(answer.RefreshToken); err != nil {
		return Identity{}, err
	}
	who, err := p.who(ctx, m, answer, "")
	if err != nil {
		return Identity{}, err
	}
	if who.Subject != s.Subject {
		return Identity{}, fmt.Errorf("%w: the provider now says that it is somebody else", ErrDenied)
	}
	who.Session = session{who.Subject, answer.RefreshToken}.bytes()
	return who, nil
}

const (
	// again is how long a spent refresh token gives the same answer again.
	again = time.Minute
	// remembered is how long a spent refresh token still leads to the one that replaced it, for
	// somebody who never got that one.
	remembered  = time.Hour
	maxRenewals = 4096
)

// renewals makes each refresh token be used once, as providers that rotate them want: they take a second use for a theft.
type renewals struct {
	mu   sync.Mutex // guards the fields below
	made map[[sha256.Size]byte]*renewal
}

// renewal is one use of a refresh token.
type renewal struct {
	began  time.Time
	done   chan struct{} // closed by the goroutine that asks, when the fields below are set
	answer *oauth2.Token
	err    error
	spent  bool // the answer has another refresh token
}

// renew returns the provider's answer to a refresh token, the same one for all who ask within a
// minute. A token that replaced it long ago is given to save before it is used.
func (p *Provider) renew(ctx context.Context, m *metadata, refresh string, save func(string) error) (*oauth2.Token, error) {
	for range 8 {
		r, mine := p.renewals.join(refresh)
		if mine {
			answer, err := p.ask(ctx, m, refresh)
			p.renewals.finish(refresh, r, answer, err)
			return answer, err
		}
		select {
		case <-r.done:
		case <-ctx.Done():
			return nil, unavailable(ctx.Err())
		}
		if r.err != nil || time.Since(r.began) < again {
			return r.answer, r.err
		}
		refresh = r.answer.RefreshToken
		if err := save(refresh); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%w: the session is older than all that is known: sign in again", ErrDenied)
}

func (p *Provider) ask(ctx context.Context, m *metadata, refresh string) (*oauth2.Token, error) {
	client, err := p.oauth(m, "")
	if err != nil {
		return nil, err
	}
	answer, err := client.TokenSource(oidc.ClientContext(ctx, p.client), &oauth2.Token{RefreshToken: refresh}).Token()
	if err != nil {
		return nil, tokenError(err, refresh)
	}
	return answer, nil
}

// join returns the use of a refresh token, and whether it is the caller's to make.
func (r *renewals) join(refresh string) (*renewal, bool) {
	key := sha256.Sum256([]byte(refresh))
	r.mu.Lock()
	defer r.mu.Unlock()
	if old := r.made[key]; old != nil {
		return old, false
	}
	if r.made == nil {
		r.made = map[[sha256.Size]byte]*renewal{}
	}
	for k, old := range r.made {
		if old.spent && (time.Since(old.began) > remembered || len(r.made) >= maxRenewals) {
			delete(r.made, k)
		}
	}
	n := &renewal{began: time.Now(), done: make(chan struct{})}
	r.made[key] = n
	return n, true
}

// finish ends a use, which is remembered only if it has spent the token.
func (r *renewals) finish(refresh string, n *renewal, answer *oauth2.Token, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n.answer, n.err = answer, err
	n.spent = err == nil && answer.RefreshToken != refresh
	if !n.spent {
		delete(r.made, sha256.Sum256([]byte(refresh)))
	}
	close(n.done)
}
