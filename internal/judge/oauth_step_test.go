package judge

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestStepUp: an agent that was approved for two servers and took one comes back for both. The owner is asked again only where any
// program could have come in its place.
func TestStepUp(t *testing.T) {
	judging(t)
	p := npm(t).certified(t)
	b := withProvider(t, p, nil)
	for method, again := range map[string]bool{"client_secret_post": false, "none": true} {
		back := newReturns(t)
		a := &agent{b: b, http: b.client(t), redirect: back.redirect}
		a.client, a.secret = b.registers(t, map[string]any{
			"client_name": "Judge", "redirect_uris": []string{a.redirect}, "token_endpoint_auth_method": method,
		})
		who := b.approving(t, p, "step "+method, "--server", "echo", "--server", "other")
		approve, asked := who.tell, 0
		who.tell = func(code string) error {
			asked++
			return approve(code)
		}
		enter := func(scope string) {
			t.Helper()
			answer, err := back.fetch(deadline(t, time.Minute), who, a.asking(map[string]string{"scope": scope}))
			if err != nil {
				t.Fatal(err)
			}
			a.code = answer.Get("code")
			if status, problem := a.exchange(t); status != http.StatusOK {
				t.Fatalf("exchange: HTTP %d %s", status, problem)
			}
		}
		enter("mcp server:echo")
		b.open(t, b.client(t), "echo", a.access)
		if _, err := b.dial(deadline(t, 10*time.Second), b.client(t), "other", a.access, `{}`); err == nil {
			t.Errorf("%s: the narrow token opens both", method)
		}
		enter("mcp server:echo server:other")
		b.open(t, b.client(t), "other", a.access)
		want := 1
		if again {
			want = 2
		}
		if asked != want {
			t.Errorf("%s: the owner was asked %d times, want %d", method, asked, want)
		}
		record := b.run(t, "audit", "list", "--agent", "step "+method, "--kind", "owner")
		if got := strings.Contains(record, "let in again, as approved before"); got == again {
			t.Errorf("%s: the record says %s", method, record)
		}
	}
}
