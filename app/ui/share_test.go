package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"drawbridge/app/ui/look"
)

func TestShare(t *testing.T) {
	r := newRig(t, house(time.Now()))
	test.Tap(r.pages[serversAt].(*serversPage).cards["github"].more)
	choose(r.window, "Share…")
	r.expect("Tell an agent where your servers are.")
	test.Tap(button(r.window, "Copy"))
	if got := fyne.CurrentApp().Clipboard().Content(); got != "claude mcp add --transport http github http://127.0.0.1:7040/github/mcp" {
		t.Errorf("copied %q", got)
	}
	pickClient(r, "ChatGPT")
	r.expect("ChatGPT runs in the cloud and cannot reach this computer")
	pickClient(r, "Cursor")
	r.gone("ChatGPT runs in the cloud")
	r.expect("Install")
}

// TestShareWithToken: the token is made where it is needed, goes into what is copied, and is not shown again.
func TestShareWithToken(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.share(nil)
	how, _ := find(r.window, func(s *look.Segments) bool { return true })
	how.Pick(1)
	r.expect("Name of the agent")
	test.Tap(button(r.window, "Create token"))
	r.expect("Give the agent a name.")
	typeInto(r, "claude-laptop", "my-cli")
	test.Tap(button(r.window, "Create token"))
	r.asked("new token my-cli [] [] 0s")
	r.expect("Copy it now")
	test.Tap(button(r.window, "Copy"))
	if got := fyne.CurrentApp().Clipboard().Content(); !strings.Contains(got, "Bearer "+secret) {
		t.Errorf("copied %q", got)
	}
	pickClient(r, "Claude.ai")
	r.expect("Claude.ai takes no token")
	test.Tap(button(r.window, "Copy"))
	if got := fyne.CurrentApp().Clipboard().Content(); strings.Contains(got, secret) {
		t.Error("the token goes where none is taken")
	}
	r.typed(fyne.KeyEscape)
	r.share(nil)
	if r.shows(secret) || r.shows("Copy it now") {
		t.Error("the token is shown again")
	}
}

// TestShareByTunnel: where agents can use several addresses the owner chooses which one is shared.
func TestShareByTunnel(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.share(nil)
	r.expect("http://127.0.0.1:7040/mcp")
	if r.shows("Reached by") {
		t.Error("there is nothing to choose")
	}
	r.typed(fyne.KeyEscape)
	r.fake.mu.Lock()
	r.fake.tunnels = houseTunnels(time.Now())
	r.fake.mu.Unlock()
	r.share([]string{"github"})
	r.expect("Reached by")
	by, _ := find(r.window, func(c *look.Choice) bool { return strings.HasPrefix(c.Names()[0], "127.0.0.1") })
	if want := []string{"127.0.0.1:7040", "office  ·  bridge.example.com", "lan  ·  192.0.2.7:7443"}; !slices.Equal(by.Names(), want) {
		t.Errorf("there are %q, want %q", by.Names(), want)
	}
	r.win.Canvas().Focus(by)
	r.typed(fyne.KeyDown)
	r.expect("https://bridge.example.com/github/mcp")
	test.Tap(button(r.window, "Copy"))
	if got := fyne.CurrentApp().Clipboard().Content(); got != "claude mcp add --transport http github https://bridge.example.com/github/mcp" {
		t.Errorf("copied %q", got)
	}
}
