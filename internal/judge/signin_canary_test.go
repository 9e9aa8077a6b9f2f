package judge

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
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
	children := below(b.pid)
	if len(children) < 2 || !slices.ContainsFunc(children, func(pid int) bool { return slices.Contains(running(t.Name()), pid) }) {
		t.Fatalf("processes %v: no server is running, or no guardian", children)
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

// below are the living processes that a process started, and those that they did.
func below(pid int) (all []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range files {
		text, err := os.ReadFile(f)
		_, rest, ok := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest)
		if err != nil || !ok || len(fields) < 2 || fields[1] != strconv.Itoa(pid) || fields[0] == "Z" {
			continue
		}
		child, _ := strconv.Atoi(filepath.Base(filepath.Dir(f)))
		all = append(append(all, child), below(child)...)
	}
	return all
}
