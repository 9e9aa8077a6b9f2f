package judge

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestClientOfTheFirstRevision: one that knows the origin alone, and asks for no resource, gets in where the owner says.
func TestClientOfTheFirstRevision(t *testing.T) {
	judging(t)
	b := serve(t, pair(t))
	a := b.admit(t, b.approving(t, nil, "old", "--server", "echo"), "")
	b.open(t, b.client(t), "echo", a.access)
	if _, err := b.dial(deadline(t, 10*time.Second), b.client(t), "other", a.access, `{}`); err == nil {
		t.Error("it is let in to a server that the owner did not name")
	}
}

// TestTokenOfAnotherServer: what was issued for one server is no way in to another, nor to all of them.
func TestTokenOfAnotherServer(t *testing.T) {
	judging(t)
	b := serve(t, pair(t))
	a := b.admit(t, b.approving(t, nil, "one"), "echo")
	b.open(t, b.client(t), "echo", a.access)
	for _, server := range []string{"other", ""} {
		b.refuses(t, server, a.access)
	}
}

// TestRefreshTwice: two that refresh at once both go on; the code, used again, ends everything.
func TestRefreshTwice(t *testing.T) {
	judging(t)
	b := serve(t, pair(t))
	a := b.admit(t, b.approving(t, nil, "twice"), "echo")
	first := a.refresh
	for range 2 {
		if status, problem := a.renew(t, first); status != http.StatusOK {
			t.Fatalf("refresh: HTTP %d %s", status, problem)
		}
		b.open(t, b.client(t), "echo", a.access)
	}
	if status, problem := a.exchange(t); status != http.StatusBadRequest || problem != "invalid_grant" {
		t.Errorf("the code again: HTTP %d %s", status, problem)
	}
	b.refuses(t, "echo", a.access)
}

// TestLeaver: who has left the company is out at the next refresh, and comes in no more.
func TestLeaver(t *testing.T) {
	judging(t)
	p := npm(t).certified(t)
	b := withProvider(t, p, nil)
	a := b.admit(t, b.approving(t, p, "leaver"), "echo")
	l := b.open(t, b.client(t), "echo", a.access)
	p.leaves(t)
	if status, problem := a.renew(t, a.refresh); status != http.StatusBadRequest || problem != "invalid_grant" {
		t.Errorf("refresh: HTTP %d %s", status, problem)
	}
	if _, err := l.tool(deadline(t, 10*time.Second), "2", "echo", `{"text":"hello"}`); err == nil {
		t.Error("a call works after the provider said no")
	}
	b.refuses(t, "echo", a.access)
}

// TestProviderDown: who is in stays in until their token ends and their
// refresh token is not used up.
func TestProviderDown(t *testing.T) {
	judging(t)
	p := npm(t).certified(t)
	b := withProvider(t, p, nil)
	a := b.admit(t, b.approving(t, p, "patient"), "echo")
	l := b.open(t, b.client(t), "echo", a.access)
	p.stop()
	if status, problem := a.renew(t, a.refresh); status != http.StatusServiceUnavailable || problem != "temporarily_unavailable" {
		t.Errorf("refresh: HTTP %d %s", status, problem)
	}
	if _, err := l.tool(deadline(t, 10*time.Second), "2", "echo", `{"text":"hello"}`); err != nil {
		t.Errorf("a call with a token that lives: %v", err)
	}
}

// TestProviderAway: who wants to come in while nobody knows the provider is told, and the owner is not asked.
func TestProviderAway(t *testing.T) {
	judging(t)
	p := npm(t).certified(t)
	b, back := withProvider(t, p, nil), newReturns(t)
	p.stop()
	_, err := back.fetch(deadline(t, time.Minute), b.approving(t, p, "late"), b.asks(t, "Late", back.redirect))
	if err == nil || !strings.HasPrefix(err.Error(), "temporarily_unavailable: company sign-in cannot be reached") {
		t.Errorf("a new sign-in: %v", err)
	}
}

// TestRule: whom the owner's rules let in is not waited for.
func TestRule(t *testing.T) {
	judging(t)
	p := npm(t).certified(t)
	b := withProvider(t, p, map[string]any{"approve": []any{map[string]any{"groups": []string{"engineering"}, "servers": []string{"echo"}}}})
	who := newPerson(t, p)
	who.tell = func(code string) error { return fmt.Errorf("the owner is asked about %s", code) }
	a := b.admit(t, who, "echo")
	b.open(t, b.client(t), "echo", a.access)
}

// TestNobodySignsIn: the owner is not asked about somebody whom the provider does not know.
func TestNobodySignsIn(t *testing.T) {
	judging(t)
	p := npm(t).certified(t)
	b := withProvider(t, p, nil)
	p.leaves(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	back := newReturns(t)
	if answer, err := back.fetch(ctx, b.approving(t, p, "nobody"), b.asks(t, "Nobody", back.redirect)); err == nil {
		t.Errorf("let in: %v", answer)
	}
	if waiting := b.run(t, "agents", "waiting", "--json"); strings.Contains(waiting, "Nobody") {
		t.Errorf("the owner is asked: %s", waiting)
	}
}
