package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"drawbridge/app"
	"drawbridge/app/ui/look"
	"drawbridge/bridge"
)

func TestServersFollowTheBridge(t *testing.T) {
	r := newRig(t, newFake().state)
	r.expect("No servers yet")
	r.fake.publish(bridge.ServerChanged{Server: bridge.Server{Name: "github", Command: []string{"npx", "a b"}, State: bridge.Idle}})
	r.expect("github")
	r.expect("npx 'a b'")
	r.expect("Starts when an agent needs it")
	r.gone("No servers yet")
	r.fake.publish(bridge.ServerChanged{Server: bridge.Server{Name: "github", State: bridge.CrashLoop, Error: "it keeps dying: exit status 1"}})
	r.expect("Crash loop")
	r.expect("it keeps dying")
	r.fake.publish(bridge.ServerRemoved{Name: "github"})
	r.expect("No servers yet")
	if r.shows("github") {
		t.Error("the removed server is still shown")
	}
}

// TestServerNamesAreShownPlain: what a server calls its tools cannot change how the window reads.
func TestServerNamesAreShownPlain(t *testing.T) {
	r := newRig(t, newFake().state)
	r.fake.publish(bridge.ServerChanged{Server: bridge.Server{
		Name: "evil", State: bridge.Running, Error: "a\u202eb", Tools: []bridge.Tool{{Name: "read\u200b_file\nRunning"}},
	}})
	r.expect(`a\u202eb`)
	r.pages[0].(*serversPage).cards["evil"].expand(true)
	r.expect(`read\u200b_file Running`)
}

func TestServerButtons(t *testing.T) {
	r := newRig(t, house(time.Now()))
	card := func(name string) *serverCard { return r.pages[0].(*serversPage).cards[name] }
	for name, want := range map[string]string{"filesystem": "stop filesystem", "time": "start time", "playwright": "restart playwright", "obsidian": "stop obsidian"} {
		test.Tap(card(name).power)
		r.asked(want)
	}
	test.Tap(card("github").more)
	choose(r.window, "Restart")
	r.asked("restart github")
	test.Tap(card("github").more)
	choose(r.window, "Copy address")
	if got := fyne.CurrentApp().Clipboard().Content(); got != "http://127.0.0.1:7040/github/mcp" {
		t.Errorf("copied %q", got)
	}
	test.Tap(card("github").more)
	choose(r.window, "Logs…")
	r.expect("It has written nothing to standard error.")
	r.typed(fyne.KeyEscape)
	test.Tap(card("github").more)
	choose(r.window, "Remove…")
	r.expect("Remove github?")
	test.Tap(button(r.window, "Remove"))
	r.asked("remove github")
}

func TestServerCardOpens(t *testing.T) {
	r := newRig(t, house(time.Now()))
	c := r.pages[0].(*serversPage).cards["filesystem"]
	test.Tap(c.caret)
	r.expect("Serves claude-laptop (ada@example.com)")
	s := c.server
	s.Processes = nil
	r.fake.publish(bridge.ServerChanged{Server: s})
	r.expect("None now. One starts when an agent calls.")
	r.typed(fyne.KeyEscape)
	if r.shows("None now") {
		t.Error("Escape does not close the card")
	}
}

func TestAddServer(t *testing.T) {
	r := newRig(t, newFake().state)
	test.Tap(button(r.window, "Add server"))
	r.expect("Add a server")
	test.Type(r.win.Canvas().Focused(), "f s")
	r.expect("A server can't be called")
	typeInto(r, "filesystem", "fs")
	r.gone("A server can't be called")
	test.Tap(button(r.window, "Add server"))
	r.expect("Type the command that starts the server")

	typeInto(r, "npx -y", `npx -y "my server"`)
	typeInto(r, "API_KEY", "not a variable")
	test.Tap(button(r.window, "Add server"))
	r.expect("Write NAME=value, one a line")

	typeInto(r, "API_KEY", "A=1\nAPI_TOKEN=swordfish-swordfish")
	r.fake.failing(`add server "fs": the configuration is broken at line 3: mend it first`)
	test.Tap(button(r.window, "Add server"))
	r.expect("add server")
	r.fake.mended()
	test.Tap(button(r.window, "Add server"))
	r.asked(`import fs ["npx" "-y" "my server"] map[A:1 API_TOKEN:swordfish-swordfish] hide ["API_TOKEN"]`)
	r.until("the dialog to close", func() bool { return len(r.sheets) == 0 })
}

// TestServerKeptOnce: Enter is pressed again while a server is being kept, and the dialog is closed before it could be.
func TestServerKeptOnce(t *testing.T) {
	r := newRig(t, newFake().state)
	add := func() *serverForm {
		f := r.serverForm(app.NewServer{}, "")
		f.name.Entry.SetText("fs")
		f.command.Entry.SetText("npx -y files")
		f.name.Entry.OnSubmitted("")
		return f
	}
	f := add()
	f.name.Entry.OnSubmitted("")
	r.until("the dialog to close", func() bool { return len(r.sheets) == 0 })
	r.window.work.Wait()
	if did := r.fake.said(); len(did) != 1 {
		t.Errorf("it was asked for %q", did)
	}
	r.fake.failing("no space is left on the disk")
	add().sheet.Close()
	r.expect("The server was not kept")
}

func TestEditServer(t *testing.T) {
	r := newRig(t, house(time.Now()))
	test.Tap(r.pages[serversAt].(*serversPage).cards["github"].more)
	choose(r.window, "Edit…")
	r.expect("Edit github")
	typeInto(r, "npx -y", "docker run other")
	test.Tap(button(r.window, "Save"))
	r.asked(`change github ["docker" "run" "other"] map[LEVEL:info] agent`)
	r.until("the dialog to close", func() bool { return len(r.sheets) == 0 })
}

// TestTryServer: a trial says what came of it, in words that say what to do.
func TestTryServer(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.press(fyne.KeyN) // a dialog is open: what follows waits
	r.typed(fyne.KeyEscape)
	r.addServer()
	test.Tap(button(r.window, "Try it"))
	r.expect("Type the command that starts the server")
	typeInto(r, "npx -y", "uvx mine")
	r.fake.trial = app.Trial{Tools: []bridge.Tool{{Name: "dig"}, {Name: "fill"}}, Era: "legacy", Stderr: "ready\n"}
	test.Tap(button(r.window, "Try it"))
	r.asked(`try new ["uvx" "mine"]`)
	r.expect("It works")
	r.expect("fill")
	r.expect("What it wrote to standard error")
	r.fake.trial = app.Trial{Error: `start server "new": "uvx" not found; looked in /usr/bin; install it`}
	test.Tap(button(r.window, "Try it"))
	r.expect("It does not start")
	test.Tap(button(r.window, "Look again"))
	r.asked("rescan")
}

// TestQuitEndsWhatDialogsFollow: the desktop ends while a dialog is open, and while somebody waits for something.
func TestQuitEndsWhatDialogsFollow(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.logs("filesystem")
	r.expect("2026-11-23T10:03:12Z starting")
	r.stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.window.work.Wait()
	}()
	for limit := time.After(10 * time.Second); ; {
		select {
		case f := <-r.work:
			f()
		case <-done:
			return
		case <-limit:
			t.Fatal("what was started does not end")
		}
	}
}

func TestLogsFollow(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.fake.log = make(chan string)
	r.logs("filesystem")
	r.expect("2026-11-23T10:03:12Z starting")
	r.fake.log <- "one more line"
	r.until("the line to be shown", func() bool {
		c, ok := find(r.window, func(c *look.CodeBlock) bool { return strings.HasSuffix(c.Text(), "one more line") })
		return ok && c != nil
	})
	r.typed(fyne.KeyEscape)
	if len(r.sheets) != 0 {
		t.Error("the logs are still open")
	}
}
