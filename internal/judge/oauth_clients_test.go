package judge

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// accessLife is how long access tokens live where clients have to refresh them.
const accessLife = 6 * time.Second

// providers are the identity providers of others, each different.
func (n nodejs) providers(t *testing.T) []*idp { return []*idp{n.certified(t), zitadel(t)} }

// TestTypeScriptSignsIn: the clients most agents are built on come in knowing an address alone, and lose their access.
func TestTypeScriptSignsIn(t *testing.T) {
	judging(t)
	node := npm(t)
	for _, p := range node.providers(t) {
		b := withProvider(t, p, map[string]any{"accessToken": accessLife.String()})
		for _, sdk := range []string{"v1", "v2"} {
			t.Run(p.name+"/"+sdk, func(t *testing.T) { node.signsIn(t, b, p, sdk) })
		}
	}
}

// signsIn has the client of a generation of the SDK come in, with p's help, and put out.
func (n nodejs) signsIn(t *testing.T, b *bridge, p *idp, sdk string, env ...string) {
	t.Helper()
	rechecked := p.granted("refresh_token")
	who := b.approving(t, p, sdk)
	n.talk(t, "oauth.mjs", func(what, detail string) error {
		switch what {
		case "open":
			_, err := who.visit(t.Context(), detail)
			return err
		case "expire":
			<-time.After(accessLife + time.Second)
		case "revoke":
			b.run(t, "agents", "revoke", sdk)
		}
		return nil
	}, append(env, "JUDGE_SDK="+sdk, "JUDGE_URL="+b.at("echo")+"/mcp", "JUDGE_OTHER="+b.at("other")+"/mcp")...)
	if p.groups && p.granted("refresh_token") == rechecked {
		t.Error("the provider was not asked again when the agent refreshed")
	}
}

// talk is judge for a script that wants things done in between: it prints what it asks, and waits for a line.
func (n nodejs) talk(t *testing.T, script string, do func(what, detail string) error, env ...string) {
	t.Helper()
	cmd := exec.CommandContext(deadline(t, 10*time.Minute), n.program, n.adopt(t, script))
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	checks := 0
	for rows := bufio.NewScanner(stdout); rows.Scan(); {
		var row struct {
			check
			Ask    string `json:"ask"`
			Detail string `json:"detail"`
		}
		switch err := json.Unmarshal(rows.Bytes(), &row); {
		case err == nil && row.Ask != "":
			if err := do(row.Ask, row.Detail); err != nil {
				t.Errorf("%s: %v", row.Ask, err)
			}
			if _, err := fmt.Fprintln(stdin, "done"); err != nil {
				t.Error(err)
			}
		case err == nil && row.Name != "":
			checks++
			t.Run(row.Name, func(t *testing.T) {
				if !row.OK {
					t.Error(row.Detail)
				}
			})
		default:
			t.Logf("%s: %s", script, rows.Bytes())
		}
	}
	if err := cmd.Wait(); err != nil || checks == 0 {
		t.Errorf("%s: %d checks, %v\n%s", script, checks, err, strings.TrimSpace(stderr.String()))
	}
}
