package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"drawbridge/app"
	"drawbridge/app/settings"
)

func TestPalette(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.press(fyne.KeyK)
	r.expect("Show servers")
	test.Type(r.win.Canvas().Focused(), "restart git")
	r.expect("Restart github")
	r.typed(fyne.KeyReturn)
	r.asked("restart github")
	if len(r.sheets) != 0 {
		t.Error("the palette is still open")
	}
	r.press(fyne.KeyK)
	r.typed(fyne.KeyDown)
	r.typed(fyne.KeyDown)
	r.typed(fyne.KeyReturn)
	r.expect("Every request that agents make")
	r.press(fyne.KeyK)
	test.Type(r.win.Canvas().Focused(), "zzz")
	r.expect("Nothing is called that.")
	r.typed(fyne.KeyReturn)
	r.typed(fyne.KeyEscape)
	if len(r.sheets) != 0 {
		t.Error("Escape does not close the palette")
	}
}

// TestPaletteDeeds: what has no place of its own on a page is done from here.
func TestPaletteDeeds(t *testing.T) {
	f := newFake()
	f.state = house(time.Now())
	f.owner = app.Owner{Provider: "Example Corp", Subject: "x|ada"}
	f.chosen.Tunnels = []settings.Tunnel{{Name: "office"}, {Name: "spare", Disabled: true}}
	r := newRigOf(t, f)
	for typed, want := range map[string]string{
		"metrics": "metrics", "programs again": "rescan", "public key": "device key", "sign out": "sign out",
		"off tunnel office": "tunnel down office", "on tunnel spare": "tunnel up spare",
	} {
		r.press(fyne.KeyK)
		test.Type(r.win.Canvas().Focused(), typed)
		r.typed(fyne.KeyReturn)
		r.asked(want)
	}
}

// TestEveryShortcutDoesSomething: each shortcut of the list works, also while a text field has the keyboard.
func TestEveryShortcutDoesSomething(t *testing.T) {
	for _, s := range shortcuts() {
		r := newRig(t, house(time.Now()))
		r.turn(callsAt)
		r.win.Canvas().Focus(callsOf(r.window).filter)
		before := r.at
		r.fake.said()
		s.do(r.window)
		did := r.at != before || len(r.sheets) > 0 || s.key == fyne.Key3 || s.key == fyne.KeyF
		if s.key == fyne.KeyB {
			r.asked("raise")
			did = true
		}
		if !did {
			t.Errorf("%s does nothing", s.says)
		}
	}
}
