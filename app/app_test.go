package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"drawbridge/app/settings"
	"drawbridge/internal/demo"
	"drawbridge/signin/keychain"
	"drawbridge/stdio"
)

// The test binary is also the servers' guardian and the demo server.
func TestMain(m *testing.M) {
	if stdio.Reexec() {
		return
	}
	if len(os.Args) == 2 && os.Args[1] == "demo-server" {
		if err := demo.Serve(demo.Lines(os.Stdin, os.Stdout), "test"); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	os.Exit(m.Run())
}

// house is an App on a home of its own.
type house struct {
	*App
	t    testing.TB
	stop func() // ends Run, if it runs, and closes the App; may be called twice

	requests atomic.Int64 // made by use, so that each has an id of its own
}

// newHouse builds an App whose config.json is config. It is closed when t ends.
func newHouse(t testing.TB, config string, change ...func(*Options)) *house {
	t.Helper()
	t.Setenv("DRAWBRIDGE_HOME", t.TempDir())
	places, err := settings.Find()
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Places: places, Version: "test", Listen: "127.0.0.1:0", Secrets: keychain.Memory()}
	for _, f := range change {
		f(&o)
	}
	h := &house{t: t}
	h.write(places.Config, config)
	if h.App, err = New(o); err != nil {
		t.Fatal(err)
	}
	h.stop = h.App.Close
	t.Cleanup(func() { h.stop() })
	return h
}

// run has the App run until t ends.
func (h *house) run() *house {
	h.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready := make(chan string, 1) // holds the one address
	ran := make(chan error, 1)    // holds the one result
	go func() { ran <- h.Run(ctx, func(url string) { ready <- url }) }()
	select {
	case <-ready:
	case err := <-ran:
		cancel()
		h.t.Fatalf("Run: %v", err)
	}
	closed := false
	h.stop = func() {
		if closed {
			return
		}
		closed = true
		cancel()
		if err := <-ran; err != nil {
			h.t.Errorf("Run: %v", err)
		}
		h.Close()
	}
	return h
}

// write puts a file into the place of path, as editors do: who reads it meanwhile never sees half of one.
func (h *house) write(path, text string) {
	h.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(path+"~", []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
	if err := os.Rename(path+"~", path); err != nil {
		h.t.Fatal(err)
	}
}

// entries is a config.json with these servers, each of them the demo.
func entries(names ...string) string {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	servers := map[string]any{}
	for _, n := range names {
		servers[n] = map[string]any{"command": self, "args": []string{"demo-server"}, "env": map[string]string{"GORACE": "atexit_sleep_ms=0"}}
	}
	b, err := json.Marshal(map[string]any{"mcpServers": servers})
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (h *house) token(name string, servers ...string) string {
	h.t.Helper()
	token, err := h.NewToken(name, servers, nil, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	return token
}

// answer is what came back over HTTP.
type answer struct {
	status    int
	session   string
	challenge string
	body      string
}

// post sends one message to an endpoint, such as /demo/mcp.
func (h *house) post(path, token, session, message string) (answer, error) {
	r, err := http.NewRequest(http.MethodPost, h.Address()+path, strings.NewReader(message))
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set("Authorization", "Bearer "+token)
	switch {
	case session != "":
		r.Header.Set("Mcp-Session-Id", session)
		r.Header.Set("MCP-Protocol-Version", "2025-11-25")
	case strings.Contains(message, "2026-07-28"):
		var m struct {
			Method string
			Params struct{ Name string }
		}
		if err := json.Unmarshal([]byte(message), &m); err != nil {
			return answer{}, err
		}
		r.Header.Set("MCP-Protocol-Version", "2026-07-28")
		r.Header.Set("Mcp-Method", m.Method)
		r.Header.Set("Mcp-Name", m.Params.Name)
	}
	client := http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	response, err := client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header.Get("Mcp-Session-Id"), response.Header.Get("WWW-Authenticate"), string(b)}, err
}

// modernCall is a call without a session, and without arguments.
func modernCall(tool string) string {
	return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + tool + `","arguments":{},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",` +
		`"io.modelcontextprotocol/clientInfo":{"name":"tester","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}`
}

// initialize is what opens a session.
const initialize = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"tester","version":"1"}}}`

// begin opens a session at an endpoint and returns its id.
func (h *house) begin(path, token string) string {
	h.t.Helper()
	a, err := h.post(path, token, "", initialize)
	if err != nil || a.status != http.StatusOK || a.session == "" {
		h.t.Fatalf("initialize: %+v, %v", a, err)
	}
	if a, err := h.post(path, token, a.session, `{"jsonrpc":"2.0","method":"notifications/initialized"}`); err != nil || a.status != http.StatusAccepted {
		h.t.Fatalf("initialized: %+v, %v", a, err)
	}
	return a.session
}

// use calls a tool in a session.
func (h *house) use(path, token, session, tool, arguments string) (answer, error) {
	return h.post(path, token, session,
		fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%q,"arguments":%s}}`, h.requests.Add(1), tool, arguments))
}

// echo calls the demo's echo and expects its answer.
func (h *house) echo(path, token, session string) {
	h.t.Helper()
	a, err := h.use(path, token, session, "echo", `{"text":"over the bridge"}`)
	if err != nil || a.status != http.StatusOK || !strings.Contains(a.body, `"text":"over the bridge"`) {
		h.t.Fatalf("echo: %+v, %v", a, err)
	}
}
