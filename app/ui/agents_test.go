package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"drawbridge/app/ui/look"
	"drawbridge/bridge"
)

func TestAgentsFollowTheBridge(t *testing.T) {
	r := newRig(t, newFake().state)
	r.press(fyne.Key2)
	r.expect("No agents yet")
	r.fake.publish(bridge.AgentChanged{Agent: bridge.Agent{Name: "zed", Servers: []string{}}}, bridge.AgentChanged{Agent: bridge.Agent{Name: "claude"}})
	r.expect("May use no server")
	r.expect("May use every server")
	r.fake.publish(bridge.SessionOpened{Session: bridge.SessionInfo{ID: 1, Agent: "zed", Client: "zed\u202e 1.0", Front: "websocket"}})
	r.expect(`zed\u202e 1.0  ·  1 session over WebSocket`)
	r.expect("Connected")
	if first := r.pages[1].(*agentsPage).list.Objects[0]; first != r.pages[1].(*agentsPage).cards["zed"].body {
		t.Error("who is connected does not come first")
	}
	r.fake.publish(bridge.SessionClosed{ID: 1}, bridge.AgentRemoved{Name: "claude"})
	r.gone("May use every server")
	r.gone("Connected")
}

func TestAgentMenu(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.press(fyne.Key2)
	card := func(name string) *agentCard { return r.pages[1].(*agentsPage).cards[name] }
	test.Tap(card("claude-laptop").more)
	choose(r.window, "Disconnect")
	r.asked("disconnect claude-laptop")
	test.Tap(card("claude-laptop").more)
	choose(r.window, "Revoke…")
	r.expect("Revoke claude-laptop?")
	test.Tap(button(r.window, "Cancel"))
	if asked := r.fake.said(); len(asked) != 0 {
		t.Errorf("asked for %q though the owner cancelled", asked)
	}
	test.Tap(card("claude-laptop").more)
	choose(r.window, "Revoke…")
	test.Tap(button(r.window, "Revoke"))
	r.asked("revoke claude-laptop")
	test.Tap(card("cursor-studio").more)
	choose(r.window, "Rotate token…")
	test.Tap(button(r.window, "Rotate"))
	r.asked("rotate cursor-studio 24h0m0s")
	r.expect(secret)
	r.typed(fyne.KeyEscape)
	test.Tap(card("cursor-studio").more)
	choose(r.window, "Rotate token…")
	old, _ := find(r.window, func(s *look.Segments) bool { return strings.Contains(said(s), "It ends now") })
	old.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	old.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	test.Tap(button(r.window, "Rotate"))
	r.asked("rotate cursor-studio 0s")
}

// TestRaisedForOne: one agent is kept out, the others are not; the card says so and takes it back.
func TestRaisedForOne(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.press(fyne.Key2)
	card := r.pages[1].(*agentsPage).cards["cursor-studio"]
	test.Tap(card.more)
	choose(r.window, "Raise the bridge for it")
	r.asked("raised for cursor-studio true")
	r.expect("Raised for it")
	r.expect("Bridge lowered")
	test.Tap(button(r.window, "Lower"))
	r.asked("raised for cursor-studio false")
	r.gone("Raised for it")
	r.fake.publish(bridge.Raised{Agent: "cursor-studio", Raised: true})
	r.expect("Raised for it")
	test.Tap(card.more)
	choose(r.window, "Lower the bridge for it")
	r.asked("raised for cursor-studio false")
}

func TestNewToken(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.press(fyne.KeyN)
	r.expect("New token")
	test.Tap(button(r.window, "Create token"))
	r.expect("Give the agent a name.")
	test.Type(r.win.Canvas().Focused(), "  claude-laptop ")
	test.Tap(button(r.window, "Create token"))
	r.expect("Tick the servers that this agent may use.")
	tick(r, "github")
	tick(r, "time")
	typeInto(r, "All tools", "read_*, search")
	days, _ := find(r.window, func(s *look.Segments) bool { return true })
	days.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft})

	r.fake.failing("there is an agent of that name: choose another, or rotate its token")
	test.Tap(button(r.window, "Create token"))
	r.expect("there is an agent of that name")
	r.fake.mu.Lock()
	r.fake.fails = nil
	r.fake.asked = nil
	r.fake.mu.Unlock()
	test.Tap(button(r.window, "Create token"))
	r.asked(`new token claude-laptop ["github" "time"] ["read_*" "search"] 720h0m0s`)
	r.expect("claude-laptop may come in")
	r.expect(secret)

	test.Tap(button(r.window, "Copy"))
	if got := fyne.CurrentApp().Clipboard().Content(); !strings.HasPrefix(got, "claude mcp add --transport http drawbridge http://127.0.0.1:7040/mcp") || !strings.Contains(got, secret) {
		t.Errorf("copied %q", got)
	}
	pickClient(r, "Cursor")
	test.Tap(button(r.window, "Copy"))
	if got := fyne.CurrentApp().Clipboard().Content(); !strings.Contains(got, `"mcpServers"`) {
		t.Errorf("copied %q", got)
	}
	r.typed(fyne.KeyEscape)
	if r.shows(secret) {
		t.Error("the token is still shown")
	}
}

// TestNewTokenForEverything: the one box that grants all makes the others mean nothing.
func TestNewTokenForEverything(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.press(fyne.KeyN)
	test.Type(r.win.Canvas().Focused(), "all")
	tick(r, "github")
	tick(r, "Every server")
	test.Tap(button(r.window, "Create token"))
	r.asked(`new token all [] [] 2160h0m0s`)
}

// TestNothingIsGrantedByItself: with more than one server no box is ticked; the only one is.
func TestNothingIsGrantedByItself(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.press(fyne.KeyN)
	if _, ok := find(r.window, func(c *look.Check) bool { return c.Checked }); ok {
		t.Error("something is granted that the owner did not choose")
	}
	one := newFake().state
	one.Servers["github"] = bridge.Server{Name: "github"}
	r = newRig(t, one)
	r.press(fyne.KeyN)
	if _, ok := find(r.window, func(c *look.Check) bool { return c.Checked && c.Text == "github" }); !ok {
		t.Error("the only server is not ticked")
	}
}

// tick ticks the box whose label begins so.
func tick(r *rig, label string) {
	r.t.Helper()
	c, ok := find(r.window, func(c *look.Check) bool { return strings.HasPrefix(c.Text, label) })
	if !ok {
		r.t.Fatalf("no box %q", label)
	}
	test.Tap(c)
}

// typeInto replaces the text of the field whose hint begins so.
func typeInto(r *rig, hint, text string) {
	r.t.Helper()
	e := fieldOf(r, hint)
	e.SetText("")
	test.Type(e, text)
}

// fieldOf is the field whose hint begins so.
func fieldOf(r *rig, hint string) *look.Entry {
	r.t.Helper()
	e, ok := find(r.window, func(e *look.Entry) bool { return strings.HasPrefix(e.PlaceHolder, hint) })
	if !ok {
		r.t.Fatalf("no field %q", hint)
	}
	return e
}

// pickClient chooses a program in the dialog that shares.
func pickClient(r *rig, title string) {
	r.t.Helper()
	c, ok := find(r.window, func(c *look.Choice) bool { return slices.Contains(c.Names(), title) })
	if !ok {
		r.t.Fatalf("no choice of clients with %q", title)
	}
	c.Pick(slices.Index(c.Names(), title))
}
