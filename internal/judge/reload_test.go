package judge

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestReload: an edit of config.json takes effect while the bridge runs; a server that it leaves as
// it is keeps its processes and calls, and a broken edit changes nothing.
func TestReload(t *testing.T) {
	judging(t)
	servers := map[string]entry{"kept": ourselves(t, "all"), "changed": ourselves(t, "all")}
	b := serve(t, servers)
	token, c := b.token(t, "editor"), b.client(t)
	kept, changed := b.open(t, c, "kept", token), b.open(t, c, "changed", token)
	pidKept, pidChanged := pidOf(t, kept), pidOf(t, changed)
	slow := make(chan error, 1)
	ctx := deadline(t, 30*time.Second)
	go func() {
		_, err := kept.tool(ctx, "7", "slow", `{"ms":2500}`)
		slow <- err
	}()

	servers["changed"], servers["new"] = ourselves(t, "all", "plain", "another argument"), ourselves(t, "all")
	b.configure(t, servers, nil)
	eventually(t, 5*time.Second, "the new server is listed", func() bool {
		return strings.Contains(b.run(t, "servers", "list", "--json"), `"new"`)
	})
	if pid := pidOf(t, b.open(t, c, "changed", token)); pid == pidChanged {
		t.Error("a server whose command changed is still the process it was")
	}
	if pid := pidOf(t, kept); pid != pidKept {
		t.Error("a server that was left as it is has another process")
	}
	if err := <-slow; err != nil {
		t.Errorf("a call in flight during the edit: %v", err)
	}

	if err := os.WriteFile(filepath.Join(b.home, "config.json"), []byte("{\n  \"mcpServers\": {\n    oops\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Second, "the broken edit is told, with its line", func() bool {
		return strings.Contains(b.run(t, "status"), "config.json:3:")
	})
	if pid := pidOf(t, kept); pid != pidKept {
		t.Error("a broken edit has ended a process")
	}
}

// TestOneBridge: a second bridge on the same home, or at the same address, says what to do.
func TestOneBridge(t *testing.T) {
	judging(t)
	b := serve(t, map[string]entry{})
	for _, c := range []struct {
		home string
		says string
	}{{b.home, strconv.Itoa(b.pid)}, {t.TempDir(), strings.TrimPrefix(b.url, "http://")}} {
		cmd := b.command("serve", "--listen", strings.TrimPrefix(b.url, "http://"), "--keychain", "file")
		cmd.Env = append(cmd.Env, "DRAWBRIDGE_HOME="+c.home)
		out, err := cmd.CombinedOutput()
		if err == nil || !contains(out, c.says) {
			t.Errorf("%v, says %s: want a failure that names %q", err, out, c.says)
		}
	}
}

// TestNoAnswerIsUnrecorded: the bridge is killed while many calls run. Each call whose answer came
// is in the record, and the record is whole.
func TestNoAnswerIsUnrecorded(t *testing.T) {
	judging(t)
	b := serve(t, map[string]entry{"echo": ourselves(t, "all")})
	token, c := b.token(t, "witness"), b.client(t)
	const agents = 8
	answered := make(chan string, 100_000) // more than can be answered before the kill
	done := make(chan struct{}, agents)
	for i := range agents {
		l := b.open(t, c, "echo", token)
		go func() {
			defer func() { done <- struct{}{} }()
			for n := 0; ; n++ {
				words := "agent " + strconv.Itoa(i) + " call " + strconv.Itoa(n) + " end"
				if _, err := l.tool(t.Context(), "1", "echo", `{"text":"`+words+`"}`); err != nil {
					return
				}
				answered <- words
			}
		}()
	}
	eventually(t, 20*time.Second, "500 answers", func() bool { return len(answered) > 500 })
	b.kill()
	for range agents {
		<-done
	}
	close(answered)
	b.run(t, "audit", "verify")
	record := b.run(t, "audit", "export")
	for words := range answered {
		if !strings.Contains(record, words) {
			t.Errorf("%q was answered and is not in the record", words)
		}
	}
}
