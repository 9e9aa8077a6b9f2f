package judge

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMCPGoIsAsked: a client built on mcp-go, as it is by default, answers servers of each era over both of its transports.
func TestMCPGoIsAsked(t *testing.T) {
	judging(t)
	npm(t) // the same hand fetches what both need from outside
	program := filepath.Join(t.TempDir(), "mcpgo")
	if out, err := exec.CommandContext(deadline(t, 5*time.Minute), "go", "build", "-C", "mcpgo", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	b := serve(t, map[string]entry{"old": own{}.asker(t, "legacy"), "new": own{}.asker(t, "modern")})
	token := b.token(t, "go")
	for _, server := range []string{"old", "new"} {
		for _, front := range []string{"mcp", "sse"} {
			t.Run(server+"/"+front, func(t *testing.T) {
				out, err := exec.CommandContext(deadline(t, time.Minute), program, b.at(server), token, front).Output()
				said := strings.TrimSpace(string(out))
				if n := strings.Count(said+"\n", " ok\n"); err != nil || n != 6 {
					t.Errorf("%d of 6 calls are well, %v:\n%s", n, err, said)
				}
			})
		}
	}
}
