package authserver

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/internal/caller"
)

const (
	webCallback = "https://app.example/callback"
	narrowScope = "mcp server:files"
	wideScope   = "mcp server:files server:clock"
)

// applicant is a client of some kind, in a house where a user signs in.
type applicant struct {
	*house
	idp        *idp
	id, secret string
	redirect   string
}

func newApplicant(h *house, redirect string, metadata map[string]any) *applicant {
	h.t.Helper()
	status, answer := h.registerAs(metadata)
	if status != http.StatusCreated {
		h.t.Fatalf("register: %d %v", status, answer)
	}
	secret, _ := answer["client_secret"].(string)
	idp, _ := h.providers[0].(*idp)
	return &applicant{h, idp, answer["client_id"].(string), secret, redirect}
}

// web is a client whose codes go to a host of its own, native one on its user's machine, secret one there that has a secret.
func web(h *house) *applicant {
	return newApplicant(h, webCallback, map[string]any{"redirect_uris": []string{webCallback, webCallback + "/2"}, "token_endpoint_auth_method": "none"})
}

func native(h *house) *applicant {
	return newApplicant(h, callback, map[string]any{"redirect_uris": []string{callback}, "token_endpoint_auth_method": "none"})
}

func secret(h *house) *applicant {
	return newApplicant(h, callback, map[string]any{"redirect_uris": []string{callback}})
}

// documented is a client that is known by its document, with those redirects, of which it uses the first.
func documented(redirects ...string) func(*house) *applicant {
	return func(h *house) *applicant {
		const id = "https://app.example/client.json"
		c := &client{ID: id, Name: "App", Host: "app.example", Redirects: redirects, Refreshes: true}
		h.documents.keep(id, document{client: c, until: time.Now().Add(time.Hour)})
		return &applicant{house: h, id: id, redirect: redirects[0]}
	}
}

// asking is a request that names servers by scope, changed as by asking.
func (a *applicant) asking(scope string, changes ...string) url.Values {
	return asking(a.id, append([]string{"redirect_uri", a.redirect, "resource", "-", "scope", scope}, changes...)...)
}

// enters brings a request to its tokens; the owner approves it if asked.
func (a *applicant) enters(q url.Values) tokens {
	a.t.Helper()
	f := exchangeForm(a.id, a.code(q), "redirect_uri", q.Get("redirect_uri"))
	if a.secret != "" {
		f.Set("client_secret", a.secret)
	}
	return a.mustPost(f)
}

// ask brings a request to where the owner is asked, and returns what the owner is shown; false if that is nothing, as the
// browser goes on with a code.
func (a *applicant) ask(q url.Values) (Pending, bool) {
	a.t.Helper()
	before := len(a.owner.asked)
	b := a.browser()
	waiting := b.agree(q)
	if len(a.owner.asked) > before {
		if again := a.Pending(); len(again) != 1 || again[0].Earlier.Same != a.owner.asked[before].Earlier.Same {
			a.t.Errorf("the owner finds %+v", again)
		}
		return a.owner.asked[before], true
	}
	back, err := b.get(waiting).Location()
	if err != nil || back.Query().Get("code") == "" {
		a.t.Errorf("nobody is asked, and the browser goes to %v", back)
	}
	return Pending{}, false
}

// TestAskedAgain: an agent that the owner approved for two servers, and that took one, comes back. The owner is asked unless
// it is the same agent and user for no more than that, and nobody else can be in its place.
func TestAskedAgain(t *testing.T) {
	both := []caller.Scope{{Server: "files", Tools: []string{"read_*"}}, {Server: "clock", Tools: []string{"read_*"}}}
	const (
		unasked = "unasked"
		same    = "the same"
		wider   = "wider"
		anew    = "anew"
	)
	for name, c := range map[string]struct {
		kind     func(*house) *applicant
		approves []caller.Scope // both if nil
		between  func(*applicant)
		scope    string // wideScope if ""
		changes  []string
		want     string
	}{
		"the wider set":                 {want: unasked},
		"what it has":                   {scope: narrowScope, want: unasked},
		"the other server's audience":   {changes: []string{"resource", issuer + "/clock/mcp"}, want: unasked},
		"the joined endpoint":           {changes: []string{"resource", issuer + "/mcp"}, want: unasked},
		"whatever the owner picks":      {scope: "mcp", want: wider},
		"whatever, when all is allowed": {approves: everything, scope: "mcp", want: unasked},
		"more than was approved":        {approves: both[:1], want: wider},
		"something else":                {approves: both[:1], scope: "mcp server:clock", want: wider},
		"after a restart":               {between: func(a *applicant) { a.reopen() }, want: unasked},
		"another way back":              {changes: []string{"redirect_uri", webCallback + "/2"}, want: anew},
		"another user":                  {between: func(a *applicant) { a.idp.user.Subject = a.idp.address + "|eve" }, want: anew},
		"another client":                {between: func(a *applicant) { a.id = web(a.house).id }, want: anew},
		"another address":               {between: func(a *applicant) { a.issuer = "https://other.example" }, want: anew},
		"the owner revoked it": {between: func(a *applicant) {
			if err := a.Revoke("Agent " + a.id); err != nil {
				a.t.Fatal(err)
			}
		}, want: anew},
		"another server was approved since": {approves: both[:1], between: func(a *applicant) {
			a.approves = both[1:]
			a.enters(a.asking("mcp server:clock"))
		}, scope: narrowScope, want: unasked},
		"the owner said less since": {between: func(a *applicant) {
			a.approves = both[:1]
			a.approvesLess(both[:1])
		}, want: wider},
		"one with a document":                {kind: documented(webCallback), want: unasked},
		"a native app with a document":       {kind: documented(callback), want: same},
		"a native app":                       {kind: native, want: same},
		"a native app, on another port":      {kind: native, changes: []string{"redirect_uri", "http://localhost:9/oauth/callback"}, want: same},
		"a native app with a secret":         {kind: secret, want: unasked},
		"the same, on another port":          {kind: secret, changes: []string{"redirect_uri", "http://localhost:9/oauth/callback"}, want: unasked},
		"a native app, by way of a host":     {kind: bounced(webCallback, callback), want: same},
		"one with a scheme of its own":       {kind: bounced(webCallback, customRedirects[0]), want: same},
		"one on https on its user's machine": {kind: bounced("https://localhost:8443/callback"), want: same},
		"one on https on a loopback address": {kind: bounced("https://127.8.0.1/callback"), want: same},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, corp())
			kind := c.kind
			if kind == nil {
				kind = web
			}
			a := kind(h)
			if h.approves = c.approves; h.approves == nil {
				h.approves = both
			}
			a.enters(a.asking(narrowScope))
			if c.between != nil {
				c.between(a)
			}
			scope := c.scope
			if scope == "" {
				scope = wideScope
			}
			asked, ok := a.ask(a.asking(scope, c.changes...))
			got := anew
			switch {
			case !ok:
				got = unasked
			case asked.Earlier.Same:
				got = same
			case asked.Earlier.Agent != "":
				got = wider
			}
			if got != c.want {
				t.Errorf("asked %s, want %s: %+v", got, c.want, asked.Earlier)
			}
			if told := len(h.owner.again) > 0; told != (c.want == unasked) {
				t.Errorf("told of %+v", h.owner.again)
			}
			if agent := asked.Earlier.Agent; agent != "" && (agent != "Agent "+a.id || !slices.Equal(asked.Earlier.Scopes[0].Tools, h.approves[0].Tools)) {
				t.Errorf("approved before: %+v", asked.Earlier)
			}
		})
	}
}

// bounced is a public client with those redirects, of which it uses the first.
func bounced(redirects ...string) func(*house) *applicant {
	return func(h *house) *applicant {
		return newApplicant(h, redirects[0], map[string]any{"redirect_uris": redirects, "token_endpoint_auth_method": "none"})
	}
}

// approvesLess has the owner approve less of a request for everything than before.
func (a *applicant) approvesLess(scopes []caller.Scope) {
	a.t.Helper()
	b := a.browser()
	waiting := b.agree(a.asking("mcp"))
	if err := a.Approve(a.owner.asked[len(a.owner.asked)-1].ID, Approval{Agent: "Agent " + a.id, Scopes: scopes}); err != nil {
		a.t.Fatal(err)
	}
	back, err := b.get(waiting).Location()
	if err != nil {
		a.t.Fatal(err)
	}
	a.mustPost(exchangeForm(a.id, back.Query().Get("code"), "redirect_uri", a.redirect))
}

// TestStepUp: with the wider token comes what the owner approved, no more, and it may be wider again.
func TestStepUp(t *testing.T) {
	h := newHouse(t, corp())
	a := web(h)
	h.approves = []caller.Scope{{Server: "files", Tools: []string{"read_*"}}, {Server: "clock"}}
	first, _, err := h.Verify(a.enters(a.asking(narrowScope)).access)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]caller.Scope{{Server: "clock"}}, first.More); diff != "" {
		t.Errorf("what a wider token would have (-want +got):\n%s", diff)
	}
	for scope, want := range map[string]*caller.Caller{
		wideScope:          {Scopes: h.approves},
		"mcp server:clock": {Scopes: h.approves[1:], More: h.approves[:1]},
	} {
		who, _, err := h.Verify(a.enters(a.asking(scope)).access)
		if err != nil {
			t.Fatal(err)
		}
		want.Agent, want.Grant, want.User, want.Email, want.Groups = first.Agent, who.Grant, first.User, first.Email, first.Groups
		if diff := cmp.Diff(want, who); diff != "" {
			t.Errorf("%s: caller (-want +got):\n%s", scope, diff)
		}
	}
	if len(h.owner.asked) != 1 {
		t.Errorf("the owner was asked %d times", len(h.owner.asked))
	}
}

// TestNothingStandsOfWhat: an approval that was not used, was given back, has run out, or was a rule's, is none.
func TestNothingStandsOfWhat(t *testing.T) {
	for name, before := range map[string]func(*applicant){
		"was not used": func(a *applicant) { a.code(a.asking(wideScope)) },
		"was given back": func(a *applicant) {
			got := a.enters(a.asking(wideScope))
			if status, answer := a.post("/revoke", url.Values{"client_id": {a.id}, "token": {got.refresh}}); status != http.StatusOK {
				a.t.Fatalf("revoke: %d %v", status, answer)
			}
		},
		"has run out": func(a *applicant) {
			a.enters(a.asking(wideScope))
			time.Sleep(refreshLife)
		},
		"was a rule's": func(a *applicant) {
			a.owner.rule = func(Pending) (Approval, bool) { return Approval{Agent: "by rule", Scopes: everything}, true }
			a.enters(a.asking(wideScope))
			a.owner.rule = nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := web(newHouse(t, corp()))
				before(a)
				if asked, ok := a.ask(a.asking(wideScope)); !ok || asked.Earlier.Agent != "" {
					t.Errorf("asked: %v, approved before: %+v", ok, asked.Earlier)
				}
			})
		})
	}
}

// TestRevokedWhileOnTheWay: what the owner takes back is not given again to a browser that has not come for it yet.
func TestRevokedWhileOnTheWay(t *testing.T) {
	h := newHouse(t, corp())
	a := web(h)
	a.enters(a.asking(wideScope))
	b := h.browser()
	waiting := b.agree(a.asking(wideScope))
	if err := h.Revoke("Agent " + a.id); err != nil {
		t.Fatal(err)
	}
	if next := b.get(waiting).Header.Get("Refresh"); !strings.Contains(next, "error=access_denied") {
		t.Errorf("the browser goes to %q", next)
	}
	if got := h.Grants(); len(got) != 0 {
		t.Errorf("granted: %+v", got)
	}
}

// TestNobodySignsInAgain: without company sign-in the owner types the code each time, as the client is anybody's, and sees
// that it is the same.
func TestNobodySignsInAgain(t *testing.T) {
	h := newHouse(t)
	a := &applicant{house: h, id: h.register(webCallback), redirect: webCallback}
	a.enters(a.asking(narrowScope))
	b := h.browser()
	page := text(t, b.get(b.agree(a.asking(narrowScope))))
	waiting := h.flows.waiting(func(*flow) bool { return true })
	if len(waiting) != 1 {
		t.Fatalf("waiting are %+v", waiting)
	}
	p, ok := h.Find(waiting[0].code)
	if !ok || !p.Earlier.Same || !strings.Contains(page, p.Code) {
		t.Errorf("the owner finds %+v, %v", p, ok)
	}
	if a, ok := h.again(&waiting[0]); ok {
		t.Errorf("approved already: %+v", a)
	}
}
