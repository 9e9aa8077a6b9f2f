package judge

import (
	"net/url"
	"testing"
	"time"
)

// TestPagesLeadIn: a real browser comes through consent, company sign-in and the owner's yes, by the pages alone,
// whose own policy lets nothing else happen. Pictures of all of them are taken on the way.
func TestPagesLeadIn(t *testing.T) {
	judging(t)
	p := npm(t).certified(t)
	web, bridge, back := chromium(t), withProvider(t, p, nil), newReturns(t)
	web.goTo(t, bridge.asks(t, "Claude Code", back.redirect))
	web.shows(t, "Claude Code")
	web.pictures(t, "consent")
	web.click(t, "button[value=allow]")
	web.shows(t, "Sign-in")
	web.fill(t, "login", p.fields["login"])
	web.fill(t, "password", p.fields["password"])
	web.click(t, "button")
	web.shows(t, "scopes")
	web.click(t, "button")
	web.shows(t, "ada@corp.example")
	web.pictures(t, "waiting")
	code, err := web.run(t.Context(), "document.querySelector('strong').innerText")
	if err != nil {
		t.Fatal(err)
	}
	bridge.run(t, "agents", "approve", code)
	select {
	case answer := <-back.came:
		if answer.Get("code") == "" || answer.Get("state") != "canary-of-the-state" || answer.Get("iss") != bridge.url {
			t.Errorf("the browser brings back %v", answer)
		}
	case <-time.After(20 * time.Second):
		t.Error("the browser does not come back")
	}
}

// TestPagesWithAChoice: where there are several providers the person picks one, and comes to that.
func TestPagesWithAChoice(t *testing.T) {
	judging(t)
	p, other := npm(t).certified(t), zitadel(t)
	more := map[string]any{"providers": []any{p.chosen("Example Corp"), other.chosen("Contractors of Example")}}
	web, bridge, back := chromium(t), withProvider(t, p, more), newReturns(t)
	web.goTo(t, bridge.asks(t, "Claude Code", back.redirect))
	web.shows(t, "Contractors of Example")
	web.pictures(t, "consent-choice")
	web.click(t, "input[value='1']")
	web.click(t, "button[value=allow]")
	web.shows(t, "Username")
	at, err := web.run(t.Context(), "location.origin")
	if err != nil || at+"/" != other.issuer {
		t.Errorf("the browser is at %q, not at %q (%v)", at, other.issuer, err)
	}
}

// TestPagesOfABridgeAlone: the code that the owner types, a refusal and an error, as a browser shows them.
func TestPagesOfABridgeAlone(t *testing.T) {
	judging(t)
	web, bridge, back := chromium(t), serve(t, map[string]entry{"echo": ourselves(t, "session"), "other": ourselves(t, "session")}), newReturns(t)
	web.goTo(t, bridge.asks(t, "", "https://claude.ai/api/mcp/auth_callback"))
	web.shows(t, "claude.ai")
	web.pictures(t, "consent-elsewhere")
	web.click(t, "button[value=allow]")
	web.shows(t, "Waiting")
	web.pictures(t, "waiting-code")
	code, err := web.run(t.Context(), "document.querySelector('strong').innerText")
	if err != nil {
		t.Fatal(err)
	}
	bridge.run(t, "agents", "deny", code)
	web.shows(t, "said no")
	web.pictures(t, "refused")
	web.goTo(t, bridge.url+"/authorize?client_id=nobody&redirect_uri="+url.QueryEscape(back.redirect))
	web.shows(t, "not known here")
	web.pictures(t, "failed")
}

// asks is where an agent of that name sends its user.
func (b *bridge) asks(t *testing.T, name, redirect string) string {
	t.Helper()
	a := &agent{b: b, redirect: redirect, client: b.register(t, name, redirect)}
	return a.asking(map[string]string{"resource": b.at("echo") + "/mcp"})
}
