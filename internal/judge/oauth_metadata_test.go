package judge

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestMetadataLocations: what a client needs is found from every endpoint, in each way that a revision has.
func TestMetadataLocations(t *testing.T) {
	judging(t)
	b := serve(t, pair(t))
	c := b.client(t)
	for _, endpoint := range []string{"/mcp", "/sse", "/ws", "/echo/mcp", "/echo/sse", "/echo/ws"} {
		resp, err := c.Get(b.url + endpoint)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		challenge := resp.Header.Get("WWW-Authenticate")
		where := regexp.MustCompile(`^Bearer resource_metadata="([^"]+)", scope="([^"]+)"$`).FindStringSubmatch(challenge)
		if resp.StatusCode != http.StatusUnauthorized || len(resp.Header.Values("WWW-Authenticate")) != 1 || where == nil {
			t.Errorf("%s: HTTP %d, challenge %q", endpoint, resp.StatusCode, challenge)
			continue
		}
		if inserted := b.url + "/.well-known/oauth-protected-resource" + endpoint; where[1] != inserted {
			t.Errorf("%s: its metadata is at %s, want %s", endpoint, where[1], inserted)
		}
		m := b.metadata(t, where[1])
		if m.Resource != b.url+endpoint || !slices.Equal(m.Servers, []string{b.url}) || !slices.Contains(m.Scopes, where[2]) {
			t.Errorf("%s: %+v", endpoint, m)
		}
	}
	if m := b.metadata(t, b.url+"/.well-known/oauth-protected-resource"); m.Resource != b.url || !slices.Equal(m.Servers, []string{b.url}) {
		t.Errorf("at the root: %+v", m)
	}
	for _, path := range []string{"oauth-authorization-server", "openid-configuration"} {
		m := b.metadata(t, b.url+"/.well-known/"+path)
		for name, got := range map[string]string{"authorize": m.Authorize, "token": m.Token, "register": m.Register, "revoke": m.Revoke} {
			if got != b.url+"/"+name {
				t.Errorf("%s: %s is at %s", path, name, got)
			}
		}
		if m.Issuer != b.url || !m.NamesIssuer || !m.ReadsDocuments || !slices.Equal(m.Challenges, []string{"S256"}) ||
			!slices.Equal(m.Methods, []string{"none", "client_secret_basic", "client_secret_post"}) || !slices.Contains(m.Scopes, "offline_access") {
			t.Errorf("%s: %+v", path, m)
		}
	}
}

// described is the metadata of resources and of authorization servers.
type described struct {
	Resource       string   `json:"resource"`
	Servers        []string `json:"authorization_servers"`
	Scopes         []string `json:"scopes_supported"`
	Issuer         string   `json:"issuer"`
	Authorize      string   `json:"authorization_endpoint"`
	Token          string   `json:"token_endpoint"`
	Register       string   `json:"registration_endpoint"`
	Revoke         string   `json:"revocation_endpoint"`
	Methods        []string `json:"token_endpoint_auth_methods_supported"`
	Challenges     []string `json:"code_challenge_methods_supported"`
	NamesIssuer    bool     `json:"authorization_response_iss_parameter_supported"`
	ReadsDocuments bool     `json:"client_id_metadata_document_supported"`
}

func (b *bridge) metadata(t *testing.T, address string) (m described) {
	t.Helper()
	resp, err := b.client(t).Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		t.Fatalf("%s: HTTP %d, %s", address, resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	if err := json.NewDecoder(resp.Body).Decode(&m); err != nil {
		t.Fatal(err)
	}
	return m
}
