package judge

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/auth/extauth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
	"golang.org/x/oauth2"
)

// TestEnterpriseManaged: where the owner trusts the company's provider with it, an agent comes in by the provider's word
// for a user who signed in there, and nobody is asked. Without a rule for that user it stays outside.
// https://modelcontextprotocol.io/extensions/auth/enterprise-managed-authorization
func TestEnterpriseManaged(t *testing.T) {
	judging(t)
	p := npm(t).certified(t)
	for name, group := range map[string]string{"a rule lets the user in": "engineering", "no rule does": "sales"} {
		t.Run(name, func(t *testing.T) {
			trusted := p.chosen("Corp")
			trusted["assertions"] = true
			b := withProvider(t, p, map[string]any{
				"providers": []any{trusted}, "approve": []any{map[string]any{"groups": []string{group}, "servers": []string{"echo"}}},
			})
			handler := b.enterprise(t, p)
			ctx := deadline(t, time.Minute)
			s, err := mcp.NewClient(&mcp.Implementation{Name: "judge", Version: "1"}, nil).Connect(ctx,
				&mcp.StreamableClientTransport{Endpoint: b.at("echo") + "/mcp", OAuthHandler: handler}, nil)
			if group != "engineering" {
				if err == nil || !strings.Contains(err.Error(), "access_denied") {
					t.Errorf("without a rule: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if err := echoes(ctx, s); err != nil {
				t.Error(err)
			}
			source, err := handler.TokenSource(ctx)
			if err != nil {
				t.Fatal(err)
			}
			token, err := source.Token()
			if err != nil {
				t.Fatal(err)
			}
			b.refuses(t, "other", token.AccessToken)
			b.run(t, "agents", "revoke", "Gopher of ada@corp.example")
			b.refuses(t, "echo", token.AccessToken)
		})
	}
}

// enterprise is how the Go client comes in by the word of p, where it signs its user in.
func (b *bridge) enterprise(t *testing.T, p *idp) *extauth.EnterpriseHandler {
	t.Helper()
	back := newReturns(t)
	atProvider := &oauthex.ClientCredentials{ClientID: "agent", ClientSecretAuth: &oauthex.ClientSecretAuth{ClientSecret: p.secret}}
	here := b.confidential(t, back.redirect)
	p.hears(t, "knows?client="+url.QueryEscape(here.ClientID))
	who := newPerson(t, p)
	login := &extauth.OIDCLoginConfig{IssuerURL: p.issuer, Credentials: atProvider, RedirectURL: back.redirect, Scopes: []string{"openid"}}
	handler, err := extauth.NewEnterpriseHandler(&extauth.EnterpriseHandlerConfig{
		IdPIssuerURL: p.issuer, IdPCredentials: atProvider,
		MCPAuthServerURL: b.url, MCPResourceURI: b.at("echo") + "/mcp", MCPCredentials: here, MCPScopes: []string{"mcp"},
		IDTokenFetcher: func(ctx context.Context) (*oauth2.Token, error) {
			return extauth.PerformOIDCLogin(ctx, login, func(ctx context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
				answer, err := back.fetch(ctx, who, args.URL)
				return &auth.AuthorizationResult{Code: answer.Get("code"), State: answer.Get("state"), Iss: answer.Get("iss")}, err
			})
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

// confidential registers a client that has a secret.
func (b *bridge) confidential(t *testing.T, redirect string) *oauthex.ClientCredentials {
	t.Helper()
	id, secret := b.registers(t, map[string]any{
		"client_name": "Gopher", "redirect_uris": []string{redirect}, "grant_types": []string{"urn:ietf:params:oauth:grant-type:jwt-bearer"},
	})
	if secret == "" {
		t.Fatal("register: no secret")
	}
	return &oauthex.ClientCredentials{ClientID: id, ClientSecretAuth: &oauthex.ClientSecretAuth{ClientSecret: secret}}
}
