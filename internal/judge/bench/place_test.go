package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// place is where talks are opened: a bridge, or one of the floors.
type place struct {
	open   func() (talk, error)
	modern bool
	*process
	home string // the bridge's; "" at the floors
}

// leave ends what serves there and returns how long that took.
func (p *place) leave() time.Duration {
	var took time.Duration
	if p.process != nil {
		took = p.stop()
	}
	if p.home != "" {
		_ = os.RemoveAll(p.home)
	}
	return took
}

// terms are what a bridge is started with. The zero value shares nothing, has no rules, and speaks as legacy servers do.
type terms struct {
	share  string
	modern bool
	rules  int
	sync   time.Duration // how much longer the disk takes to sync; what is not 0 needs strace
	traced bool          // the bridge runs under strace, as for sync
}

// front is a way in: the last word of its path, and how a talk is opened there.
type front struct {
	word string
	open func(host, path, token string) (talk, error)
}

var (
	legacy    = front{"mcp", openLegacy}
	modern    = front{"mcp", openModern}
	sse       = front{"sse", openSSE}
	webSocket = front{"ws", openSocket}
)

const passphrase = "the portcullis of the bench is long enough to need no stretching"

// prepare makes a home for a bridge, with a token, and returns what opens it. Nothing runs yet.
func prepare(tb testing.TB, f front, on terms) func() *place {
	tb.Helper()
	path, err := drawbridge()
	if err != nil {
		tb.Fatal(err)
	}
	home, err := os.MkdirTemp(workshop, "home")
	if err != nil {
		tb.Fatal(err)
	}
	text, err := json.Marshal(config(on))
	if err == nil {
		err = os.WriteFile(filepath.Join(home, "config.json"), text, 0o600)
	}
	if err != nil {
		tb.Fatal(err)
	}
	command := func(argv ...string) *exec.Cmd {
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Env = append(os.Environ(), "DRAWBRIDGE_HOME="+home, "DRAWBRIDGE_PASSPHRASE="+passphrase, "SHELL=/bin/sh")
		return cmd
	}
	token, err := command(path, "token", "new", "bench").Output()
	if err != nil {
		tb.Fatalf("token new: %v", err)
	}
	argv := append(on.tracer(), path, "serve", "--keychain", "file")
	return func() *place {
		p := launch(tb, command(argv...))
		open := func() (talk, error) { return f.open(p.host, "/echo/"+f.word, strings.TrimSpace(string(token))) }
		return &place{open: open, modern: on.modern, process: p, home: home}
	}
}

// config is the bridge's file of choices, with everything on.
func config(on terms) any {
	era := "legacy"
	if on.modern {
		era = "modern"
	}
	rules := make([]map[string]string, on.rules)
	for i := range rules { // of each three one is about another agent, one about another tool, one about many others; none applies
		rules[i] = map[string]string{"server": "echo", "tool": fmt.Sprintf("write_%d", i), "verdict": "deny"}
		switch i % 3 {
		case 0:
			rules[i]["who"] = fmt.Sprintf("agent:other-%d", i)
		case 1:
			rules[i]["tool"] += "_*"
		}
	}
	return map[string]any{
		"mcpServers": map[string]any{"echo": map[string]any{
			"command": self(), "args": []string{"echo", era},
			"drawbridge": map[string]any{"share": on.share, "maxProcesses": 256},
		}},
		"drawbridge": map[string]any{
			"listen": "127.0.0.1:0", "metrics": "127.0.0.1:0", "rules": rules,
			"limits": map[string]any{"sessions": 2000, "messageSize": "64MiB"},
		},
	}
}

// self is this program, which is the server and the floor too.
func self() string {
	path, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return path
}

// tracer is the command that delays the bridge's syncs; the rest runs at full speed under it.
func (on terms) tracer() []string {
	if !on.traced {
		return nil
	}
	argv := []string{"strace", "-f", "--seccomp-bpf", "-qqq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync"}
	if on.sync > 0 {
		argv = append(argv, "-e", fmt.Sprintf("inject=fsync,fdatasync:delay_exit=%d", on.sync.Microseconds()))
	}
	return argv
}

// pipes is the server without anything before it.
func pipes() *place {
	return &place{open: func() (talk, error) { return openPipes(self(), "echo", "legacy") }}
}

// floor is one of the HTTP floors, "floor" or "splice", in a process of its own.
func floor(tb testing.TB, which string) *place {
	cmd := exec.Command(self(), which)
	if _, err := cmd.StdinPipe(); err != nil { // the floor ends with us
		tb.Fatal(err)
	}
	p := launch(tb, cmd)
	return &place{open: func() (talk, error) { return openLegacy(p.host, "/echo", "") }, process: p}
}
