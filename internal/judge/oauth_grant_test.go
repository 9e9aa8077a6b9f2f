package judge

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"
)

// agent is one that came in by OAuth, as the test says.
type agent struct {
	b        *bridge
	http     *http.Client
	client   string
	secret   string // "" for a public client
	redirect string

	code, access, refresh string
	scope                 string
}

const verifier = "canary-of-the-verifier-that-is-long-enough-for-pkce"

// asking is the address where an agent sends its user; more changes its parameters, "" leaves one out.
func (a *agent) asking(more map[string]string) string {
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{
		"client_id": {a.client}, "redirect_uri": {a.redirect}, "response_type": {"code"}, "state": {"canary-of-the-state"}, "scope": {"mcp"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	for name, value := range more {
		if q.Set(name, value); value == "" {
			q.Del(name)
		}
	}
	return a.b.url + "/authorize?" + q.Encode()
}

// admit brings an agent in by who, for one server; "" asks for none, as clients of 2025-03-26 do.
func (b *bridge) admit(t *testing.T, who *person, server string) *agent {
	t.Helper()
	back := newReturns(t)
	a := &agent{b: b, http: b.client(t), redirect: back.redirect}
	a.client = b.register(t, "Judge", a.redirect)
	more := map[string]string{}
	if server != "" {
		more["resource"] = b.at(server) + "/mcp"
	}
	answer, err := back.fetch(deadline(t, time.Minute), who, a.asking(more))
	if err != nil {
		t.Fatal(err)
	}
	if answer.Get("iss") != b.url || answer.Get("state") != "canary-of-the-state" {
		t.Errorf("the browser brings back %v", answer)
	}
	a.code = answer.Get("code")
	if status, problem := a.exchange(t); status != http.StatusOK {
		t.Fatalf("exchange: HTTP %d %s", status, problem)
	}
	return a
}

// exchange makes tokens of the code, and says with what status and OAuth error that ended.
func (a *agent) exchange(t *testing.T) (status int, problem string) {
	t.Helper()
	return a.tokens(t, url.Values{
		"grant_type": {"authorization_code"}, "code": {a.code}, "redirect_uri": {a.redirect}, "code_verifier": {verifier},
	})
}

// renew makes new tokens of a refresh token.
func (a *agent) renew(t *testing.T, refresh string) (status int, problem string) {
	t.Helper()
	return a.tokens(t, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}})
}

func (a *agent) tokens(t *testing.T, form url.Values) (status int, problem string) {
	t.Helper()
	form.Set("client_id", a.client)
	if a.secret != "" {
		form.Set("client_secret", a.secret)
	}
	resp, err := a.http.PostForm(a.b.url+"/token", form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
		Scope   string `json:"scope"`
		Problem string `json:"error"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode == http.StatusOK {
		a.access, a.refresh, a.scope = answer.Access, answer.Refresh, answer.Scope
	}
	return resp.StatusCode, answer.Problem
}

// revoke gives a token back (RFC 7009), and returns when the bridge says that it is done.
func (a *agent) revoke(t *testing.T, token string) {
	t.Helper()
	resp, err := a.http.PostForm(a.b.url+"/revoke", url.Values{"client_id": {a.client}, "token": {token}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("revoke: HTTP %d", resp.StatusCode)
	}
}
