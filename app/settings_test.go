package app

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"drawbridge/app/settings"
	"drawbridge/bridge"
)

// awaitProblem returns once what Status says is wrong is as wanted.
func (h *house) awaitProblem(wanted func(string) bool) string {
	h.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		s, err := h.Status()
		if err != nil {
			h.t.Fatal(err)
		}
		if wanted(s.Problem) {
			return s.Problem
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("the problem is still %q", s.Problem)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// TestEditsTakeEffect: servers come and go with the file; a broken edit is refused with its place, and
// what was good stays.
func TestEditsTakeEffect(t *testing.T) {
	h := newHouse(t, entries("one")).run()
	token, path := h.token("ada"), h.options.Places.Config
	snapshot, sub := h.Watch()
	defer sub.Close()
	session := h.begin("/one/mcp", token)

	h.write(path, entries("one", "two"))
	await(t, sub.Events(), &snapshot, func() bool { _, ok := snapshot.Servers["two"]; return ok })
	h.echo("/two/mcp", token, h.begin("/two/mcp", token))
	h.echo("/one/mcp", token, session)

	h.write(path, "{\n  \"mcpServers\": {\n    \"one\": 7\n  }\n}")
	if p := h.awaitProblem(func(p string) bool { return p != "" }); !strings.Contains(p, "config.json:3:12") {
		t.Errorf("a broken edit: %q", p)
	}
	h.echo("/one/mcp", token, session)

	h.write(path, `{"drawbridge": {"rules": [{"verdict": "perhaps"}]}}`)
	if p := h.awaitProblem(func(p string) bool { return strings.Contains(p, "config.json:1:") }); !strings.Contains(p, "allow") {
		t.Errorf("broken rules: %q", p)
	}
	h.echo("/one/mcp", token, session)

	h.write(path, entries("two"))
	h.awaitProblem(func(p string) bool { return p == "" })
	await(t, sub.Events(), &snapshot, func() bool { _, ok := snapshot.Servers["one"]; return !ok })
	if a, err := h.use("/one/mcp", token, session, "echo", `{"text":"x"}`); err != nil || a.status != http.StatusNotFound {
		t.Errorf("a server that was removed: %+v, %v", a, err)
	}
}

// TestCallsInFlightGoOn on servers that an edit does not touch.
func TestCallsInFlightGoOn(t *testing.T) {
	h := newHouse(t, entries("one")).run()
	token := h.token("ada")
	session := h.begin("/one/mcp", token)
	snapshot, sub := h.Watch()
	defer sub.Close()
	ended := make(chan answer, 1) // holds the one answer
	go func() {
		a, _ := h.use("/one/mcp", token, session, "slow", `{"seconds":0.5}`)
		ended <- a
	}()
	await(t, sub.Events(), &snapshot, func() bool { n := len(snapshot.Calls); return n > 0 && snapshot.Calls[n-1].Name == "slow" })
	if err := h.AddServer("two", []string{"no-such-program-anywhere"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := h.RemoveServer("two"); err != nil {
		t.Fatal(err)
	}
	if a := <-ended; !strings.Contains(a.body, "That took") {
		t.Errorf("the call in flight: %+v", a)
	}
}

// TestListenMoves: agents reach the bridge at the new address, and not at the old one.
func TestListenMoves(t *testing.T) {
	h := newHouse(t, `{"drawbridge": {"listen": "127.0.0.1:0"}}`, func(o *Options) { o.Listen = "" }).run()
	before := h.Address()
	h.write(h.options.Places.Config, `{"drawbridge": {"listen": "localhost:0"}}`)
	for deadline := time.Now().Add(10 * time.Second); h.Address() == before; {
		if time.Now().After(deadline) {
			t.Fatal("the address never changed")
		}
		<-time.After(5 * time.Millisecond)
	}
	if r, err := http.Get(h.Address() + "/healthz"); err != nil || r.StatusCode != http.StatusOK {
		t.Errorf("the new address: %v, %v", r, err)
	} else {
		r.Body.Close()
	}
	for deadline := time.Now().Add(10 * time.Second); ; {
		r, err := http.Get(before + "/healthz")
		if err != nil {
			return
		}
		r.Body.Close()
		if time.Now().After(deadline) {
			t.Fatal("the old address still answers")
		}
		<-time.After(5 * time.Millisecond)
	}
}

// TestRefusedAtStart: without a window Run says why it refuses the file; with one the owner reads it there.
func TestRefusedAtStart(t *testing.T) {
	const broken = "{\n  \"mcpServers\": [\n}"
	h := newHouse(t, broken)
	err := h.Run(t.Context(), nil)
	if se := (*settings.Error)(nil); !errors.As(err, &se) || se.Line != 3 {
		t.Errorf("Run: %v", err)
	}
	h.stop()
	h = newHouse(t, broken, func(o *Options) { o.Windowed = true }).run()
	if s, err := h.Status(); err != nil || !strings.Contains(s.Problem, "config.json:3:1") {
		t.Errorf("Status: %+v, %v", s, err)
	}
}

func TestServers(t *testing.T) {
	h := newHouse(t, "{\n  // mine\n}\n")
	for range 2 { // the second time it runs
		if err := h.PutServer(NewServer{Name: "a", Command: []string{"no-such-program", "x y"}, Env: map[string]string{"K": "V"}, Dir: "/", Share: "all"}); err != nil {
			t.Fatal(err)
		}
		if err := h.PutServer(NewServer{Name: "a", Command: []string{"other"}}); err == nil {
			t.Error("a name that is taken")
		}
		if err := h.PutServer(NewServer{Name: "b"}); !errors.Is(err, ErrUsage) {
			t.Errorf("no command: %v", err)
		}
		if err := h.AddServer("MCP server!", []string{"x"}, nil); err == nil {
			t.Error("a name that is none")
		}
		all, err := h.Servers()
		if err != nil || len(all) != 1 || all[0].Name != "a" || strings.Join(all[0].Command, "|") != "no-such-program|x y" {
			t.Errorf("servers %+v, %v", all, err)
		}
		if err := h.RemoveServer("a"); err != nil {
			t.Error(err)
		}
		if err := h.RemoveServer("a"); !errors.Is(err, ErrUnknown) {
			t.Errorf("removing nothing: %v", err)
		}
		if h.isRunning() != nil {
			if err := h.StopServer("a"); !errors.Is(err, ErrNotRunning) {
				t.Errorf("stop: %v", err)
			}
			h.run()
		}
	}
	if err := h.StopServer("a"); !errors.Is(err, ErrUnknown) {
		t.Errorf("stop: %v", err)
	}
}

// TestStopAndStart: an agent is told that the owner stopped a server, and may use it again after.
func TestStopAndStart(t *testing.T) {
	h := newHouse(t, entries("one")).run()
	token := h.token("ada")
	h.begin("/one/mcp", token)
	snapshot, sub := h.Watch()
	defer sub.Close()
	for _, c := range []struct {
		do    func(string) error
		state bridge.ServerState
	}{{h.StopServer, bridge.Stopped}, {h.StartServer, bridge.Idle}} {
		if err := c.do("one"); err != nil {
			t.Fatal(err)
		}
		await(t, sub.Events(), &snapshot, func() bool { return snapshot.Servers["one"].State == c.state })
	}
	h.echo("/one/mcp", token, h.begin("/one/mcp", token))
	if err := h.RestartServer("one"); err != nil {
		t.Fatal(err)
	}
	h.echo("/one/mcp", token, h.begin("/one/mcp", token))
}

// TestDemo: where the owner has configured nothing there is something to try.
func TestDemo(t *testing.T) {
	h := newHouse(t, "{}", func(o *Options) { o.Demo = true }).run()
	token := h.token("ada")
	h.echo("/demo/mcp", token, h.begin("/demo/mcp", token))
	h.stop()
	h = newHouse(t, entries("mine"), func(o *Options) { o.Demo = true }).run()
	if all, err := h.Servers(); err != nil || len(all) != 1 || all[0].Name != "mine" {
		t.Errorf("servers %+v, %v", all, err)
	}
}

// TestWarningsAreShown: what the settings file has that may not be meant is told with its place, at the start and after an edit,
// until it is mended; and what is in force after the next start only, until it is chosen back.
func TestWarningsAreShown(t *testing.T) {
	odd := strings.TrimSuffix(entries("one"), "}") + `,"drawbridge":{"thene":"dark"}}`
	h := newHouse(t, odd).run()
	warned := func(wanted func([]string) bool) {
		t.Helper()
		h.owner.Lock()
		err := h.reload()
		h.owner.Unlock()
		if err != nil {
			t.Fatal(err)
		}
		if s, err := h.Status(); err != nil || !wanted(s.Warnings) || s.Problem != "" {
			t.Errorf("warnings %q, problem %q, %v", s.Warnings, s.Problem, err)
		}
	}
	none := func(all []string) bool { return len(all) == 0 }
	at := func(column string) func([]string) bool {
		return func(all []string) bool {
			return len(all) == 1 && strings.HasPrefix(all[0], "config.json:1:"+column+": drawbridge.thene is not used")
		}
	}
	column := strconv.Itoa(strings.Index(odd, `"thene"`) + 1)
	if s, err := h.Status(); err != nil || !at(column)(s.Warnings) {
		t.Errorf("at the start: %q, %v", s.Warnings, err)
	}
	h.write(h.options.Places.Config, entries("one"))
	warned(none)
	h.write(h.options.Places.Config, odd)
	warned(at(column))
	h.write(h.options.Places.Config, strings.Replace(odd, `"thene":"dark"`, `"limits":{"messageSize":"1MiB"}`, 1))
	warned(func(all []string) bool {
		return len(all) == 1 && strings.HasPrefix(all[0], "limits.messageSize in config.json")
	})
	h.write(h.options.Places.Config, entries("one"))
	warned(none)
}
