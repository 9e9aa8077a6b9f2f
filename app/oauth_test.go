package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/policy"
	"drawbridge/signin/token"
)

// visitor is a client that knows the bridge's address alone, and the browser of whoever uses it.
type visitor struct {
	h       *house
	browser http.Client
	client  string // its id
	access  string
	refresh string
}

const (
	back  = "http://127.0.0.1:7777/callback"
	proof = "a-verifier-that-is-long-enough-for-rfc-7636-abc"
)

func (h *house) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	v := &visitor{h: h, browser: http.Client{
		Jar: jar, Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	var registered struct {
		ID string `json:"client_id"`
	}
	v.json("POST", "/register", "application/json",
		`{"client_name":"Visitor","redirect_uris":["`+back+`"],"token_endpoint_auth_method":"none"}`, http.StatusCreated, &registered)
	v.client = registered.ID
	return v
}

func (v *visitor) do(method, path, kind, body string) (*http.Response, string) {
	v.h.t.Helper()
	r, err := http.NewRequest(method, v.h.Address()+path, strings.NewReader(body))
	if err != nil {
		v.h.t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	response, err := v.browser.Do(r)
	if err != nil {
		v.h.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		v.h.t.Fatal(err)
	}
	return response, string(text)
}

func (v *visitor) json(method, path, kind, body string, status int, into any) {
	v.h.t.Helper()
	r, text := v.do(method, path, kind, body)
	if r.StatusCode != status || json.Unmarshal([]byte(text), into) != nil {
		v.h.t.Fatalf("%s %s: %d %s", method, path, r.StatusCode, text)
	}
}

const form = "application/x-www-form-urlencoded"

// ask sends the browser to authorize, has the person agree, and returns the page that waits for the owner with its code.
func (v *visitor) ask(scope, resource string) (page, code string) {
	v.h.t.Helper()
	sum := sha256.Sum256([]byte(proof))
	q := url.Values{
		"response_type": {"code"}, "client_id": {v.client}, "redirect_uri": {back}, "state": {"s"}, "scope": {scope},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	if resource != "" {
		q.Set("resource", v.h.Address()+resource)
	}
	r, text := v.do("GET", "/authorize?"+q.Encode(), "", "")
	if r.StatusCode != http.StatusOK {
		v.h.t.Fatalf("authorize: %d %s", r.StatusCode, text)
	}
	hidden := func(name string) string {
		m := regexp.MustCompile(`name="` + name + `" value="([^"]+)"`).FindStringSubmatch(text)
		if m == nil {
			v.h.t.Fatalf("no %s in %s", name, text)
		}
		return m[1]
	}
	answer := url.Values{"flow": {hidden("flow")}, "csrf": {hidden("csrf")}, "answer": {"allow"}}
	r, _ = v.do("POST", "/consent", form, answer.Encode())
	page = r.Header.Get("Location")
	_, text = v.do("GET", page, "", "")
	code = regexp.MustCompile(`[2-9A-Z]{3}-[2-9A-Z]{4}|[2-9A-Z]{3}-[2-9A-Z]{3}`).FindString(text)
	if page == "" || code == "" {
		v.h.t.Fatalf("the waiting page %q shows no code: %s", page, text)
	}
	return page, code
}

// enter takes the code that the approved browser gets, and exchanges it. It returns the scope.
func (v *visitor) enter(page string) string {
	v.h.t.Helper()
	r, text := v.do("GET", page, "", "")
	to, err := url.Parse(r.Header.Get("Location"))
	if err != nil || to.Query().Get("code") == "" || to.Query().Get("iss") != v.h.Address() || to.Query().Get("state") != "s" {
		v.h.t.Fatalf("after approval: %d %q %s", r.StatusCode, r.Header.Get("Location"), text)
	}
	return v.exchange(url.Values{
		"grant_type": {"authorization_code"}, "code": {to.Query().Get("code")}, "redirect_uri": {back}, "code_verifier": {proof},
	})
}

func (v *visitor) exchange(q url.Values) string {
	v.h.t.Helper()
	q.Set("client_id", v.client)
	var got struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
		Scope   string `json:"scope"`
	}
	v.json("POST", "/token", form, q.Encode(), http.StatusOK, &got)
	v.access, v.refresh = got.Access, got.Refresh
	return got.Scope
}

// TestOAuth: a client with the address alone comes in by the code that the owner types, calls, refreshes, and is out
// when its access is revoked. Without sign-in the owner is shown nobody.
func TestOAuth(t *testing.T) {
	h := newHouse(t, entries("demo", "other")).run()
	v := h.visitor()
	page, code := v.ask("mcp", "/demo/mcp")
	if waiting, err := h.Applicants(); err != nil || len(waiting) != 0 {
		t.Errorf("the owner is asked about %v, %v", waiting, err)
	}
	found, err := h.Applicant(strings.ToLower(code))
	if err != nil || found.Client != "Visitor" || found.Servers[0] != "demo" || !found.Loopback || found.RedirectHost != "127.0.0.1:7777" {
		t.Fatalf("found %+v, %v", found, err)
	}
	if _, err := h.ApproveAgent("nonsense", Approval{}); !errors.Is(err, ErrUnknown) {
		t.Errorf("approve nonsense: %v", err)
	}
	name, err := h.ApproveAgent(code, Approval{})
	if err != nil || name != "Visitor" {
		t.Fatalf("approve: %q, %v", name, err)
	}
	if scope := v.enter(page); scope != "mcp server:demo" {
		t.Errorf("scope %q", scope)
	}
	agents, err := h.Agents()
	if err != nil || len(agents) != 1 || agents[0].Name != "Visitor" || len(agents[0].Grants) != 1 {
		t.Errorf("agents %+v, %v", agents, err)
	}
	if _, err := h.NewToken("visitor", nil, nil, 0); !errors.Is(err, token.ErrTaken) {
		t.Errorf("a token of the same name: %v", err)
	}
	for server, want := range map[string]policy.Verdict{"demo": policy.Allow, "other": policy.Deny} {
		if a, err := h.ExplainPolicy(PolicyQuestion{Agent: "Visitor", Server: server, Name: "echo"}); err != nil || a.Verdict != want {
			t.Errorf("a call to %s would get %+v, %v", server, a, err)
		}
	}
	session := h.begin("/demo/mcp", v.access)
	h.echo("/demo/mcp", v.access, session)
	if a, err := h.use("/other/mcp", v.access, "", "echo", `{"text":"x"}`); err != nil || a.status != http.StatusUnauthorized {
		t.Errorf("at another server: %+v, %v", a, err)
	}
	old := v.access
	v.exchange(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {v.refresh}})
	h.echo("/demo/mcp", v.access, session) // the same grant
	h.echo("/demo/mcp", old, session)

	if err := h.RevokeAgent("visitor"); err != nil {
		t.Fatal(err)
	}
	for _, access := range []string{old, v.access} {
		if a, err := h.use("/demo/mcp", access, session, "echo", `{"text":"x"}`); err != nil || a.status != http.StatusUnauthorized {
			t.Errorf("after revocation: %+v, %v", a, err)
		}
	}
	if agents, err := h.Agents(); err != nil || len(agents) != 0 {
		t.Errorf("agents after revocation: %+v, %v", agents, err)
	}
}

// TestClientRevokes: what a client gives back ends its sessions too, and no other's.
func TestClientRevokes(t *testing.T) {
	h := newHouse(t, entries("demo")).run()
	v, other := h.visitor(), h.visitor()
	for _, v := range []*visitor{v, other} {
		page, code := v.ask("mcp", "/demo/mcp")
		if _, err := h.ApproveAgent(code, Approval{}); err != nil {
			t.Fatal(err)
		}
		v.enter(page)
	}
	h.begin("/demo/mcp", v.access)
	stays := h.begin("/demo/mcp", other.access)
	r, text := v.do("POST", "/revoke", form, url.Values{"client_id": {v.client}, "token": {v.refresh}}.Encode())
	if r.StatusCode != http.StatusOK {
		t.Fatalf("revoke: %d %s", r.StatusCode, text)
	}
	snapshot, sub := h.Watch()
	sub.Close()
	if len(snapshot.Sessions) != 1 || len(snapshot.Agents) != 1 || snapshot.Agents["Visitor 2"].Client != "Visitor" {
		t.Errorf("left: %v, %v", snapshot.Sessions, snapshot.Agents)
	}
	h.echo("/demo/mcp", other.access, stays)
}

// TestStepUp: a token for one server is told how to get one for another that the owner approved, and nothing of a
// third.
func TestStepUp(t *testing.T) {
	h := newHouse(t, entries("demo", "more", "secret")).run()
	v := h.visitor()
	page, code := v.ask("mcp server:demo", "")
	if _, err := h.ApproveAgent(code, Approval{Servers: []string{"demo", "more"}}); err != nil {
		t.Fatal(err)
	}
	if scope := v.enter(page); scope != "mcp server:demo" {
		t.Errorf("scope %q", scope)
	}
	h.echo("/demo/mcp", v.access, h.begin("/demo/mcp", v.access))
	for path, want := range map[string]int{"/more/mcp": http.StatusForbidden, "/secret/mcp": http.StatusNotFound, "/none/mcp": http.StatusNotFound} {
		r, err := http.NewRequest("POST", h.Address()+path, strings.NewReader(initialize))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+v.access)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json, text/event-stream")
		response, err := v.browser.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		challenge := response.Header.Get("WWW-Authenticate")
		if response.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, response.StatusCode, want)
		}
		wide := `Bearer resource_metadata="` + h.Address() + `/.well-known/oauth-protected-resource/more/mcp", scope="mcp server:demo server:more", error="insufficient_scope"`
		if want == http.StatusForbidden && challenge != wide || want != http.StatusForbidden && challenge != "" {
			t.Errorf("%s: challenge %q", path, challenge)
		}
	}
	_, code = v.ask("mcp server:demo server:secret", "")
	if wider, err := h.Applicant(code); err != nil || wider.Before.Same || !slices.Equal(wider.New(), []string{"secret"}) {
		t.Errorf("the owner sees of before: %+v, new %q, %v", wider.Before, wider.New(), err)
	}
	page, code = v.ask("mcp server:demo server:more", "")
	same, err := h.Applicant(code)
	if want := (bridge.Before{Agent: "Visitor", Servers: []string{"demo", "more"}, Same: true}); err != nil || cmp.Diff(want, same.Before) != "" {
		t.Errorf("the owner sees of before: %+v, %v", same.Before, err)
	}
	if _, err := h.ApproveAgent(code, Approval{Servers: []string{"demo", "more"}}); err != nil {
		t.Fatal(err)
	}
	v.enter(page)
	h.echo("/more/mcp", v.access, h.begin("/more/mcp", v.access))
}

// TestStepUpOnJoined: where all servers are one, a call to a tool of a server that the owner approved and the token does not cover
// is told which scopes it needs, on a socket without a status; what the owner did not approve, or forbids, is unknown.
func TestStepUpOnJoined(t *testing.T) {
	config := strings.TrimSuffix(entries("demo", "more", "secret"), "}") +
		`,"drawbridge":{"rules":[{"server":"more","tool":"add","verdict":"deny"}]}}`
	h := newHouse(t, config).run()
	v := h.visitor()
	page, code := v.ask("mcp server:demo", "/mcp")
	if _, err := h.ApproveAgent(code, Approval{Servers: []string{"demo", "more"}}); err != nil {
		t.Fatal(err)
	}
	v.enter(page)
	session := h.begin("/mcp", v.access)
	if a, err := h.use("/mcp", v.access, session, "demo__echo", `{"text":"x"}`); err != nil || !strings.Contains(a.body, `"text":"x"`) {
		t.Errorf("what the token covers: %+v, %v", a, err)
	}
	wide := `Bearer resource_metadata="` + h.Address() + `/.well-known/oauth-protected-resource/mcp", scope="mcp server:demo server:more", error="insufficient_scope"`
	for tool, want := range map[string]int{
		"more__echo": http.StatusForbidden, "more__nothing": http.StatusForbidden,
		"more__add": http.StatusOK, "secret__echo": http.StatusOK, "none__echo": http.StatusOK, "more": http.StatusOK, "__": http.StatusOK,
	} {
		for era, ask := range map[string]func() (answer, error){
			"legacy": func() (answer, error) { return h.use("/mcp", v.access, session, tool, `{}`) },
			"modern": func() (answer, error) { return h.post("/mcp", v.access, "", modernCall(tool)) },
		} {
			a, err := ask()
			if want == http.StatusForbidden && a.challenge != wide || want != http.StatusForbidden && (a.challenge != "" || !strings.Contains(a.body, "Unknown tool: "+tool)) {
				t.Errorf("%s, %s: challenge %q: %s", tool, era, a.challenge, a.body)
			}
			if err != nil || a.status != want {
				t.Errorf("%s, %s: %+v, %v", tool, era, a, err)
			}
		}
	}
	read := `{"jsonrpc":"2.0","id":7,"method":"resources/read","params":{"uri":"x:of-whom"}}`
	if a, err := h.post("/mcp", v.access, session, read); err != nil || a.status != http.StatusOK || a.challenge != "" || !strings.Contains(a.body, "x:of-whom") {
		t.Errorf("a resource, of which nobody can say which server has it: %+v, %v", a, err)
	}
	if got := h.socketAnswers("/ws", v.access, modernCall("more__echo")); !strings.Contains(got, "scope server:more") {
		t.Errorf("on a socket: %s", got)
	}
}

// TestDenied: the owner's no ends the request, and nobody is let in.
func TestDenied(t *testing.T) {
	h := newHouse(t, entries("demo")).run()
	v := h.visitor()
	page, code := v.ask("", "")
	if err := h.DenyAgent(code); err != nil {
		t.Fatal(err)
	}
	if _, err := h.ApproveAgent(code, Approval{}); !errors.Is(err, ErrUnknown) {
		t.Errorf("approved after all: %v", err)
	}
	if r, text := v.do("GET", page, "", ""); !strings.Contains(text, "access_denied") && !strings.Contains(r.Header.Get("Location"), "access_denied") {
		t.Errorf("the client is told %d %q %s", r.StatusCode, r.Header.Get("Location"), text)
	}
}

// ownerFirst are settings by which the owner has to sign in at a provider that cannot be reached.
func ownerFirst() string {
	return strings.TrimSuffix(entries("demo"), "}") +
		`,"drawbridge":{"signIn":{"ownerFirst":true,"providers":[{"issuer":"http://127.0.0.1:1","clientId":"x","name":"Corp"}]}}}`
}

// TestOwnerFirst: while the owner has to sign in first, nothing passes, and the owner reads why.
func TestOwnerFirst(t *testing.T) {
	h := newHouse(t, ownerFirst()).run()
	h.awaitProblem(func(p string) bool {
		return strings.Contains(p, "until you sign in") && strings.Contains(p, "drawbridge signin")
	})
	h.Lower()
	if status, _ := h.Status(); !status.Raised {
		t.Error("lowered without a sign-in")
	}
	h.write(h.options.Places.Config, entries("demo"))
	h.owner.Lock()
	err := h.reload()
	h.owner.Unlock()
	if status, _ := h.Status(); err != nil || status.Raised || status.Problem != "" {
		t.Errorf("without a provider: %+v, %v", status, err)
	}
}

// TestOwnerFromBefore: a sign-in from before the start lets nothing pass until the provider has confirmed it. The owner is told
// what it waits for, and not to sign in; a log that is read for faults has none.
func TestOwnerFromBefore(t *testing.T) {
	var log locked
	h := newHouse(t, ownerFirst(), func(o *Options) {
		o.Log = &log
		if err := o.Secrets.Set(ownerEntry, `{"subject":"http://127.0.0.1:1|ada","refresh":"canary"}`); err != nil {
			t.Fatal(err)
		}
	}).run()
	h.awaitProblem(func(p string) bool {
		return strings.Contains(p, "until Corp has confirmed your sign-in; it is asked again")
	})
	if status, _ := h.Status(); !status.Raised {
		t.Error("lowered on an old sign-in alone")
	}
	if p := h.Problems(); len(p) != 1 || p[0].With != "confirm" {
		t.Errorf("problems: %+v", p)
	}
	if text := log.text(); strings.Contains(text, "level=ERROR") || !strings.Contains(text, "until Corp has confirmed") || strings.Contains(text, "canary") {
		t.Errorf("the log: %s", text)
	}
}

// locked is a log that several write and one reads.
type locked struct {
	mu sync.Mutex // guards the field below
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
