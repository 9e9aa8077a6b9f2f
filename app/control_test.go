package app

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/audit"
)

func (h *house) dial() *Client {
	h.t.Helper()
	c, err := Dial(h.t.Context(), h.options.Places)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(c.Close)
	return c
}

// TestClient: what a Client says is what the App says.
func TestClient(t *testing.T) {
	h := newHouse(t, entries("demo"))
	if _, err := Dial(t.Context(), h.options.Places); !errors.Is(err, ErrNotRunning) {
		t.Errorf("Dial where nothing runs: %v", err)
	}
	h.run()
	c := h.dial()
	token, err := c.NewToken("ada", []string{"demo"}, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	h.echo("/demo/mcp", token, h.begin("/demo/mcp", token))

	same(t, "Status", c.Status, h.Status)
	same(t, "Servers", c.Servers, h.Servers)
	same(t, "Agents", c.Agents, h.Agents)
	same(t, "Choices", c.Choices, h.Choices)
	same(t, "VerifyAudit", c.VerifyAudit, h.VerifyAudit)
	here, there := all(t, h.Calls(t.Context(), false)), all(t, c.Calls(t.Context(), false))
	if diff := cmp.Diff(here, there); diff != "" || len(here) == 0 {
		t.Errorf("Calls (-App +Client):\n%s", diff)
	}
	records, more := all(t, h.Audit(t.Context(), audit.Filter{})), all(t, c.Audit(t.Context(), audit.Filter{}))
	if diff := cmp.Diff(records, more); diff != "" || len(records) == 0 {
		t.Errorf("Audit (-App +Client):\n%s", diff)
	}

	for name, err := range map[string]error{
		"stop":   c.StopServer("nobody"),
		"logs":   firstError(c.ServerLog(t.Context(), "nobody", false)),
		"rotate": second(c.RotateToken("nobody", 0)),
		"revoke": c.RevokeAgent("nobody"),
		"cut":    c.DisconnectAgent("nobody"),
		"remove": c.RemoveServer("nobody"),
	} {
		if !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "nobody") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := c.PutServer(NewServer{Name: "x"}); !errors.Is(err, ErrUsage) {
		t.Errorf("PutServer: %v", err)
	}
	if err := c.Show(); err == nil {
		t.Error("Show without a window")
	}
	if err := errors.Join(c.PutServer(NewServer{Name: "x", Command: []string{"y"}}), c.RestartServer("x"), c.StopServer("x"),
		c.StartServer("x"), c.RemoveServer("x"), c.DisconnectAgent("ada"), c.RevokeAgent("ada")); err != nil {
		t.Error(err)
	}
}

func same[Out any](t *testing.T, name string, client, app func() (Out, error)) {
	t.Helper()
	here, err := app()
	if err != nil {
		t.Fatal(err)
	}
	there, err := client()
	if diff := cmp.Diff(here, there); diff != "" || err != nil {
		t.Errorf("%s (-App +Client): %v\n%s", name, err, diff)
	}
}

func all[T any](t *testing.T, seq func(func(T, error) bool)) (list []T) {
	t.Helper()
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	return list
}

func firstError[T any](seq func(func(T, error) bool)) error {
	for _, err := range seq {
		return err
	}
	return nil
}

func second[T any](_ T, err error) error { return err }

// TestClientFollows: a stream goes on until its reader has enough, or the App ends.
func TestClientFollows(t *testing.T) {
	h := newHouse(t, entries("demo")).run()
	c, token := h.dial(), h.token("ada")
	session := h.begin("/demo/mcp", token)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for call, err := range c.Calls(ctx, true) {
		if err != nil {
			t.Fatal(err)
		}
		if call.Method == "initialize" && call.Ended {
			go func() { _, _ = h.use("/demo/mcp", token, session, "echo", `{"text":"x"}`) }()
		}
		if call.Name == "echo" && call.Ended {
			break
		}
	}
	ended := false
	for range c.Calls(t.Context(), true) {
		if !ended {
			ended = true
			h.stop()
		}
	}
	if !ended {
		t.Error("nothing was heard")
	}
}

// TestControlSocketIsPrivate: nobody but the owner can open it, and it is no TCP port.
func TestControlSocketIsPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the pipe has a security descriptor instead")
	}
	h := newHouse(t, "{}").run()
	path := h.options.Places.ControlSocket
	for path, want := range map[string]os.FileMode{path: os.ModeSocket | 0o600, filepath.Dir(path): os.ModeDir | 0o700} {
		if info, err := os.Lstat(path); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v, want %v", path, info.Mode(), err, want)
		}
	}
}

// TestControlIsBounded: a command that is too long, unknown or of another version is refused.
func TestControlIsBounded(t *testing.T) {
	h := newHouse(t, "{}").run()
	c := h.dial()
	if err := tell(c, "token/new", strings.Repeat("x", controlBody)); err == nil {
		t.Error("a long command")
	}
	if err := tell(c, "raise-the-dead", nothing{}); err == nil {
		t.Error("an unknown command")
	}
	if err := tell(c, "servers/stop", map[string]int{"x": 1}); !errors.Is(err, ErrUsage) {
		t.Errorf("a command of another shape: %v", err)
	}
	r, err := http.Post(h.Address()+"/status", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode == http.StatusOK {
		t.Error("commands are reachable over TCP")
	}
}

// TestShow: a second start brings the window of the first to the front.
func TestShow(t *testing.T) {
	h := newHouse(t, "{}", func(o *Options) { o.Windowed = true }).run()
	c := h.dial()
	for range 3 {
		if err := c.Show(); err != nil {
			t.Fatal(err)
		}
	}
	<-h.Shows()
}

// TestOneAtATime: the second App on a home says who has it.
func TestOneAtATime(t *testing.T) {
	h := newHouse(t, "{}").run()
	_, err := New(h.options)
	if !errors.Is(err, ErrHeld) || !strings.Contains(err.Error(), h.Address()) {
		t.Errorf("a second App: %v", err)
	}
}

func TestRaise(t *testing.T) {
	h := newHouse(t, entries("demo")).run()
	token := h.token("ada")
	session := h.begin("/demo/mcp", token)
	h.Raise()
	if a, err := h.use("/demo/mcp", token, session, "echo", `{"text":"x"}`); err != nil || a.status == http.StatusOK {
		t.Errorf("with the bridge raised: %+v, %v", a, err)
	}
	if s, err := h.Status(); err != nil || !s.Raised || s.Sessions != 0 {
		t.Errorf("Status: %+v, %v", s, err)
	}
	h.Lower()
	h.echo("/demo/mcp", token, h.begin("/demo/mcp", token))
}

// TestDisconnect: an agent is cut off and may come back.
func TestDisconnect(t *testing.T) {
	h := newHouse(t, entries("demo")).run()
	token := h.token("ada")
	session := h.begin("/demo/mcp", token)
	if err := h.DisconnectAgent("ada"); err != nil {
		t.Fatal(err)
	}
	if a, err := h.use("/demo/mcp", token, session, "echo", `{"text":"x"}`); err != nil || a.status != http.StatusNotFound {
		t.Errorf("the old session: %+v, %v", a, err)
	}
	h.begin("/demo/mcp", token)
	agents, err := h.Agents()
	if err != nil || len(agents) != 1 || len(agents[0].Sessions) != 1 {
		t.Errorf("agents %+v, %v", agents, err)
	}
	snapshot, sub := h.Watch()
	sub.Close()
	want := bridge.Agent{Name: "ada", Hint: agents[0].Keys[0].ID, Created: agents[0].Created}
	if got := snapshot.Agents["ada"]; !cmp.Equal(got.Servers, want.Servers) || got.Hint != want.Hint || got.Created != want.Created {
		t.Errorf("watchers see %+v, want %+v", got, want)
	}
}

// TestControlIsTheOwnersAlone: the control socket is a file in a directory, both of which only the owner can open.
func TestControlIsTheOwnersAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there it is a named pipe")
	}
	h := newHouse(t, entries("demo")).run()
	socket := h.options.Places.ControlSocket
	for path, want := range map[string]os.FileMode{socket: os.ModeSocket | 0o600, filepath.Dir(socket): os.ModeDir | 0o700} {
		if info, err := os.Lstat(path); err != nil || info.Mode() != want {
			t.Errorf("%s is %v, want %v (%v)", path, info.Mode(), want, err)
		}
	}
}
