package cli

import (
	"bytes"
	"context"
	"testing"
)

// TestAuditCutShort: who ends the command before it has read all is not told that this was all.
func TestAuditCutShort(t *testing.T) {
	newStage(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, args := range [][]string{{"audit", "list"}, {"audit", "list", "--json"}, {"audit", "export"}, {"audit", "export", "--csv"}} {
		var out, stderr bytes.Buffer
		if code := Run(ctx, Config{Args: args, Stdout: &out, Stderr: &stderr}); code != exitFailed || bytes.Contains(out.Bytes(), []byte("No records")) {
			t.Errorf("%v ended with %d: %s", args, code, out.String())
		}
	}
}
