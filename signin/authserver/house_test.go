package authserver

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"drawbridge/internal/caller"
)

const (
	issuer   = "https://bridge.example"
	callback = "http://localhost:7777/oauth/callback"
	verifier = "a-verifier-that-is-long-enough-for-rfc-7636-abc"
)

// house is a server with what it stands on, which outlives it.
type house struct {
	*Server
	t         *testing.T
	db        *bbolt.DB
	owner     *owner
	providers []Provider
	issuer    string
	approves  []caller.Scope // what the owner says yes to

	mu    sync.Mutex // guards the fields below
	moved []string   // what Moved was told: "GRANT now" or "GRANT +10m0s"
	told  []string   // what Tell was told: path, client's name, user, code
}

// owner is an Approver that answers by rule, or remembers what it was asked.
type owner struct {
	rule func(Pending) (Approval, bool)

	mu    sync.Mutex // guards the fields below
	asked []Pending
	again []Pending
	over  []string
}

func (o *owner) Rule(p Pending) (Approval, bool) {
	if o.rule == nil {
		return Approval{}, false
	}
	return o.rule(p)
}

func (o *owner) Ask(p Pending) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked = append(o.asked, p)
}

func (o *owner) Again(p Pending) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.again = append(o.again, p)
}

func (o *owner) Over(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.over = append(o.over, id)
}

// idp is a Provider in memory. The browser's way through it is short: it comes straight back.
type idp struct {
	address string
	user    User
	session string

	mu      sync.Mutex // guards the fields below
	fails   error      // what all its methods return
	checks  int        // how often Recheck was called
	keys    map[string]crypto.PublicKey
	checked []string // the sessions that Recheck was given
}

func (p *idp) Issuer() string { return p.address }
func (p *idp) Name() string   { return "Example Corp" }

func (p *idp) failing(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fails = err
}

func (p *idp) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fails
}

func (p *idp) Begin(_ context.Context, callback, state string) (string, []byte, error) {
	back := callback + "?" + url.Values{"state": {state}, "code": {"from-idp"}}.Encode()
	return p.address + "/login?" + url.Values{"back": {back}}.Encode(), []byte("nonce"), p.failure()
}

func (p *idp) Finish(_ context.Context, _ string, memory []byte, answer url.Values) (SignIn, error) {
	if string(memory) != "nonce" || answer.Get("code") != "from-idp" {
		return SignIn{}, errors.New("the nonce or the code is wrong")
	}
	return SignIn{p.user, []byte(p.session)}, p.failure()
}

func (p *idp) Recheck(_ context.Context, session []byte) (SignIn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.checks++
	p.checked = append(p.checked, string(session))
	return SignIn{p.user, []byte(string(session) + "'")}, p.fails
}

func (p *idp) Keys(_ context.Context, id string) ([]crypto.PublicKey, error) {
	if k, ok := p.keys[id]; ok {
		return []crypto.PublicKey{k}, p.failure()
	}
	return nil, p.failure()
}

func corp() *idp {
	const address = "https://login.corp.example"
	return &idp{address: address, user: User{address + "|ada", "ada@corp.example", []string{"dev"}}, session: "idp-refresh"}
}

func newHouse(t *testing.T, providers ...Provider) *house {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(t.TempDir(), "state.db"), 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	h := &house{t: t, db: db, owner: &owner{}, providers: providers, issuer: issuer, approves: everything}
	h.reopen()
	t.Cleanup(func() { h.Close() })
	return h
}

// reopen is what a restart does.
func (h *house) reopen() {
	h.t.Helper()
	if h.Server != nil {
		h.Close()
	}
	s, err := New(Config{
		DB: h.db, Secret: bytes.Repeat([]byte("s"), 32), Approver: h.owner,
		Issuer:    func(*http.Request) string { return h.issuer },
		Servers:   func() []string { return []string{"files", "clock"} },
		Providers: func() []Provider { return h.providers },
		Taken:     func(agent string) bool { return agent == "token agent" },
		Moved: func(grant string, ends time.Time) {
			h.mu.Lock()
			defer h.mu.Unlock()
			when := "now"
			if d := time.Until(ends); d > 0 {
				when = "+" + d.Round(time.Minute).String()
			}
			h.moved = append(h.moved, grant+" "+when)
		},
		Tell: func(a Attempt) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.told = append(h.told, strings.Join([]string{a.Address, a.Path, a.Client.Name, a.User.Email, a.Code}, " "))
		},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.Server = s
}

// RoundTrip makes the house an http.RoundTripper, so that clients need no network.
func (h *house) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.RemoteAddr, r.RequestURI = "192.0.2.7:4711", r.URL.RequestURI()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), nil
}

// post sends a form, and returns the answer's status and JSON.
func (h *house) post(path string, form url.Values) (int, map[string]any) {
	h.t.Helper()
	r := httptest.NewRequest(http.MethodPost, h.issuer+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return h.send(r)
}

func (h *house) send(r *http.Request) (int, map[string]any) {
	h.t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	answer := map[string]any{}
	if w.Body.Len() > 0 && strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			h.t.Fatal(err)
		}
	}
	if got := w.Header().Get("Cache-Control"); got != "no-store" {
		h.t.Errorf("%s: Cache-Control is %q", r.URL.Path, got)
	}
	return w.Code, answer
}

// register returns the id of a new public client.
func (h *house) register(redirects ...string) string {
	h.t.Helper()
	status, answer := h.registerAs(map[string]any{
		"client_name": "Test Agent", "redirect_uris": redirects, "token_endpoint_auth_method": "none",
	})
	if status != http.StatusCreated {
		h.t.Fatalf("register: status %d: %v", status, answer)
	}
	return answer["client_id"].(string)
}

func (h *house) registerAs(metadata any) (int, map[string]any) {
	h.t.Helper()
	body, err := json.Marshal(metadata)
	if err != nil {
		h.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, h.issuer+"/register", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return h.send(r)
}

// browser is one with cookies, at an address.
type browser struct {
	h       *house
	address string
	cookies map[string]string
}

func (h *house) browser() *browser { return &browser{h, "192.0.2.1:1234", map[string]string{}} }

func (b *browser) do(r *http.Request) *http.Response {
	b.h.t.Helper()
	r.RemoteAddr = b.address
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	res := w.Result()
	for _, c := range res.Cookies() {
		b.cookies[c.Name] = c.Value
	}
	return res
}

func (b *browser) get(address string) *http.Response {
	b.h.t.Helper()
	return b.do(httptest.NewRequest(http.MethodGet, address, nil))
}

// submit answers the consent form on a page; more is names and values of other fields.
func (b *browser) submit(page, answer string, more ...string) *http.Response {
	b.h.t.Helper()
	form := url.Values{"answer": {answer}}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	for _, m := range regexp.MustCompile(`name="(flow|csrf)" value="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	r := httptest.NewRequest(http.MethodPost, b.h.issuer+"/consent", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", b.h.issuer)
	return b.do(r)
}

func text(t *testing.T, res *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// asking is a good authorization request for one server, changed by pairs of names and values; the
// value "-" leaves a parameter out.
func asking(client string, changes ...string) url.Values {
	q := url.Values{
		"client_id": {client}, "redirect_uri": {callback}, "response_type": {"code"}, "state": {"st"}, "scope": {"mcp"},
		"code_challenge": {challengeOf(verifier)}, "code_challenge_method": {"S256"}, "resource": {issuer + "/files/mcp"},
	}
	for i := 0; i < len(changes); i += 2 {
		q.Set(changes[i], changes[i+1])
		if changes[i+1] == "-" {
			q.Del(changes[i])
		}
	}
	return q
}

// agree brings a request to where the owner is asked, and returns where the browser waits.
func (b *browser) agree(q url.Values) (waiting string) {
	b.h.t.Helper()
	res := b.get(b.h.issuer + "/authorize?" + q.Encode())
	if res.StatusCode != http.StatusOK {
		b.h.t.Fatalf("/authorize: status %d, %s", res.StatusCode, text(b.h.t, res))
	}
	res = b.submit(text(b.h.t, res), "allow")
	if res.StatusCode != http.StatusSeeOther {
		b.h.t.Fatalf("/consent: status %d, %s", res.StatusCode, text(b.h.t, res))
	}
	waiting = b.h.issuer + res.Header.Get("Location")
	if len(b.h.providers) == 0 {
		return waiting
	}
	b.signIn(waiting)
	return waiting
}

// signIn goes where the waiting page sends the browser, and back.
func (b *browser) signIn(waiting string) {
	b.h.t.Helper()
	res := b.get(waiting)
	_, login, ok := strings.Cut(res.Header.Get("Refresh"), "url=")
	if !ok {
		b.h.t.Fatalf("the browser is not sent to sign in: %s", text(b.h.t, res))
	}
	u, err := url.Parse(login)
	if err != nil {
		b.h.t.Fatal(err)
	}
	if res = b.get(u.Query().Get("back")); res.StatusCode != http.StatusSeeOther {
		b.h.t.Fatalf("/callback: status %d, %s", res.StatusCode, text(b.h.t, res))
	}
}

var everything = []caller.Scope{{Server: "*"}}

// code brings a request through to its code; the owner approves it if asked.
func (h *house) code(q url.Values) string {
	h.t.Helper()
	b := h.browser()
	waiting := b.agree(q)
	res := b.get(waiting)
	if res.StatusCode == http.StatusOK {
		code := regexp.MustCompile(`[0-9A-Z]{3}-[0-9A-Z]{3}`).FindString(text(h.t, res))
		if err := h.Approve(code, Approval{Agent: "Agent " + q.Get("client_id"), Scopes: h.approves}); err != nil {
			h.t.Fatal(err)
		}
		res = b.get(waiting)
	}
	if res.StatusCode != http.StatusFound {
		h.t.Fatalf("after approval: status %d, %s", res.StatusCode, text(h.t, res))
	}
	back, err := res.Location()
	if err != nil {
		h.t.Fatal(err)
	}
	if got := back.Query().Get("iss"); got != h.issuer {
		h.t.Errorf("iss is %q", got)
	}
	return back.Query().Get("code")
}

// exchangeForm is what a client sends for a code.
func exchangeForm(client, code string, changes ...string) url.Values {
	f := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {client}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier},
	}
	for i := 0; i < len(changes); i += 2 {
		f.Set(changes[i], changes[i+1])
		if changes[i+1] == "-" {
			f.Del(changes[i])
		}
	}
	return f
}

// tokens are what /token answers.
type tokens struct{ access, refresh string }

func (h *house) mustPost(form url.Values) tokens {
	h.t.Helper()
	status, answer := h.post("/token", form)
	if status != http.StatusOK {
		h.t.Fatalf("/token: status %d: %v", status, answer)
	}
	refresh, _ := answer["refresh_token"].(string)
	return tokens{answer["access_token"].(string), refresh}
}

// enter brings a new client to its first tokens.
func (h *house) enter() (client string, got tokens) {
	h.t.Helper()
	client = h.register(callback)
	return client, h.mustPost(exchangeForm(client, h.code(asking(client))))
}

func (h *house) refresh(client, token string) (int, map[string]any) {
	h.t.Helper()
	return h.post("/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {client}, "refresh_token": {token}})
}

func (h *house) mustRefresh(client, token string) tokens {
	h.t.Helper()
	return h.mustPost(url.Values{"grant_type": {"refresh_token"}, "client_id": {client}, "refresh_token": {token}})
}

// expect checks that Verify says want, nil or an error, of the token.
func (h *house) expect(token string, want error) {
	h.t.Helper()
	if _, _, err := h.Verify(token); err != want {
		h.t.Errorf("Verify: %v, want %v", err, want)
	}
}

func (h *house) moves() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.moved)
}
