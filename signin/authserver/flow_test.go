package authserver

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/internal/caller"
)

func TestAgentFromRegistrationToRevocation(t *testing.T) {
	h := newHouse(t, corp())
	client, got := h.enter()
	who, ends, err := h.Verify(got.access)
	if err != nil {
		t.Fatal(err)
	}
	want := &caller.Caller{
		Agent: "Agent " + client, Grant: who.Grant, User: "https://login.corp.example|ada", Email: "ada@corp.example",
		Groups: []string{"dev"}, Audience: "files", Scopes: []caller.Scope{{Server: "files"}},
	}
	if diff := cmp.Diff(want, who); diff != "" {
		t.Errorf("caller (-want +got):\n%s", diff)
	}
	if left := time.Until(ends); left > 10*time.Minute || left < 9*time.Minute {
		t.Errorf("the access token lives for %v", left)
	}
	grants := h.Grants()
	if len(grants) != 1 || grants[0].ID != who.Grant || grants[0].Client.Name != "Test Agent" || grants[0].Used.IsZero() {
		t.Errorf("grants: %+v", grants)
	}
	h.reopen()
	h.expect(got.access, nil)
	next := h.mustRefresh(client, got.refresh)
	h.expect(next.access, nil)
	if err := h.Revoke("AGENT " + client); err != nil {
		t.Fatal(err)
	}
	h.expect(got.access, ErrUnknown)
	h.expect(next.access, ErrUnknown)
	if status, answer := h.refresh(client, next.refresh); status != http.StatusBadRequest || answer["error"] != "invalid_grant" {
		t.Errorf("refresh after revocation: %d %v", status, answer)
	}
	h.reopen()
	h.expect(next.access, ErrUnknown)
	if moves := h.moves(); len(moves) != 3 || moves[2] != who.Grant+" now" {
		t.Errorf("moves: %q", moves)
	}
}

func TestOwnerIsAskedOnlyAboutWhoSignedIn(t *testing.T) {
	p := corp()
	h := newHouse(t, p)
	client := h.register(callback)
	b := h.browser()
	b.get(issuer + "/authorize?" + asking(client).Encode())
	if len(h.owner.asked) != 0 {
		t.Error("the owner was asked before sign-in")
	}
	waiting := b.agree(asking(client))
	if len(h.owner.asked) != 1 {
		t.Fatalf("the owner was asked %d times", len(h.owner.asked))
	}
	asked := h.owner.asked[0]
	if asked.User.Subject != p.user.Subject || asked.RedirectHost != "localhost:7777" || !asked.Loopback ||
		asked.Audience != "files" || asked.Address != "192.0.2.1" || asked.Client.Host != "" {
		t.Errorf("asked: %+v", asked)
	}
	if page := text(t, b.get(waiting)); !strings.Contains(page, asked.Code) {
		t.Error("the page does not show the code that the owner sees")
	}
	if err := h.Deny(asked.ID); err != nil {
		t.Fatal(err)
	}
	res := b.get(waiting)
	if next := res.Header.Get("Refresh"); !strings.Contains(next, "error=access_denied") || !strings.Contains(next, "state=st") || !strings.Contains(next, "iss=") {
		t.Errorf("after the owner's no the browser goes to %q", next)
	}
	if diff := cmp.Diff([]string{asked.ID}, h.owner.over); diff != "" {
		t.Errorf("over (-want +got):\n%s", diff)
	}
}

func TestProviderThatSaysNo(t *testing.T) {
	for name, c := range map[string]struct {
		fails error
		want  string
	}{
		"denied": {ErrDenied, "error=access_denied"},
		"down":   {http.ErrHandlerTimeout, "error=temporarily_unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			p := corp()
			h := newHouse(t, p)
			b := h.browser()
			client := h.register(callback)
			res := b.get(issuer + "/authorize?" + asking(client).Encode())
			res = b.submit(text(t, res), "allow")
			waiting := issuer + res.Header.Get("Location")
			_, login, _ := strings.Cut(b.get(waiting).Header.Get("Refresh"), "url=")
			u, _ := url.Parse(login)
			p.failing(c.fails)
			b.get(u.Query().Get("back"))
			if next := b.get(waiting).Header.Get("Refresh"); !strings.Contains(next, c.want) {
				t.Errorf("the browser goes to %q", next)
			}
			if len(h.owner.asked) != 0 {
				t.Error("the owner was asked")
			}
		})
	}
}

func TestWithoutProviderTheOwnerTypesTheCode(t *testing.T) {
	h := newHouse(t)
	client := h.register(callback)
	b := h.browser()
	waiting := b.agree(asking(client, "resource", "-"))
	if len(h.owner.asked) != 0 || len(h.Pending()) != 0 {
		t.Error("the owner is shown somebody who did not sign in")
	}
	code := regexp.MustCompile(`[0-9A-Z]{3}-[0-9A-Z]{3}`).FindString(text(t, b.get(waiting)))
	p, ok := h.Find(strings.ToLower(strings.ReplaceAll(code, "-", "")))
	if !ok {
		t.Fatalf("no request has the code %q", code)
	}
	if err := h.Approve(p.ID, Approval{Agent: "a", Scopes: everything}); err == nil {
		t.Error("approved by id, without the code")
	}
	if err := h.Approve(code, Approval{Agent: "a", Scopes: []caller.Scope{{Server: "clock", Tools: []string{"now"}}}}); err != nil {
		t.Fatal(err)
	}
	back, err := b.get(waiting).Location()
	if err != nil {
		t.Fatal(err)
	}
	got := h.mustPost(exchangeForm(client, back.Query().Get("code")))
	who, _, err := h.Verify(got.access)
	if err != nil {
		t.Fatal(err)
	}
	want := &caller.Caller{Agent: "a", Grant: who.Grant, Scopes: []caller.Scope{{Server: "clock", Tools: []string{"now"}}}}
	if diff := cmp.Diff(want, who); diff != "" {
		t.Errorf("caller (-want +got):\n%s", diff)
	}
}

func TestRuleOfTheOwner(t *testing.T) {
	h := newHouse(t, corp())
	h.owner.rule = func(p Pending) (Approval, bool) {
		return Approval{Agent: "by rule", Scopes: everything}, p.User.Groups[0] == "dev"
	}
	client := h.register(callback)
	b := h.browser()
	if res := b.get(b.agree(asking(client))); res.StatusCode != http.StatusFound {
		t.Errorf("status %d", res.StatusCode)
	}
	if len(h.owner.asked) != 0 {
		t.Error("the owner was asked all the same")
	}
}

// TestSeveralProviders: the person at the browser picks where to sign in; a name that is none is the first.
func TestSeveralProviders(t *testing.T) {
	second := &idp{address: "https://second.example", user: User{Subject: "https://second.example|ada"}, session: "s"}
	for answer, want := range map[string]string{"0": "https://login.corp.example", "1": "https://second.example", "": "https://login.corp.example", "2": "https://login.corp.example", "-1": "https://login.corp.example", "x": "https://login.corp.example"} {
		h := newHouse(t, corp(), second)
		b := h.browser()
		page := text(t, b.get(issuer+"/authorize?"+asking(h.register(callback)).Encode()))
		if !strings.Contains(page, `name="provider" value="0" checked`) || !strings.Contains(page, `name="provider" value="1">`) {
			t.Fatalf("the page has no choice: %s", page)
		}
		waiting := issuer + b.submit(page, "allow", "provider", answer).Header.Get("Location")
		if to := b.get(waiting).Header.Get("Refresh"); !strings.HasPrefix(to, "0; url="+want+"/") {
			t.Errorf("%q leads to %q", answer, to)
		}
		b.signIn(waiting)
		if p := h.Pending(); len(p) != 1 || p[0].Provider != want || !strings.HasPrefix(p[0].User.Subject, want+"|") {
			t.Errorf("%q: waiting are %+v", answer, p)
		}
	}
}

func TestFlowIsBoundToItsBrowser(t *testing.T) {
	h := newHouse(t)
	client := h.register(callback)
	b, thief := h.browser(), h.browser()
	res := b.get(issuer + "/authorize?" + asking(client).Encode())
	page := text(t, res)
	for _, c := range res.Cookies() {
		if !strings.HasPrefix(c.Name, "__Host-") || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("cookie: %+v", c)
		}
	}
	if res := thief.submit(page, "allow"); res.StatusCode != http.StatusForbidden {
		t.Errorf("another browser's consent: status %d", res.StatusCode)
	}
	if res := b.submit(regexp.MustCompile(`name="csrf" value="[^"]+"`).ReplaceAllString(page, ""), "allow"); res.StatusCode != http.StatusForbidden {
		t.Errorf("consent without its token: status %d", res.StatusCode)
	}
	waiting := issuer + b.submit(page, "allow").Header.Get("Location")
	if res := thief.get(waiting); res.StatusCode != http.StatusForbidden {
		t.Errorf("another browser's waiting page: status %d", res.StatusCode)
	}
	if res := b.submit(page, "deny"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("a second answer: status %d", res.StatusCode)
	}
	if res := b.get(waiting); res.StatusCode != http.StatusOK || strings.Contains(res.Header.Get("Refresh"), "error") {
		t.Error("a second answer changed the first")
	}
}

func TestConsentFromElsewhere(t *testing.T) {
	for name, value := range map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"} {
		r, _ := http.NewRequest(http.MethodPost, issuer+"/consent", nil)
		r.Header.Set(name, value)
		if sameOrigin(r, issuer) {
			t.Errorf("%s: %s is let in", name, value)
		}
	}
}

func TestWaitingEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, corp())
		client := h.register(callback)
		b := h.browser()
		waiting := b.agree(asking(client))
		time.Sleep(flowLife + time.Second)
		synctest.Wait()
		if len(h.owner.over) != 1 || len(h.Pending()) != 0 {
			t.Errorf("over: %q, pending: %+v", h.owner.over, h.Pending())
		}
		if err := h.Approve(h.owner.asked[0].ID, Approval{Agent: "a", Scopes: everything}); err == nil {
			t.Error("approved after its end")
		}
		if res := b.get(waiting); res.StatusCode != http.StatusForbidden {
			t.Errorf("status %d", res.StatusCode)
		}
	})
}

func TestApprovalThatCannotBe(t *testing.T) {
	h := newHouse(t, corp())
	h.enter()
	taken := h.Grants()[0].Agent
	b := h.browser()
	b.agree(asking(h.register(callback)))
	id := h.Pending()[0].ID
	for name, a := range map[string]Approval{
		"no name":             {Scopes: everything},
		"a line break":        {Agent: "a\nb", Scopes: everything},
		"a token's agent":     {Agent: "token agent", Scopes: everything},
		"another OAuth agent": {Agent: strings.ToUpper(taken), Scopes: everything},
		"nothing allowed":     {Agent: "a"},
		"another server":      {Agent: "a", Scopes: []caller.Scope{{Server: "clock"}}},
		"a tool without name": {Agent: "a", Scopes: []caller.Scope{{Server: "files", Tools: []string{""}}}},
	} {
		if err := h.Approve(id, a); err == nil {
			t.Errorf("%s: approved", name)
		}
	}
	if err := h.Approve(id, Approval{Agent: "a", Scopes: everything}); err != nil {
		t.Error(err)
	}
	if err := h.Approve(id, Approval{Agent: "a", Scopes: everything}); err == nil {
		t.Error("approved twice")
	}
}

func TestTooManyWaitForOneUser(t *testing.T) {
	h := newHouse(t, corp())
	client := h.register(callback)
	for range maxPerUser + 2 {
		h.browser().agree(asking(client))
	}
	if n := len(h.Pending()); n != maxPerUser || len(h.owner.asked) != maxPerUser {
		t.Errorf("%d wait, the owner was asked %d times", n, len(h.owner.asked))
	}
}
