package app

import (
	"context"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"drawbridge/bridge"
	"drawbridge/bridge/audit"
)

// TestRoad: one authenticated call from the agent to the process and back; seen, recorded, and over
// when the agent is revoked.
func TestRoad(t *testing.T) {
	h := newHouse(t, entries("demo")).run()
	token := h.token("ada")
	snapshot, sub := h.Watch()
	defer sub.Close()
	session := h.begin("/demo/mcp", token)
	h.echo("/demo/mcp", token, session)

	await(t, sub.Events(), &snapshot, func() bool {
		for _, c := range snapshot.Calls {
			if c.Name == "echo" && c.Ended && c.Agent == "ada" && c.End.Result == bridge.OK {
				return true
			}
		}
		return false
	})
	kinds := map[audit.Kind]bool{}
	for r, err := range h.Audit(t.Context(), audit.Filter{Agent: "ada", Name: "echo"}) {
		if err != nil {
			t.Fatal(err)
		}
		kinds[r.Kind] = true
	}
	if !kinds[audit.CallBegin] || !kinds[audit.CallEnd] {
		t.Errorf("recorded of the call: %v", kinds)
	}

	if err := h.RevokeAgent("ada"); err != nil {
		t.Fatal(err)
	}
	if now, sub := h.Watch(); len(now.Sessions) != 0 || len(now.Agents) != 0 {
		t.Errorf("after revocation there are sessions %v and agents %v", now.Sessions, now.Agents)
	} else {
		sub.Close()
	}
	if a, err := h.use("/demo/mcp", token, session, "echo", `{"text":"again"}`); err != nil || a.status != http.StatusUnauthorized {
		t.Errorf("after revocation: %+v, %v", a, err)
	}
	report, err := h.VerifyAudit()
	if err != nil || !report.OK() {
		t.Errorf("the record: %+v, %v", report, err)
	}
}

// await folds events into the snapshot until it is as wanted.
func await(t *testing.T, events <-chan bridge.Event, s *bridge.Snapshot, wanted func() bool) {
	t.Helper()
	for !wanted() {
		select {
		case e, ok := <-events:
			if !ok {
				t.Fatal("the stream of events ended")
			}
			s.Apply(e)
		case <-t.Context().Done():
			t.Fatal("never as wanted")
		}
	}
}

// TestRevokeEndsWhatRuns: a call in flight ends with the agent's approval, at once.
func TestRevokeEndsWhatRuns(t *testing.T) {
	h := newHouse(t, entries("demo")).run()
	token := h.token("ada")
	session := h.begin("/demo/mcp", token)
	snapshot, sub := h.Watch()
	defer sub.Close()
	ended := make(chan answer, 1) // holds the one answer
	go func() {
		a, _ := h.use("/demo/mcp", token, session, "slow", `{"seconds":60}`)
		ended <- a
	}()
	await(t, sub.Events(), &snapshot, func() bool { return len(snapshot.Calls) > 0 && snapshot.Calls[len(snapshot.Calls)-1].Name == "slow" })
	if err := h.RevokeAgent("ada"); err != nil {
		t.Fatal(err)
	}
	now, again := h.Watch()
	again.Close()
	for _, c := range now.Calls {
		if !c.Ended {
			t.Errorf("still running: %+v", c)
		}
	}
	if a := <-ended; strings.Contains(a.body, "That took") {
		t.Errorf("the call went on: %+v", a)
	}
}

// TestScope: an agent of one server sees nothing of another.
func TestScope(t *testing.T) {
	h := newHouse(t, entries("mine", "other")).run()
	token := h.token("ada", "mine")
	h.echo("/mine/mcp", token, h.begin("/mine/mcp", token))
	a, err := h.post("/other/mcp", token, "", `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`)
	if err != nil || a.status != http.StatusNotFound || !strings.Contains(a.body, "mine") || strings.Contains(a.body, "other,") {
		t.Errorf("another server: %+v, %v", a, err)
	}
}

// TestNothingSecretOnDisk: no file of the home holds a token.
func TestNothingSecretOnDisk(t *testing.T) {
	t.Setenv("DRAWBRIDGE_DEBUG", "1")
	h := newHouse(t, entries("demo")).run()
	first := h.token("ada")
	second, err := h.RotateToken("ada", Overlap)
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{first, second} {
		h.echo("/demo/mcp", token, h.begin("/demo/mcp", token))
		_, _ = h.post("/demo/mcp?access_token="+token, token, "", "{}")
	}
	h.stop()
	files := 0
	err = filepath.WalkDir(h.home(), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		for _, token := range []string{first, second} {
			if strings.Contains(string(b), token[13:]) {
				t.Errorf("%s holds a token's secret", path)
			}
		}
		return err
	})
	if err != nil || files < 4 {
		t.Errorf("looked at %d files: %v", files, err)
	}
}

// TestCalls: what is remembered comes first; then each call as it begins and as it ends.
func TestCalls(t *testing.T) {
	h := newHouse(t, entries("demo")).run()
	token := h.token("ada")
	session := h.begin("/demo/mcp", token)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var heard []string
	for c, err := range h.Calls(ctx, true) {
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case c.Method == "initialize" && c.Ended:
			go func() { _, _ = h.use("/demo/mcp", token, session, "echo", `{"text":"x"}`) }()
		case c.Name == "echo" && !c.Ended:
			heard = append(heard, "begins")
		case c.Name == "echo":
			heard = append(heard, "ends")
			cancel()
		}
	}
	if got := strings.Join(heard, " "); got != "begins ends" {
		t.Errorf("heard %q of the call", got)
	}
}
