package authserver

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// company is a provider that signs assertions, and a client that uses them.
type company struct {
	*house
	idp            *idp
	key            *ecdsa.PrivateKey
	client, secret string
}

func newCompany(t *testing.T) *company {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := corp()
	p.keys = map[string]crypto.PublicKey{"k1": &key.PublicKey}
	c := &company{house: newHouse(t, p), idp: p, key: key}
	c.owner.rule = func(p Pending) (Approval, bool) {
		return Approval{Agent: "by assertion", Scopes: everything}, p.User.Subject == "https://login.corp.example|ada"
	}
	status, answer := c.registerAs(map[string]any{"redirect_uris": []string{callback}, "grant_types": []string{grantJWT}})
	if status != http.StatusCreated {
		t.Fatalf("status %d: %v", status, answer)
	}
	c.client, c.secret = answer["client_id"].(string), answer["client_secret"].(string)
	return c
}

// sign makes an assertion that is good but for the changes; nil leaves a claim out.
func (c *company) sign(headers map[string]string, changes map[string]any) string {
	c.t.Helper()
	now := time.Now()
	claims := map[string]any{
		"iss": c.idp.address, "sub": "ada", "aud": issuer, "client_id": c.client, "jti": newID(), "iat": now.Unix(),
		"exp": now.Add(5 * time.Minute).Unix(), "resource": issuer + "/files/mcp", "scope": "mcp",
	}
	for name, value := range changes {
		claims[name] = value
		if value == nil {
			delete(claims, name)
		}
	}
	options := (&jose.SignerOptions{}).WithType(typeAssertion).WithHeader("kid", "k1")
	for name, value := range headers {
		options.WithHeader(jose.HeaderKey(name), value)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: c.key}, options)
	if err != nil {
		c.t.Fatal(err)
	}
	text, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		c.t.Fatal(err)
	}
	return text
}

func (c *company) form(assertion string) url.Values {
	return url.Values{"grant_type": {grantJWT}, "client_id": {c.client}, "client_secret": {c.secret}, "assertion": {assertion}}
}

func TestAssertion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompany(t)
		text := c.sign(nil, nil)
		got := c.mustPost(c.form(text))
		who, ends, err := c.Verify(got.access)
		if err != nil || who.User != "https://login.corp.example|ada" || who.Audience != "files" || time.Until(ends) > 10*time.Minute {
			t.Errorf("%+v until %v, %v", who, ends, err)
		}
		if got.refresh != "" || len(c.owner.asked) != 0 {
			t.Error("there is a refresh token, or the owner was asked")
		}
		c.refused(c.form(text), "invalid_grant") // replayed
		c.reopen()
		c.refused(c.form(text), "invalid_grant")
		c.expect(got.access, nil)
		c.mustPost(c.form(c.sign(nil, map[string]any{"resource": nil})))
		time.Sleep(11 * time.Minute)
		c.expect(got.access, ErrExpired)
	})
}

func TestAssertionsThatAreRefused(t *testing.T) {
	c := newCompany(t)
	soon := time.Now()
	for name, a := range map[string]struct {
		headers map[string]string
		changes map[string]any
		want    string
	}{
		"another type":       {map[string]string{"typ": "JWT"}, nil, "invalid_grant"},
		"an unknown key":     {map[string]string{"kid": "k2"}, nil, "invalid_grant"},
		"another issuer":     {nil, map[string]any{"iss": "https://evil.example"}, "invalid_grant"},
		"no user":            {nil, map[string]any{"sub": nil}, "invalid_grant"},
		"another audience":   {nil, map[string]any{"aud": "https://other.example"}, "invalid_grant"},
		"two audiences":      {nil, map[string]any{"aud": []string{issuer, "https://other.example"}}, "invalid_grant"},
		"another client":     {nil, map[string]any{"client_id": "x"}, "invalid_grant"},
		"no client":          {nil, map[string]any{"client_id": nil}, "invalid_grant"},
		"no jti":             {nil, map[string]any{"jti": nil}, "invalid_grant"},
		"no end":             {nil, map[string]any{"exp": nil}, "invalid_grant"},
		"no begin":           {nil, map[string]any{"iat": nil}, "invalid_grant"},
		"over":               {nil, map[string]any{"iat": soon.Add(-20 * time.Minute).Unix(), "exp": soon.Add(-10 * time.Minute).Unix()}, "invalid_grant"},
		"clock ahead":        {nil, map[string]any{"iat": soon.Add(10 * time.Minute).Unix(), "exp": soon.Add(20 * time.Minute).Unix()}, "invalid_grant"},
		"not yet":            {nil, map[string]any{"nbf": soon.Add(10 * time.Minute).Unix()}, "invalid_grant"},
		"a day":              {nil, map[string]any{"exp": soon.Add(24 * time.Hour).Unix()}, "invalid_grant"},
		"an unknown server":  {nil, map[string]any{"resource": issuer + "/other/mcp"}, "invalid_target"},
		"two resources":      {nil, map[string]any{"resource": []string{issuer + "/files/mcp", issuer + "/clock/mcp"}}, "invalid_target"},
		"a user of no rule":  {nil, map[string]any{"sub": "eve"}, "access_denied"},
		"a resource of sort": {nil, map[string]any{"resource": 7}, "invalid_grant"},
	} {
		t.Run(name, func(t *testing.T) {
			c.t = t
			c.refused(c.form(c.sign(a.headers, a.changes)), a.want)
		})
	}
	c.t = t
	for _, text := range []string{"", "x", "a.b.c", "eyJhbGciOiJub25lIiwidHlwIjoib2F1dGgtaWQtamFnK2p3dCJ9.e30."} {
		c.refused(c.form(text), "invalid_grant")
	}
	f := c.form(c.sign(nil, nil))
	f.Set("resource", issuer+"/clock/mcp")
	c.refused(f, "invalid_target")
	f = c.form(c.sign(nil, nil))
	f.Set("client_id", c.register(callback))
	f.Del("client_secret")
	c.refused(f, "unauthorized_client")
	c.idp.failing(errors.New("no route to host"))
	c.refused(c.form(c.sign(nil, nil)), "temporarily_unavailable")
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.idp.failing(nil)
	c.key = other
	c.refused(c.form(c.sign(nil, nil)), "invalid_grant")
}
