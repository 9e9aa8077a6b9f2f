package oidc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// idp is an identity provider in memory. It is the transport of those who ask it, and can be made
// to misbehave by its fields.
type idp struct {
	issuer   string
	metadata map[string]any
	secret   string // of the client; "" is a public one

	mu        sync.Mutex // guards the fields below
	key       *signer
	published []*signer
	person    map[string]any            // claims of ID tokens
	info      map[string]any            // claims of userinfo; nil is no such answer
	change    func(h, c map[string]any) // the last word on an ID token; nil is none
	instead   func(w http.ResponseWriter, r *http.Request) bool
	keeps     bool // refresh tokens are not replaced
	forgets   bool // no refresh token is given
	quiet     bool // no ID token at refresh
	codes     map[string]url.Values
	live      map[string]bool // refresh tokens: true until used
	asked     map[string]int  // requests by path
	serial    int
}

type signer struct {
	kid     string
	private *ecdsa.PrivateKey
}

func newSigner(kid string) *signer {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return &signer{kid, k}
}

const client = "drawbridge"

func newIDP(issuer string) *idp {
	i := &idp{
		issuer: issuer, key: newSigner("k1"), person: map[string]any{"sub": "ann", "email": "ann@corp.example", "email_verified": true, "name": "Ann", "groups": []string{"staff"}},
		info:  map[string]any{"sub": "ann"},
		codes: map[string]url.Values{}, live: map[string]bool{}, asked: map[string]int{},
	}
	i.published = []*signer{i.key}
	at := func(path string) string { return strings.TrimSuffix(issuer, "/") + path }
	i.metadata = map[string]any{
		"issuer": issuer, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
		"jwks_uri": at("/keys"), "userinfo_endpoint": at("/userinfo"), "revocation_endpoint": at("/revoke"),
		"scopes_supported": []string{"openid", "offline_access"}, "authorization_response_iss_parameter_supported": true,
	}
	return i
}

// provider is what asks i.
func (i *idp) provider(t testing.TB, change ...func(*Config)) *Provider {
	t.Helper()
	cfg := Config{Issuer: i.issuer, ClientID: client, Transport: i, Claims: Claims{Groups: "groups"}}
	for _, c := range change {
		c(&cfg)
	}
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (i *idp) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	i.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

func (i *idp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	i.asked[r.URL.Path]++
	instead := i.instead
	i.mu.Unlock()
	if instead != nil && instead(w, r) {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	switch path := strings.TrimPrefix(r.URL.Path, strings.TrimSuffix(mustParse(i.issuer).Path, "/")); path {
	case "/.well-known/openid-configuration":
		reply(w, 200, i.metadata)
	case "/keys":
		var keys []any
		for _, k := range i.published {
			keys = append(keys, k.jwk())
		}
		reply(w, 200, map[string]any{"keys": keys})
	case "/token":
		i.token(w, r)
	case "/userinfo":
		if i.info == nil {
			reply(w, 503, nil)
			return
		}
		reply(w, 200, i.info)
	case "/revoke":
		i.live[r.FormValue("token")] = false
	default:
		http.NotFound(w, r)
	}
}

func (i *idp) token(w http.ResponseWriter, r *http.Request) {
	id, secret, basic := r.BasicAuth()
	if basic {
		id, secret = unescape(id), unescape(secret)
	} else {
		id, secret = r.FormValue("client_id"), r.FormValue("client_secret")
	}
	if id != client || secret != i.secret {
		reply(w, 401, map[string]any{"error": "invalid_client"})
		return
	}
	var nonce string
	switch r.FormValue("grant_type") {
	case "authorization_code":
		began := i.codes[r.FormValue("code")]
		delete(i.codes, r.FormValue("code"))
		digest := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		if began == nil || b64(digest[:]) != began.Get("code_challenge") || r.FormValue("redirect_uri") != began.Get("redirect_uri") {
			reply(w, 400, map[string]any{"error": "invalid_grant", "error_description": "no such code " + r.FormValue("code")})
			return
		}
		nonce = began.Get("nonce")
	case "refresh_token":
		was := r.FormValue("refresh_token")
		if !i.live[was] {
			clear(i.live) // a token used twice was stolen: the family ends
			reply(w, 400, map[string]any{"error": "invalid_grant", "error_description": "no such token " + was})
			return
		}
		i.live[was] = i.keeps
	}
	i.serial++
	answer := map[string]any{"access_token": fmt.Sprint("access-", i.serial), "token_type": "Bearer", "expires_in": 60}
	if !i.forgets && (!i.keeps || nonce != "") {
		refresh := fmt.Sprintf("canary-refresh-%d-%s", i.serial, strings.Repeat("x", 3000))
		i.live[refresh] = true
		answer["refresh_token"] = refresh
	}
	if nonce != "" || !i.quiet {
		answer["id_token"] = i.idToken(nonce)
	}
	reply(w, 200, answer)
}

// idToken signs what i says of its person. With i.mu held.
func (i *idp) idToken(nonce string) string {
	h := map[string]any{"alg": "ES256", "kid": i.key.kid, "typ": "JWT"}
	now := time.Now()
	c := map[string]any{"iss": i.issuer, "aud": client, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix()}
	maps.Copy(c, i.person)
	if nonce != "" {
		c["nonce"] = nonce
	}
	if i.change != nil {
		i.change(h, c)
	}
	return i.key.sign(h, c)
}

func (s *signer) sign(header, claims map[string]any) string {
	text := part(header) + "." + part(claims)
	digest := sha256.Sum256([]byte(text))
	r, v, err := ecdsa.Sign(rand.Reader, s.private, digest[:])
	if err != nil {
		panic(err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	v.FillBytes(signature[32:])
	if header["alg"] == "none" {
		signature = nil
	}
	return text + "." + b64(signature)
}

func (s *signer) jwk() map[string]any {
	point, err := s.private.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	return map[string]any{"kty": "EC", "crv": "P-256", "use": "sig", "kid": s.kid, "x": b64(point[1:33]), "y": b64(point[33:])}
}

func part(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b64(text)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func unescape(text string) string {
	plain, err := url.QueryUnescape(text)
	if err != nil {
		panic(err)
	}
	return plain
}

func mustParse(address string) *url.URL {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	return u
}

// set changes i while it may be asked.
func (i *idp) set(change func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change()
}

// count returns how often a path was asked for.
func (i *idp) count(path string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked[path]
}

// fail makes i answer like that at the paths.
func (i *idp) fail(answer http.HandlerFunc, paths ...string) {
	i.set(func() {
		i.instead = func(w http.ResponseWriter, r *http.Request) bool {
			if !slices.Contains(paths, r.URL.Path) {
				return false
			}
			answer(w, r)
			return true
		}
	})
}

func (i *idp) mend() { i.set(func() { i.instead = nil }) }

func down(w http.ResponseWriter, _ *http.Request) { reply(w, 503, nil) }

// silent never answers.
func silent(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// visit is a browser in which the person signs in at address. It returns what comes back.
func (i *idp) visit(t testing.TB, address string) url.Values {
	t.Helper()
	q := mustParse(address).Query()
	for name, want := range map[string]string{"response_type": "code", "client_id": client, "code_challenge_method": "S256"} {
		if q.Get(name) != want {
			t.Errorf("%s is %q", name, q.Get(name))
		}
	}
	for _, name := range []string{"state", "nonce", "code_challenge", "redirect_uri"} {
		if len(q.Get(name)) < 16 {
			t.Errorf("%s is %q", name, q.Get(name))
		}
	}
	code := "canary-code-" + rand.Text()
	i.set(func() { i.codes[code] = q })
	return url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {i.issuer}}
}

const (
	back  = "https://bridge.example/callback"
	state = "state-0123456789"
)

// signIn is a whole sign-in. change may spoil what the browser brings back.
func (i *idp) signIn(t testing.TB, p *Provider, change ...func(url.Values)) (Identity, error) {
	t.Helper()
	address, memory, err := p.Begin(t.Context(), back, state)
	if err != nil {
		return Identity{}, err
	}
	answer := i.visit(t, address)
	for _, c := range change {
		c(answer)
	}
	who, err := p.Finish(t.Context(), back, memory, answer)
	if err != nil {
		checkNoCanary(t, err.Error())
	}
	return who, err
}

// checkNoCanary checks that nothing secret is in text.
func checkNoCanary(t testing.TB, text string) {
	t.Helper()
	if strings.Contains(text, "canary") {
		t.Errorf("a secret is told: %.200s", text)
	}
}
