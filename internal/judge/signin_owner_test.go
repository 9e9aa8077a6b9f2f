package judge

import (
	"strings"
	"testing"
	"time"
)

// TestOwnerSignsOut: where the owner has to be signed in first, agents' calls pass while that is so, and end with it.
func TestOwnerSignsOut(t *testing.T) {
	judging(t)
	p := npm(t).certified(t)
	b := withProvider(t, p, map[string]any{"ownerFirst": true})
	token := b.token(t, "keeper")
	enters := func() error {
		_, err := b.dial(deadline(t, 10*time.Second), b.client(t), "echo", token, `{}`)
		return err
	}
	for range 2 {
		if enters() == nil {
			t.Error("an agent comes in before the owner has signed in")
		}
		if got := b.run(t, "status"); !strings.Contains(got, "raised until you sign in") || !strings.Contains(got, "drawbridge signin") {
			t.Errorf("status says %s", got)
		}
		if err := b.signsIn(t, newPerson(t, p)); err != nil {
			t.Fatal(err)
		}
		if got := b.owner(t); got != p.issuer+"|"+p.user {
			t.Errorf("signed in as %q", got)
		}
		l := b.open(t, b.client(t), "echo", token)
		if _, err := l.tool(deadline(t, 10*time.Second), "2", "echo", `{"text":"hello"}`); err != nil {
			t.Errorf("a call while the owner is signed in: %v", err)
		}
		b.run(t, "signout")
		if got := b.owner(t); got != "" {
			t.Errorf("after sign-out %q is signed in", got)
		}
		if _, err := l.tool(deadline(t, 10*time.Second), "3", "echo", `{"text":"hello"}`); err == nil {
			t.Error("a session outlives the owner's sign-out")
		}
	}
}
