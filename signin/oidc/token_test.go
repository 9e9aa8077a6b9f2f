package oidc

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestIDTokens(t *testing.T) {
	claim := func(name string, value any) func(h, c map[string]any) {
		return func(_, c map[string]any) { c[name] = value }
	}
	at := func(name string, d time.Duration) func(h, c map[string]any) {
		return func(_, c map[string]any) { c[name] = time.Now().Add(d).Unix() }
	}
	for name, c := range map[string]struct {
		change func(h, c map[string]any)
		fine   bool
	}{
		"as it is":            {func(_, _ map[string]any) {}, true},
		"clock a minute late": {at("exp", -time.Minute), true},
		"clock a minute off":  {at("iat", time.Minute), true},
		"e-mail as text":      {claim("email_verified", "true"), true},
		"wrong issuer":        {claim("iss", "https://idp.other.example"), false},
		"issuer with a slash": {claim("iss", corp+"/"), false},
		"wrong audience":      {claim("aud", "other"), false},
		"no audience":         {claim("aud", []string{}), false},
		"two audiences":       {claim("aud", []string{client, "other"}), false},
		"other party":         {claim("azp", "other"), false},
		"wrong nonce":         {claim("nonce", "canary"), false},
		"no nonce":            {func(_, c map[string]any) { delete(c, "nonce") }, false},
		"wrong at_hash":       {claim("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), false},
		"over":                {at("exp", -10*time.Minute), false},
		"from the future":     {at("iat", 10*time.Minute), false},
		"not yet":             {at("nbf", 10*time.Minute), false},
		"not in this era":     {claim("nbf", 1e300), false},
		"no end":              {func(_, c map[string]any) { delete(c, "exp") }, false},
		"end as text":         {claim("exp", "tomorrow"), false},
		"nobody":              {claim("sub", ""), false},
		"sub as a number":     {claim("sub", 7), false},
		"long sub":            {claim("sub", strings.Repeat("s", maxSubject+1)), false},
		"sub in two lines":    {claim("sub", "ann\nbob"), false},
		"groups as an object": {claim("groups", map[string]any{"a": 1}), false},
		"too many groups": {func(_, c map[string]any) {
			delete(c, "groups")
			c["_claim_names"] = map[string]any{"groups": "src1"}
		}, false},
		"alg none":        {func(h, _ map[string]any) { h["alg"] = "none" }, false},
		"alg RS256":       {func(h, _ map[string]any) { h["alg"] = "RS256" }, false},
		"alg of a secret": {func(h, _ map[string]any) { h["alg"] = "HS256" }, false},
		"unknown kid":     {func(h, _ map[string]any) { h["kid"] = "k2" }, false},
		"no kid":          {func(h, _ map[string]any) { delete(h, "kid") }, true},
		"unknown crit":    {func(h, _ map[string]any) { h["crit"] = []string{"x"}; h["x"] = 1 }, false},
		"too long":        {claim("pad", strings.Repeat("p", maxToken)), false},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIDP(corp)
			_, err := i.signInWith(t, c.change)
			if c.fine && err != nil || !c.fine && !errors.Is(err, ErrDenied) {
				t.Errorf("%v", err)
			}
		})
	}
}

func (i *idp) signInWith(t *testing.T, change func(h, c map[string]any)) (Identity, error) {
	t.Helper()
	i.set(func() { i.change = change })
	return i.signIn(t, i.provider(t))
}

// apiToken is a JWT that i made for the bridge.
func (i *idp) apiToken(change ...func(h, c map[string]any)) string {
	h := map[string]any{"alg": "ES256", "kid": i.key.kid, "typ": "at+jwt"}
	c := map[string]any{"iss": i.issuer, "aud": []string{"bridge"}, "sub": "ann", "groups": []string{"staff"},
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}
	for _, f := range change {
		f(h, c)
	}
	return i.key.sign(h, c)
}

func trusting(c *Config) { c.Audiences = []string{"bridge", "bridge2"} }

func TestVerify(t *testing.T) {
	i := newIDP(corp)
	p := i.provider(t, trusting)
	token := i.apiToken()
	who, ends, err := p.Verify(t.Context(), token)
	if err != nil || who.Subject != corp+"|ann" || who.Session != nil || len(who.Groups) != 1 || time.Until(ends) < 59*time.Minute {
		t.Errorf("%+v until %v: %v", who, ends, err)
	}
	claim := func(name string, value any) string {
		return i.apiToken(func(_, c map[string]any) { c[name] = value })
	}
	header, rest, _ := strings.Cut(token, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	for name, bad := range map[string]string{
		"nothing":                    "",
		"no JWT":                     "dbk_aaaaaaaa",
		"dots":                       "...",
		"cut":                        token[:len(token)-2],
		"no signature":               header + "." + payload + ".",
		"other payload":              header + "." + part(map[string]any{"iss": corp, "aud": "bridge", "sub": "bob", "exp": 9e9}) + "." + signature,
		"signed with the public key": mac(i, map[string]any{"iss": corp, "aud": "bridge", "sub": "ann", "exp": 9e9}),
		"other audience":             claim("aud", client),
		"empty audience":             claim("aud", ""),
		"other issuer":               claim("iss", corp+"/"),
		"an ID token":                claim("nonce", "n"),
		"over":                       claim("exp", 1000),
		"as JSON":                    `{"payload":"` + payload + `","protected":"` + header + `","signature":"` + signature + `"}`,
	} {
		if _, _, err := p.Verify(t.Context(), bad); !errors.Is(err, ErrDenied) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := i.provider(t).Verify(t.Context(), token); !errors.Is(err, ErrDenied) {
		t.Errorf("without trust: %v", err)
	}
	rsaOnly := i.provider(t, trusting, func(c *Config) { c.Algorithms = []string{"RS256"} })
	if _, _, err := rsaOnly.Verify(t.Context(), token); !errors.Is(err, ErrDenied) {
		t.Errorf("another algorithm: %v", err)
	}
	i.fail(down, "/keys")
	if _, _, err := i.provider(t, trusting).Verify(t.Context(), token); !errors.Is(err, ErrUnavailable) {
		t.Errorf("without keys: %v", err)
	}
	if _, _, err := i.provider(t, trusting).Verify(t.Context(), claim("iss", "https://x.example")); !errors.Is(err, ErrDenied) || i.count("/keys") != 2 {
		t.Errorf("another issuer asks nothing: %v, %d", err, i.count("/keys"))
	}
}

// mac is a JWT that is signed with the provider's public key as if that were a shared secret.
func mac(i *idp, claims map[string]any) string {
	text := part(map[string]any{"alg": "HS256", "kid": i.key.kid}) + "." + part(claims)
	public, err := i.key.private.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	m := hmac.New(sha256.New, public)
	m.Write([]byte(text))
	return text + "." + b64(m.Sum(nil))
}

// TestRotation: a new key is found when it is used, one that was withdrawn is not trusted for long,
// and nobody can make the bridge ask often.
func TestRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIDP(corp)
		p := i.provider(t, trusting)
		verify := func(token string) error {
			_, _, err := p.Verify(t.Context(), token)
			return err
		}
		forever := func(_, c map[string]any) { c["exp"] = time.Now().Add(100 * time.Hour).Unix() }
		old := i.apiToken(forever)
		if err := verify(old); err != nil {
			t.Fatal(err)
		}
		time.Sleep(pause)
		i.set(func() {
			i.key = newSigner("k2")
			i.published = append(i.published, i.key)
		})
		if err := verify(i.apiToken()); err != nil {
			t.Errorf("a new key: %v", err)
		}
		if err := verify(old); err != nil {
			t.Errorf("an old key: %v", err)
		}
		for n := range 1000 {
			if err := verify(i.apiToken(func(h, _ map[string]any) { h["kid"] = fmt.Sprint("x", n) })); !errors.Is(err, ErrDenied) {
				t.Fatal(err)
			}
		}
		if n := i.count("/keys"); n != 2 {
			t.Errorf("the keys were asked for %d times", n)
		}
		i.set(func() {
			i.key = newSigner("k3")
			i.published = append(i.published, i.key)
		})
		if _, err := i.signIn(t, p); err != nil || i.count("/keys") != 3 {
			t.Errorf("a key that the provider uses at once: %v", err)
		}
		i.set(func() { i.published = i.published[1:] })
		time.Sleep(fresh)
		if err := verify(old); !errors.Is(err, ErrDenied) {
			t.Errorf("a withdrawn key: %v", err)
		}
		i.fail(down, "/keys")
		time.Sleep(2 * fresh)
		if err := verify(i.apiToken()); err != nil {
			t.Errorf("in an outage: %v", err)
		}
	})
}

func TestParseKeys(t *testing.T) {
	for text, want := range map[string]int{
		`{"keys":[]}`:                         -1,
		`[]`:                                  -1,
		`{"keys":[{"kty":"oct","k":"AAAA"}]}`: -1,
		`{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}`:                                                       -1,
		`{"keys":[{"kty":"EC","crv":"P-256","x":"","y":""}]}`:                                                  -1,
		`{"keys":[` + strings.Replace(keyText("a", "sig"), "{", `{"d":"`+b64(make([]byte, 32))+`",`, 1) + `]}`: -1,
		`{"keys":[{"kty":"new"},7,` + keyText("a", "sig") + `,` + keyText("b", "enc") + `]}`:                   1,
		`{"keys":[` + strings.Repeat(keyText("a", "sig")+",", maxKeys-1) + keyText("b", "sig") + `]}`:          maxKeys,
		`{"keys":[` + strings.Repeat(keyText("a", "sig")+",", maxKeys) + keyText("b", "sig") + `]}`:            -1,
	} {
		keys, err := parseKeys([]byte(text))
		if want < 0 && err == nil || want >= 0 && (err != nil || len(keys) != want) {
			t.Errorf("%.80s: %d keys, %v", text, len(keys), err)
		}
	}
}

var oneKey = newSigner("").jwk()

func keyText(kid, use string) string {
	return fmt.Sprintf(`{"kty":"EC","crv":"P-256","kid":%q,"use":%q,"x":%q,"y":%q}`, kid, use, oneKey["x"], oneKey["y"])
}

func TestKeys(t *testing.T) {
	i := newIDP(corp)
	if keys, err := i.provider(t).Keys(t.Context(), "k1"); keys != nil || err != nil {
		t.Errorf("not trusted: %v, %v", keys, err)
	}
	p := i.provider(t, func(c *Config) { c.Assertions = true })
	for id, want := range map[string]int{"k1": 1, "": 1, "k2": 0} {
		keys, err := p.Keys(t.Context(), id)
		if err != nil || len(keys) != want || want == 1 && !i.key.private.PublicKey.Equal(keys[0]) {
			t.Errorf("%q: %v, %v", id, keys, err)
		}
	}
	i.fail(down, "/keys")
	if _, err := i.provider(t, func(c *Config) { c.Assertions = true }).Keys(t.Context(), "k1"); !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	}
}

func FuzzVerify(f *testing.F) {
	i := newIDP(corp)
	good := i.apiToken(func(_, c map[string]any) { c["exp"] = 9e9 })
	p := i.provider(f, trusting)
	f.Add(good + "x")
	f.Add(mac(i, map[string]any{"iss": corp}))
	f.Add("e30." + part(map[string]any{"iss": corp}) + ".")
	f.Add(`{"payload":"e30","signatures":[]}`)
	f.Fuzz(func(t *testing.T, token string) {
		who, _, err := p.Verify(t.Context(), token)
		if err == nil && token != good || (err == nil) != (who.Subject != "") {
			t.Errorf("%q is %+v, %v", token, who, err)
		}
	})
}
