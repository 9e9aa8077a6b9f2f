package judge

import (
	"os"
	"strings"
	"testing"
	"time"
)

// TestSignInLeavesNothingBehind: after a whole sign-in at a company's provider, calls, a refresh and an end, none of
// the secrets that were in play is found in what the bridge wrote and said, in what its processes show of
// themselves, or in the addresses that browsers keep.
func TestSignInLeavesNothingBehind(t *testing.T) {
	needProc(t)
	p := npm(t).certified(t)
	b := withProvider(t, p, nil)
	b.env = append(b.env, "DRAWBRIDGE_DEBUG=1")
	b.stop()
	b.begin(t)
	who := b.approving(t, p, "canary")
	a := b.admit(t, who, "echo")
	secrets := map[string]string{
		"the code": a.code, "the first access token": a.access, "the first refresh token": a.refresh,
		"the verifier": verifier, "the state": "canary-of-the-state", "the client's secret": idpSecret, "the passphrase": passphrase,
	}
	if status, problem := a.renew(t, a.refresh); problem != "" {
		t.Fatalf("refresh: HTTP %d %s", status, problem)
	}
	secrets["the access token"], secrets["the refresh token"] = a.access, a.refresh
	for name, value := range b.cookies(t, who) {
		secrets["the cookie "+name] = value
	}
	for i, secret := range p.issued() {
		secrets["a token of the provider "+string(rune('a'+i))] = secret
	}
	l := b.open(t, b.client(t), "echo", a.access)
	if _, err := l.tool(deadline(t, 10*time.Second), "2", "echo", `{"text":"hello"}`); err != nil {
		t.Fatal(err)
	}
	children := running(t.Name())
	if len(children) == 0 {
		t.Fatal("no server is running")
	}
	found := map[string]string{}
	for _, pid := range append(children, b.pid) {
		for _, f := range []string{"cmdline", "environ"} {
			text, err := os.ReadFile(procFile(pid, f))
			if err != nil {
				t.Fatal(err)
			}
			if pid == b.pid && f == "environ" {
				text = []byte(strings.ReplaceAll(string(text), passphrase, "")) // how it was given
			}
			found[procFile(pid, f)] = string(text)
		}
	}
	found["the listings"] = b.run(t, "status", "--json") + b.run(t, "agents", "list", "--json") + b.run(t, "calls", "--json") + b.run(t, "audit", "export") + b.run(t, "signin", "--json")
	a.revoke(t, a.refresh)
	b.stop()
	found["the log"] = tail(b.log, 1<<30)
	for name, text := range written(t, b.home) {
		found[name] = text
	}
	for where, text := range found {
		for what, secret := range secrets {
			if len(secret) < 8 {
				t.Errorf("%s is %q, which is too short to look for", what, secret)
			} else if strings.Contains(text, secret) {
				t.Errorf("%s holds %s", where, what)
			}
		}
	}
	for _, address := range who.visited() {
		for what, secret := range secrets {
			if what != "the code" && what != "the state" && strings.Contains(address, secret) {
				t.Errorf("the address %.60s… holds %s", address, what)
			}
		}
	}
}
