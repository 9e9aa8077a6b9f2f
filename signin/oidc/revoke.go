package oidc

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
)

// revoke tells the provider that a refresh token is not needed any more (RFC 7009), if it has a
// place for that.
func (p *Provider) revoke(ctx context.Context, refresh string) error {
	m, _, err := p.document.get(ctx)
	if err != nil || m.RevokeURL == "" {
		return err
	}
	secret, err := p.secret()
	if err != nil {
		return err
	}
	form := url.Values{"token": {refresh}, "token_type_hint": {"refresh_token"}}
	basic := m.authStyle(secret) == oauth2.AuthStyleInHeader
	if !basic {
		form.Set("client_id", p.cfg.ClientID)
		if secret != "" {
			form.Set("client_secret", secret)
		}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, m.RevokeURL, strings.NewReader(form.Encode()))
	if err != nil {
		return unavailable(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if basic {
		r.SetBasicAuth(url.QueryEscape(p.cfg.ClientID), url.QueryEscape(secret)) // RFC 6749 §2.3.1
	}
	answer, err := p.client.Do(r)
	if err != nil {
		return unavailable(brief(err))
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: its revocation endpoint answers %.40q", ErrUnavailable, answer.Status)
	}
	return nil
}
