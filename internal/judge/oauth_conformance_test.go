package judge

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestAuthorizationConformance runs the official suite for authorization servers, with a person at the browser.
func TestAuthorizationConformance(t *testing.T) {
	judging(t)
	node := npm(t)
	b := serve(t, map[string]entry{"echo": ourselves(t, "session")})
	for _, revision := range []string{"2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"} {
		t.Run(revision, func(t *testing.T) {
			port := freePort(t)
			client := b.register(t, "Judge", fmt.Sprintf("http://127.0.0.1:%d/callback", port))
			cmd := exec.CommandContext(deadline(t, 2*time.Minute), node.program, node.script("@modelcontextprotocol/conformance"),
				"authorization", "--url", b.url, "--client-id", client, "--resource", b.at("echo")+"/mcp", "--port", fmt.Sprint(port),
				"--spec-version", revision)
			var said, stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for rows := bufio.NewScanner(out); rows.Scan(); {
				fmt.Fprintln(&said, rows.Text())
				if strings.HasPrefix(rows.Text(), b.url+"/authorize?") {
					if _, err := b.approving(t, nil, "").visit(t.Context(), rows.Text()); err != nil {
						t.Error(err)
					}
				}
			}
			err = cmd.Wait()
			if found := scenario.FindAllStringSubmatch(said.String(), -1); err != nil || len(found) != 2 || found[0][1]+found[1][1] != "✓✓" {
				t.Errorf("%v\n%s%s", err, &said, &stderr)
			}
		})
	}
}

// register registers a client without a secret and returns its id.
func (b *bridge) register(t *testing.T, name, redirect string) string {
	t.Helper()
	body := fmt.Sprintf(`{"client_name":%q,"redirect_uris":[%q],"token_endpoint_auth_method":"none"}`, name, redirect)
	resp, err := b.client(t).Post(b.url+"/register", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		ID string `json:"client_id"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusCreated {
		t.Fatalf("register: HTTP %d, %v", resp.StatusCode, err)
	}
	return answer.ID
}
