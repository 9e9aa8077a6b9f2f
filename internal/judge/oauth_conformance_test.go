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

// register makes a public client, as anybody may, and returns its id.
func (b *bridge) register(t *testing.T, name, redirect string) string {
	t.Helper()
	id, _ := b.registers(t, map[string]any{"client_name": name, "redirect_uris": []string{redirect}, "token_endpoint_auth_method": "none"})
	return id
}

// registers makes a client of its metadata (RFC 7591). secret is "" for a public one.
func (b *bridge) registers(t *testing.T, metadata map[string]any) (id, secret string) {
	t.Helper()
	text, err := json.Marshal(metadata)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := b.client(t).Post(b.url+"/register", "application/json", bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusCreated {
		t.Fatalf("register: HTTP %d, %v", resp.StatusCode, err)
	}
	return answer.ID, answer.Secret
}
