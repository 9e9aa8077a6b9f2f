package ui

import (
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
