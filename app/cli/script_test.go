package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/app"
	"drawbridge/app/settings"
	"drawbridge/stdio"
)

var update = flag.Bool("update", false, "write what the scripts in testdata print into them")

// The test binary is also the program: the guardian of servers, and the demo server.
func TestMain(m *testing.M) {
	if stdio.Reexec() {
		return
	}
	if len(os.Args) == 2 && os.Args[1] == "demo-server" {
		os.Exit(Run(context.Background(), Config{
			Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Version: "test",
		}))
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	os.Exit(m.Run())
}

// TestScripts plays testdata, each script on a home of its own. A line that begins with
//
//	$   is a command; what follows is what it prints: standard error after 2>, its exit code if it is not 0
//	&   is a command that goes on until the script ends or says stop; one line of output is awaited
//	@   is an agent's call, with the token that was printed last: server, tool, arguments
//	@&  is one that waits for the owner; what it is answered with follows once a line says got
//	=   is what config.json says from then on
//	#   is a remark
//
// What differs from run to run stands in angle brackets.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := newStage(t).play(string(want))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// stage is where one script is played.
type stage struct {
	t     *testing.T
	home  string
	self  string
	token string // printed last
	url   string
	stop  func() // ends what goes on

	answer chan string // of the call that waits for the owner
}

func newStage(t *testing.T) *stage {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{t: t, home: t.TempDir(), self: self, stop: func() {}}
	t.Setenv("DRAWBRIDGE_HOME", s.home)
	t.Setenv("HOME", filepath.Join(s.home, "user"))
	t.Setenv("XDG_CONFIG_HOME", "")
	s.others()
	t.Setenv("DRAWBRIDGE_PASSPHRASE", "long enough to need no stretching: portcullis winch moat")
	t.Cleanup(func() { s.stop() })
	return s
}

// others are the applications that the owner has already.
func (s *stage) others() {
	for path, text := range map[string]string{
		".cursor/mcp.json": `{"mcpServers": {
			"GitHub": {"command": "docker", "args": ["run", "github"], "env": {"GITHUB_TOKEN": "ghp_0123456789abcdefghij", "LEVEL": "info"}},
			"docs": {"url": "https://example.com/mcp"}}}`,
		".codex/config.toml":    "[mcp_servers.files]\ncommand = 'npx'\nargs = ['files', '/srv']\n",
		".gemini/settings.json": "{",
	} {
		path = filepath.Join(s.home, "user", filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
}

// play does what the script says and returns it with what was printed.
func (s *stage) play(script string) string {
	var out strings.Builder
	for line := range strings.Lines(script) {
		line = strings.TrimSuffix(line, "\n")
		mark, rest, _ := strings.Cut(line, " ")
		switch mark {
		case "$":
			fmt.Fprintln(&out, line)
			s.command(&out, rest)
		case "&":
			fmt.Fprintln(&out, line)
			s.background(&out, rest)
		case "@&":
			fmt.Fprintln(&out, line)
			s.ask(rest)
		case "got":
			fmt.Fprintln(&out, line)
			fmt.Fprintln(&out, "<", s.steady(<-s.answer))
			s.answer = nil
		case "@":
			fmt.Fprintln(&out, line)
			s.call(rest)
		case "=":
			fmt.Fprintln(&out, line)
			if err := os.WriteFile(filepath.Join(s.home, "config.json"), []byte(strings.ReplaceAll(rest, "<self>", s.self)), 0o600); err != nil {
				s.t.Fatal(err)
			}
		case "#":
			fmt.Fprintln(&out, line)
		case "stop":
			fmt.Fprintln(&out, line)
			s.stop()
		}
	}
	return out.String()
}

func (s *stage) args(line string) []string {
	return strings.Fields(strings.ReplaceAll(line, "<self>", s.self))
}

func (s *stage) command(out io.Writer, line string) {
	var stdout, stderr bytes.Buffer
	code := Run(s.t.Context(), Config{Args: s.args(line), Stdin: strings.NewReader("from standard input\n"), Stdout: &stdout, Stderr: &stderr, Version: "test"})
	if token := regexp.MustCompile(`^dbk_\w{57}$`).FindString(strings.TrimSpace(stdout.String())); token != "" {
		s.token = token
	}
	fmt.Fprint(out, s.steady(stdout.String()))
	for line := range strings.Lines(s.steady(stderr.String())) {
		fmt.Fprint(out, "2> ", line)
	}
	if code != 0 {
		fmt.Fprintln(out, "exit", code)
	}
}

func (s *stage) background(out io.Writer, line string) {
	ctx, cancel := context.WithCancel(context.Background())
	read, write := io.Pipe()
	done := make(chan struct{}) // closed when the command has ended
	var stderr bytes.Buffer
	go func() {
		defer close(done)
		Run(ctx, Config{Args: s.args(line), Stdout: write, Stderr: &stderr, Version: "test"})
		write.Close()
	}()
	s.stop = func() { cancel(); <-done }
	var r ready
	d := json.NewDecoder(read)
	if err := d.Decode(&r); err != nil {
		<-done
		s.t.Fatalf("%s: %v: %s", line, err, stderr.String())
	}
	s.url = r.URL
	b, _ := json.Marshal(r)
	fmt.Fprintln(out, s.steady(string(b)))
}

// ask makes a call, and returns once the owner is asked about it.
func (s *stage) ask(line string) {
	s.answer = make(chan string, 1) // holds the one answer
	go func() { s.answer <- s.post(line) }()
	places, err := settings.Find()
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := app.Dial(s.t.Context(), places)
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	for deadline := time.Now().Add(20 * time.Second); ; {
		if open, err := c.Questions(); err != nil || time.Now().After(deadline) {
			s.t.Fatalf("%s: nobody is asked: %v", line, err)
		} else if len(open) > 0 {
			return
		}
		<-time.After(5 * time.Millisecond)
	}
}

// call is a modern agent's tools/call.
func (s *stage) call(line string) { s.post(line) }

// post makes a modern agent's tools/call and returns the answer.
func (s *stage) post(line string) string {
	words := strings.SplitN(line, " ", 3)
	r, err := http.NewRequest(http.MethodPost, s.url+"/"+words[0]+"/mcp", strings.NewReader(fmt.Sprintf(
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":%s,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"tester","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}`, words[1], words[2])))
	if err != nil {
		s.t.Fatal(err)
	}
	for k, v := range map[string]string{
		"Authorization": "Bearer " + s.token, "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
		"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": words[1],
	} {
		r.Header.Set(k, v)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(r)
	if err != nil {
		s.t.Error(err)
		return ""
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		s.t.Errorf("%s: %d %s %v", line, response.StatusCode, b, err)
	}
	return strings.TrimSpace(string(b))
}

// steady is text with a name in place of what differs from run to run.
func (s *stage) steady(text string) string {
	for _, r := range []struct{ from, to string }{
		{regexp.QuoteMeta(s.home), "<home>"},
		{regexp.QuoteMeta(s.self), "<self>"},
		{`dbk_\w{57}`, "<token>"},
		{`dbk_\w{8}…`, "<key>        "},
		{`\b[0-9a-f]{12}\b`, "<digest>    "},
		{`"id": "\w{8}"`, `"id": "<key>"`},
		{`"\d{4}-\d\d-\d\dT[^"]*"`, `"<time>"`},
		{`([0-9A-F]{2}:){31}[0-9A-F]{2}`, "<fingerprint>"},
		{`\d\d:\d\d:\d\d`, "<clock> "},
		{`\d{4}-\d\d-\d\d \d\d:\d\d`, "<date>          "},
		{`127\.0\.0\.1:\d{4,5}`, "<address>"},
		{`looked in [^;]*;`, "looked in <path>;"},
		{`config=\S+`, "config=<config>"},
		{`"pid": ?\d+`, `"pid": <pid>`},
		{`process \d+`, "process <pid>"},
		{`"(prev|mac)": "[^"]*"`, `"$1": <mac>`},
		{`"digest": "\w+"`, `"digest": "<digest>"`},
		{`\d+, version test, up \w+`, "<pid>, version test, up <time>"},
		{`"micros": \d+`, `"micros": <time>`},
		{`\d+(\.\d+)?(µs|ms|s)\n`, "<time>\n"},
	} {
		text = regexp.MustCompile(r.from).ReplaceAllString(text, r.to)
	}
	return text
}
