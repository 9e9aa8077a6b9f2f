package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"drawbridge/bridge"
)

func TestKeysTurnPages(t *testing.T) {
	r := newRig(t, house(time.Now()))
	for key, title := range map[fyne.KeyName]string{fyne.Key1: "MCP servers that", fyne.Key2: "Who may call", fyne.Key3: "Every request"} {
		r.press(key)
		r.expect(title)
	}
	r.press(fyne.KeyN)
	r.expect("New token")
	r.press(fyne.Key1)
	if !r.shows("New token") {
		t.Error("a page was turned below an open dialog")
	}
	r.typed(fyne.KeyEscape)
	if r.shows("A token approves one agent") {
		t.Error("Escape does not close the dialog")
	}
}

func TestSwitch(t *testing.T) {
	r := newRig(t, newFake().state)
	r.expect("Bridge raised")
	test.Tap(button(r.window, "Lower the bridge"))
	r.asked("lower")
	r.expect("Bridge lowered")
	if r.shows("Nobody can call") {
		t.Error("it still says that nobody can call")
	}
	test.Tap(button(r.window, "Raise the bridge"))
	r.asked("raise")
	r.expect("Nobody can call")
}

func TestFailureIsShownUntilRead(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.fake.failing(`start "time": uvx not found; looked in /usr/bin`)
	test.Tap(r.pages[0].(*serversPage).cards["time"].power)
	r.expect("Could not start time")
	r.expect(`start "time": uvx not found`)
	r.notice.hide()
	r.gone("Could not start time")
}

// TestHiddenWindowRests: a window that is not seen is not drawn, and is right when it comes back.
func TestHiddenWindowRests(t *testing.T) {
	r := newRig(t, newFake().state)
	r.hide()
	r.fake.publish(bridge.ServerChanged{Server: bridge.Server{Name: "github", State: bridge.Idle}})
	r.until("the view to change", func() bool { return len(r.view.Servers) == 1 })
	if r.shows("github") {
		t.Error("the hidden window was drawn")
	}
	if r.mirror.wake.Stop() {
		t.Error("the hidden window asks to be woken")
	}
	r.open()
	r.expect("github")
}

func TestClosing(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.tray = &tray{w: r.window, host: &hostLog{}}
	r.close(func() bool { return true })
	r.until("the window to hide", func() bool { return r.hidden })
	r.open()

	r.close(func() bool { return false })
	r.expect("Quit Drawbridge?")
	if r.hidden || r.quit != 0 {
		t.Fatalf("hidden %v, quit %d times, before an answer", r.hidden, r.quit)
	}
	r.typed(fyne.KeyEscape)
	if r.quit != 0 || r.shows("Quit Drawbridge?") {
		t.Error("Escape did not keep it open")
	}
	r.close(func() bool { return false })
	r.expect("Quit Drawbridge?")
	test.Tap(button(r.window, "Quit"))
	if r.quit != 1 {
		t.Errorf("quit %d times", r.quit)
	}
}
