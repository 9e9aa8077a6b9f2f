package authserver

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

// TestOAuth2Client lets golang.org/x/oauth2 go the whole way: code, access, refresh when that is over.
func TestOAuth2Client(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, corp())
		ctx := context.WithValue(context.Background(), oauth2.HTTPClient, &http.Client{Transport: h})
		id := h.register(callback)
		c := &oauth2.Config{
			ClientID: id, RedirectURL: callback, Scopes: []string{"mcp", "offline_access"},
			Endpoint: oauth2.Endpoint{AuthURL: issuer + "/authorize", TokenURL: issuer + "/token"},
		}
		proof := oauth2.GenerateVerifier()
		b := h.browser()
		res := b.get(c.AuthCodeURL("st", oauth2.S256ChallengeOption(proof)))
		waiting := issuer + b.submit(text(t, res), "allow").Header.Get("Location")
		b.signIn(waiting)
		if err := h.Approve(h.Pending()[0].ID, Approval{Agent: "a", Scopes: everything}); err != nil {
			t.Fatal(err)
		}
		back, err := b.get(waiting).Location()
		if err != nil {
			t.Fatal(err)
		}
		token, err := c.Exchange(ctx, back.Query().Get("code"), oauth2.VerifierOption(proof))
		if err != nil {
			t.Fatal(err)
		}
		if token.Type() != "Bearer" || token.ExpiresIn < 598 {
			t.Errorf("token: %s, %d", token.Type(), token.ExpiresIn)
		}
		source := c.TokenSource(ctx, token)
		h.expect(token.AccessToken, nil)
		for range 3 {
			time.Sleep(11 * time.Minute)
			next, err := source.Token()
			if err != nil {
				t.Fatal(err)
			}
			h.expect(next.AccessToken, nil)
		}
		if err := h.Revoke("a"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(11 * time.Minute)
		if _, err := source.Token(); err == nil {
			t.Error("refreshed after revocation")
		}
	})
}
