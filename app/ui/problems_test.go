package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"drawbridge/app"
)

// TestProblemsAreShown: what is wrong with the bridge itself is said in plain words, its technical text a press away, until it is mended.
func TestProblemsAreShown(t *testing.T) {
	r := newRig(t, house(time.Now()))
	wrong := func(all ...app.Problem) {
		r.fake.mu.Lock()
		r.fake.problems = all
		r.fake.mu.Unlock()
	}
	wrong(app.Problem{With: "address", Text: "listen on 127.0.0.1:7040: node (pid 4123) has this port"})
	r.expect("Agents cannot connect")
	if r.shows("listen on") {
		t.Error("the technical text is in the way")
	}
	if got := stateOf(r.view); got != trayNeeds {
		t.Errorf("the tray says %s", got)
	}
	test.Tap(button(r.window, "Details"))
	r.expect("listen on 127.0.0.1:7040")
	test.Tap(button(r.window, "Change address"))
	r.expect("Address on this computer")
	wrong()
	r.gone("Agents cannot connect")
}

func TestFailedStart(t *testing.T) {
	r := newRig(t, newFake().state)
	r.failed(reason("no keychain: start one"))
	r.expect("Drawbridge could not start")
	r.expect("no keychain: start one")
	test.Tap(button(r.window, "Quit"))
	if r.quit != 1 {
		t.Error("it goes on")
	}
}
