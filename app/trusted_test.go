package app

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// signInAt is a config.json with two servers, and provider, whose more is JSON, as where people sign in.
func signInAt(i *idp, more, approve string) string {
	return strings.TrimSuffix(entries("demo", "other"), "}") + `,"drawbridge":{"signIn":{"providers":[{"issuer":"` + i.URL +
		`","clientId":"drawbridge","claims":{"groups":"groups"}` + more + `}]` + approve + `}}}`
}

// TestTrustedTokens: who brings a token that a trusted provider made for this bridge comes in as the agent, and to the server,
// that the owner chose. One that was let in stays in while the provider is down, and goes with the trust.
func TestTrustedTokens(t *testing.T) {
	i := newIDP(t)
	h := newHouse(t, signInAt(i, `,"tokens":{"audiences":["api://bridge"],"agent":"ci","servers":["demo"]}`, "")).run()
	token := i.sign("at+jwt", "api://bridge", nil)
	session := h.begin("/demo/mcp", token)
	h.echo("/demo/mcp", token, session)
	if _, err := h.NewToken("CI", nil, nil, 0); err == nil {
		t.Error("another agent has the same name")
	}
	refused := func(what, path, token string, status int) {
		t.Helper()
		if a, err := h.post(path, token, "", initialize); err != nil || a.status != status {
			t.Errorf("%s: %+v, %v", what, a, err)
		}
	}
	refused("another server", "/other/mcp", token, http.StatusNotFound)
	refused("another audience", "/demo/mcp", i.sign("at+jwt", "api://other", nil), http.StatusUnauthorized)
	refused("over", "/demo/mcp", i.sign("at+jwt", "api://bridge", map[string]any{"exp": time.Now().Add(-10 * time.Minute).Unix()}), http.StatusUnauthorized)
	refused("an ID token", "/demo/mcp", i.sign("JWT", "api://bridge", map[string]any{"nonce": "n"}), http.StatusUnauthorized)
	refused("cut", "/demo/mcp", token[:len(token)-4], http.StatusUnauthorized)
	refused("another company's", "/demo/mcp", newIDP(t).sign("at+jwt", "api://bridge", map[string]any{"iss": i.URL}), http.StatusUnauthorized)

	i.Close()
	trusted := &h.signIn.Load().trusted
	trusted.mu.Lock()
	for digest, k := range trusted.known {
		k.until = time.Time{} // as if it was looked at long ago
		trusted.known[digest] = k
	}
	trusted.mu.Unlock()
	h.echo("/demo/mcp", token, session)
	h.begin("/demo/mcp", i.sign("at+jwt", "api://bridge", nil))

	h.write(h.options.Places.Config, entries("demo"))
	h.owner.Lock()
	err := h.reload()
	h.owner.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	refused("without trust", "/demo/mcp", token, http.StatusUnauthorized)
	snapshot, sub := h.Watch()
	sub.Close()
	if len(snapshot.Sessions) != 0 {
		t.Errorf("sessions without trust: %v", snapshot.Sessions)
	}
}

// TestAssertion: where a rule of the owner's says so, the company's provider alone lets an agent in (Enterprise-Managed
// Authorization); nobody waits for anything. Without the rule, or the owner's word that the provider may, nobody comes in so.
func TestAssertion(t *testing.T) {
	const rule = `,"approve":[{"groups":["dev"],"servers":["demo"]}]`
	for name, c := range map[string]struct {
		more, approve string
		problem       string
	}{
		"as it should be":  {`,"assertions":true`, rule, ""},
		"without the rule": {`,"assertions":true`, "", "access_denied"},
		"not trusted":      {"", rule, "invalid_grant"},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIDP(t)
			h := newHouse(t, signInAt(i, c.more, c.approve)).run()
			v := h.visitor()
			var client struct {
				ID     string `json:"client_id"`
				Secret string `json:"client_secret"`
			}
			v.json("POST", "/register", "application/json", `{"client_name":"Robot","redirect_uris":["`+back+`"],"grant_types":["urn:ietf:params:oauth:grant-type:jwt-bearer"]}`, http.StatusCreated, &client)
			letter := i.sign("oauth-id-jag+jwt", h.Address(), map[string]any{"client_id": client.ID, "resource": h.Address() + "/demo/mcp", "scope": "mcp"})
			exchange := func() (int, map[string]any) {
				r, text := v.do("POST", "/token", form, url.Values{
					"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "client_id": {client.ID}, "client_secret": {client.Secret}, "assertion": {letter},
				}.Encode())
				var answer map[string]any
				if err := json.Unmarshal([]byte(text), &answer); err != nil {
					t.Fatal(err)
				}
				return r.StatusCode, answer
			}
			status, answer := exchange()
			if c.problem != "" {
				if status != http.StatusBadRequest || answer["error"] != c.problem {
					t.Errorf("%d %v", status, answer)
				}
				return
			}
			access, _ := answer["access_token"].(string)
			if status != http.StatusOK || access == "" || answer["refresh_token"] != nil {
				t.Fatalf("%d %v", status, answer)
			}
			h.echo("/demo/mcp", access, h.begin("/demo/mcp", access))
			if a, err := h.post("/other/mcp", access, "", initialize); err != nil || a.status != http.StatusUnauthorized {
				t.Errorf("at another server: %+v, %v", a, err)
			}
			if status, answer := exchange(); status != http.StatusBadRequest || answer["error"] != "invalid_grant" {
				t.Errorf("a second time: %d %v", status, answer)
			}
		})
	}
}
