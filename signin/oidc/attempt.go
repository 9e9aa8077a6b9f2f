package oidc

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// attempt is what has to be remembered of a sign-in while the browser is away.
type attempt struct {
	Callback string `json:"callback"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"` // of PKCE (RFC 7636)
}

// maxCode bounds an authorization code, in bytes.
const maxCode = 16 << 10

// Begin returns where to send a browser for sign-in, and what Finish has to be given again, which
// is secret. The provider sends the browser back to callback, with state, which must be new,
// impossible to guess and bound to that browser. The error is ErrUnavailable.
func (p *Provider) Begin(ctx context.Context, callback, state string) (address string, memory []byte, err error) {
	if callback == "" || state == "" {
		return "", nil, errors.New("begin sign-in: no callback, or no state")
	}
	m, _, err := p.document.get(ctx)
	if err != nil {
		return "", nil, fmt.Errorf("begin sign-in at %q: %w", p.cfg.Issuer, err)
	}
	client, err := p.oauth(m, callback)
	if err != nil {
		return "", nil, fmt.Errorf("begin sign-in at %q: %w", p.cfg.Issuer, err)
	}
	a := attempt{callback, rand.Text(), oauth2.GenerateVerifier()}
	memory, err = json.Marshal(a)
	if err != nil {
		return "", nil, err
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)}
	for name, value := range p.cfg.Params {
		options = append(options, oauth2.SetAuthURLParam(name, value))
	}
	return client.AuthCodeURL(state, options...), memory, nil
}

// Finish checks the query that the browser came back to callback with, and returns who signed in.
// The caller has checked its state already. The error is ErrDenied or ErrUnavailable.
func (p *Provider) Finish(ctx context.Context, callback string, memory []byte, answer url.Values) (Identity, error) {
	who, token, err := p.finish(ctx, callback, memory, answer)
	if err != nil {
		return Identity{}, fmt.Errorf("finish sign-in at %q: %w", p.cfg.Issuer, err)
	}
	who.Session = session{who.Subject, token}.bytes()
	return who, nil
}

// finish returns the person, and the refresh token if there is one.
func (p *Provider) finish(ctx context.Context, callback string, memory []byte, answer url.Values) (Identity, string, error) {
	var a attempt
	if err := json.Unmarshal(memory, &a); err != nil || a.Nonce == "" || a.Verifier == "" || a.Callback != callback {
		return Identity{}, "", fmt.Errorf("%w: it began elsewhere: start again", ErrDenied)
	}
	m, _, err := p.document.get(ctx)
	if err != nil {
		return Identity{}, "", err
	}
	code, err := p.codeIn(m, answer)
	if err != nil {
		return Identity{}, "", err
	}
	client, err := p.oauth(m, callback)
	if err != nil {
		return Identity{}, "", err
	}
	token, err := client.Exchange(oidc.ClientContext(ctx, p.client), code, oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return Identity{}, "", tokenError(err, code)
	}
	who, err := p.who(ctx, m, token, a.Nonce)
	return who, token.RefreshToken, err
}

// codeIn returns the code in an authorization response, after RFC 9207's check of who it is from.
func (p *Provider) codeIn(m *metadata, answer url.Values) (string, error) {
	for _, name := range []string{"code", "state", "iss", "error"} {
		if len(answer[name]) > 1 {
			return "", fmt.Errorf("%w: the answer has more than one %q", ErrDenied, name)
		}
	}
	if answer.Has("iss") || m.NamesIssuer {
		if answer.Get("iss") != p.cfg.Issuer {
			return "", fmt.Errorf("%w: the answer is from another provider", ErrDenied)
		}
	}
	if name := answer.Get("error"); name != "" {
		return "", answerError(name, answer.Get("error_description"))
	}
	code := answer.Get("code")
	if code == "" || len(code) > maxCode || strings.ContainsFunc(code, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "", fmt.Errorf("%w: the answer has no code", ErrDenied)
	}
	return code, nil
}
