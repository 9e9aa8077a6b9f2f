package judge

import (
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestExemptScenarios runs what TestConformanceAcrossEras exempts, because go-sdk's server cannot do it in the other era, against
// our own, which can.
func TestExemptScenarios(t *testing.T) {
	judging(t)
	node := npm(t)
	b := serve(t, map[string]entry{"old": own{}.asker(t, "legacy"), "new": own{}.asker(t, "modern")})
	address := b.admitted(t, b.token(t, "suite"))
	for _, tt := range []struct {
		server, revision string
		scenarios        []string
	}{{"old", "2026-07-28", beyondLegacy}, {"new", "2025-11-25", beyondModern}} {
		for _, name := range tt.scenarios {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				results := t.TempDir()
				out, err := exec.CommandContext(deadline(t, time.Minute), node.program, node.script("@modelcontextprotocol/conformance"),
					"server", "--url", address+"/"+tt.server+"/mcp", "--scenario", name, "--spec-version", tt.revision, "--output-dir", results).CombinedOutput()
				if err != nil || !strings.Contains(string(out), ", 0 failed, 0 warnings") {
					t.Errorf("%v%s\n%.2000s", err, complaints(results, name), out)
				}
			})
		}
	}
}
