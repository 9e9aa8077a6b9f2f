package judge

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// entry is one server in config.json.
type entry struct {
	Command string            `json:"command"`
	Args    []string          `json:"args,omitempty"`
	Env     map[string]string `json:"env,omitempty"`
	Own     own               `json:"drawbridge"`
}

// own is what the bridge adds to an entry; zero leaves its default.
type own struct {
	Share        string `json:"share,omitempty"`
	Idle         string `json:"idle,omitempty"`
	MaxProcesses int    `json:"maxProcesses,omitempty"`
	Parallel     string `json:"parallel,omitempty"`
}

// bridge is the program under judgement, serving.
type bridge struct {
	url  string // of its listener, without a path
	pid  int
	home string
	path string // of the program
	log  string // the file that has what it says on stderr

	keychain string
	env      []string // besides the judges' own

	cmd  *exec.Cmd
	gone chan struct{} // closed when the process has been reaped
}

// passphrase opens the bridge's keychain. It is long enough to need no stretching.
const passphrase = "the portcullis of the judges is of forged iron"

// terms are how a bridge is started besides its servers. The zero value is as most judges have it.
type terms struct {
	choices  map[string]any // its own settings
	keychain string         // "" is an encrypted file
	env      []string
}

// serve starts the bridge with these servers in a home of its own. It is gone when t ends.
func serve(t *testing.T, servers map[string]entry) *bridge {
	t.Helper()
	return start(t, servers, terms{})
}

// start is serve on other terms.
func start(t *testing.T, servers map[string]entry, on terms) *bridge {
	t.Helper()
	judging(t)
	b := &bridge{home: t.TempDir(), path: program(t, drawbridge), keychain: cmp.Or(on.keychain, "file"), env: on.env}
	b.configure(t, servers, on.choices)
	b.begin(t)
	return b
}

// begin starts the program on b's home, where it does not run.
func (b *bridge) begin(t *testing.T) {
	t.Helper()
	b.gone = make(chan struct{})
	log, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	b.cmd = b.command("serve", "--listen", "127.0.0.1:0", "--keychain", b.keychain)
	b.cmd.Stderr, b.log = log, log.Name()
	stdout, err := b.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.stop()
		if t.Failed() {
			t.Logf("the bridge said:\n%s", tail(log.Name(), 6<<10))
		}
		_ = log.Close()
	})
	ready := make(chan string, 1) // one line is all that is read
	go func() {                   // ends with the process's output; stop waits for that through gone
		defer close(b.gone)
		line, _ := bufio.NewReader(stdout).ReadString('\n')
		ready <- line
		_, _ = io.Copy(io.Discard, stdout)
		_ = b.cmd.Wait()
	}()
	b.greet(t, ready)
}

// greet takes the line that says the bridge is ready.
func (b *bridge) greet(t *testing.T, ready <-chan string) {
	t.Helper()
	var line string
	select {
	case line = <-ready:
	case <-time.After(20 * time.Second):
		t.Fatal("serve: not ready after 20 s")
	}
	var said struct {
		URL string `json:"url"`
		PID int    `json:"pid"`
	}
	if err := json.Unmarshal([]byte(line), &said); err != nil || said.URL == "" {
		t.Fatalf("serve: first line of output is %q (%v), want one JSON object with url and pid", line, err)
	}
	if said.PID != b.cmd.Process.Pid {
		t.Errorf("serve: says pid %d, is %d", said.PID, b.cmd.Process.Pid)
	}
	b.url, b.pid = strings.TrimSuffix(said.URL, "/"), b.cmd.Process.Pid
}

// configure writes config.json.
func (b *bridge) configure(t *testing.T, servers map[string]entry, choices map[string]any) {
	t.Helper()
	all := map[string]any{"mcpServers": servers}
	if choices != nil {
		all["drawbridge"] = choices
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.home, "config.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// command is one of the program's commands, on b's home.
func (b *bridge) command(args ...string) *exec.Cmd {
	cmd := exec.Command(b.path, args...)
	cmd.Env = append(os.Environ(), "DRAWBRIDGE_HOME="+b.home, "DRAWBRIDGE_PASSPHRASE="+passphrase, "SHELL=/bin/sh")
	cmd.Env = append(cmd.Env, b.env...)
	cmd.Dir = b.home
	return cmd
}

// run runs a command to its end and returns what it printed, without the line end.
func (b *bridge) run(t *testing.T, args ...string) string {
	t.Helper()
	out, err := b.command(args...).Output()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		t.Fatalf("drawbridge %s: %v\n%s", strings.Join(args, " "), err, exit.Stderr)
	} else if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// token makes a token for a new agent.
func (b *bridge) token(t *testing.T, agent string, args ...string) string {
	t.Helper()
	return b.run(t, append([]string{"token", "new", agent}, args...)...)
}

// kill ends the bridge as a power cut would, and returns when its process is gone.
func (b *bridge) kill() {
	_ = b.cmd.Process.Kill()
	<-b.gone
}

// stop asks the bridge to end, and kills it when it does not.
func (b *bridge) stop() {
	_ = b.cmd.Process.Signal(os.Interrupt)
	select {
	case <-b.gone:
	case <-time.After(10 * time.Second):
		b.kill()
	}
}

// client is an HTTP client for agents of b.
func (b *bridge) client(t *testing.T) *http.Client {
	t.Helper()
	tr := &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

// ourselves is an entry that runs this test binary as a server.
func ourselves(t *testing.T, share string, args ...string) entry {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return entry{
		Command: path, Args: append([]string{"fixture"}, args...), Own: own{Share: share},
		Env: map[string]string{"GORACE": "atexit_sleep_ms=0"},
	}
}

// tail is the end of a file, at most n bytes.
func tail(path string, n int) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-n):])
}
