package judge

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// idp is an identity provider that others wrote, running on this machine.
type idp struct {
	name   string
	issuer string
	secret string            // of the bridge's client; "" is a public client
	groups bool              // it tells of groups
	params map[string]string // what the sign-in page has to be told besides
	user   string            // what it calls who signs in
	fields map[string]string // what somebody types there, by the field's name

	stop func() // returns when it is gone

	mu   sync.Mutex // guards the field below
	said []string   // lines that it printed
}

const idpSecret = "canary-of-the-clients-secret"

// certified is the provider of npm's oidc-provider, which OpenID certified.
func (n nodejs) certified(t *testing.T, env ...string) *idp {
	t.Helper()
	cmd := exec.Command(n.program, n.adopt(t, "idp.mjs"))
	cmd.Env = append(os.Environ(), "JUDGE_SECRET="+idpSecret)
	cmd.Env = append(cmd.Env, env...)
	p := &idp{
		name: "oidc-provider", secret: idpSecret, groups: true, params: map[string]string{"prompt": "consent"},
		user: "ada", fields: map[string]string{"login": "ada", "password": "canary-of-the-password"},
	}
	return p.start(t, cmd)
}

// zitadel is the example provider of zitadel's library: no iss, no groups, and an issuer with a slash at its end.
func zitadel(t *testing.T) *idp {
	t.Helper()
	path := filepath.Join(t.TempDir(), "zitadel")
	if out, err := exec.CommandContext(deadline(t, 5*time.Minute), "go", "build", "-C", "zitadel", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	p := &idp{name: "zitadel", user: "id2", fields: map[string]string{"username": "test-user2", "password": "verysecure"}}
	return p.start(t, exec.Command(path))
}

// start starts the provider, which prints where it is. It is gone when t ends.
func (p *idp) start(t *testing.T, cmd *exec.Cmd) *idp {
	t.Helper()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	first, gone := make(chan string, 1), make(chan struct{}) // one line is read from first
	go func() {                                              // ends with the process's output; the cleanup waits for that
		defer close(gone)
		lines := bufio.NewReader(stdout)
		line, _ := lines.ReadString('\n')
		first <- line
		for err := error(nil); err != io.EOF; {
			line, err = lines.ReadString('\n')
			p.mu.Lock()
			p.said = append(p.said, line)
			p.mu.Unlock()
		}
		_ = cmd.Wait()
	}()
	p.stop = func() { _ = cmd.Process.Kill(); <-gone }
	t.Cleanup(func() {
		if p.stop(); t.Failed() {
			t.Logf("%s said:\n%s", p.name, stderr.Bytes())
		}
	})
	var ready struct{ Issuer string }
	select {
	case line := <-first:
		if err := json.Unmarshal([]byte(line), &ready); err != nil || ready.Issuer == "" {
			t.Fatalf("%s: %q, %v", p.name, line, err)
		}
	case <-time.After(time.Minute):
		t.Fatalf("%s: not ready after a minute", p.name)
	}
	p.issuer = ready.Issuer
	return p
}

// granted is how often the provider gave out tokens for a grant type.
func (p *idp) granted(kind string) (count int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, line := range p.said {
		if strings.Contains(line, fmt.Sprintf(`"granted":%q`, kind)) {
			count++
		}
	}
	return count
}

// issued are the tokens that the provider gave out.
func (p *idp) issued() (tokens []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, line := range p.said {
		var said struct{ Tokens []string }
		if json.Unmarshal([]byte(line), &said) == nil {
			tokens = append(tokens, said.Tokens...)
		}
	}
	return tokens
}

// leaves ends the employment of whoever signs in at the certified provider.
func (p *idp) leaves(t *testing.T) { t.Helper(); p.hears(t, "leave?name="+p.user) }

// hears tells the certified provider something that only a judge does.
func (p *idp) hears(t *testing.T, what string) {
	t.Helper()
	resp, err := http.Post(p.issuer+"/judge/"+what, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
}

// chosen is p in the settings, under a name for people.
func (p *idp) chosen(name string) map[string]any {
	provider := map[string]any{"issuer": p.issuer, "clientId": "drawbridge", "name": name}
	if p.params != nil {
		provider["params"] = p.params
	}
	if p.groups {
		provider["claims"] = map[string]string{"groups": "groups"}
	}
	if p.secret != "" {
		provider["clientSecret"] = "${keychain:idp}"
	}
	return provider
}

// signIn are the settings by which people sign in at p; more is added to them, or takes the place of some.
func (p *idp) signIn(more map[string]any) map[string]any {
	all := map[string]any{"providers": []any{p.chosen("Corp")}}
	for name, value := range more {
		all[name] = value
	}
	return map[string]any{"signIn": all}
}

// withProvider starts a bridge with two servers, whose people sign in at p.
func withProvider(t *testing.T, p *idp, more map[string]any) *bridge {
	t.Helper()
	b := start(t, pair(t), terms{choices: p.signIn(more)})
	b.keepSecret(t, p)
	return b
}

// pair are two servers, the first of which can be found among the running processes by t's name.
func pair(t *testing.T) map[string]entry {
	return map[string]entry{"echo": ourselves(t, "session", "plain", t.Name()), "other": ourselves(t, "session")}
}

// keepSecret puts p's client secret where the settings say it is.
func (b *bridge) keepSecret(t *testing.T, p *idp) {
	t.Helper()
	if p.secret == "" {
		return
	}
	cmd := b.command("secrets", "set", "idp")
	cmd.Stdin = strings.NewReader(p.secret + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("secrets set: %v\n%s", err, out)
	}
}
