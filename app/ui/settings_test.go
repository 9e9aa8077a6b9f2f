package ui

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"drawbridge/app"
	"drawbridge/app/settings"
	"drawbridge/app/ui/look"
)

// typed is the field of a setting.
func (p *settingsPage) typed(key string) *choiceField { return p.chosen[key].(*choiceField) }

func TestSettingsPage(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.win.Resize(fyne.NewSize(1280, 2400))
	r.press(fyne.KeyComma)
	p := r.pages[settingsAt].(*settingsPage)
	p.chosen["theme"].(*themeSetting).all.Pick(2)
	r.asked("choose theme dark")

	p.typed("listen").field.Entry.SetText("127.0.0.1:7041")
	r.fake.failing("the file is being changed by another program; try again")
	test.Tap(p.typed("listen").save)
	r.until("the fault", func() bool { return p.typed("listen").field.Wrong() != "" })
	r.fake.mended()
	test.Tap(p.typed("listen").save)
	r.asked("choose listen 127.0.0.1:7041")
	r.until("the button to go", func() bool { return !p.typed("listen").save.Visible() })

	p.typed("limits.calls").field.Entry.SetText("many")
	test.Tap(p.typed("limits.calls").save)
	if got := p.typed("limits.calls").field.Wrong(); got != "Write a whole number." {
		t.Errorf("it says %q", got)
	}
	p.typed("limits.calls").field.Entry.SetText("12")
	test.Tap(p.typed("limits.calls").save)
	r.asked("choose limits.calls 12")

	test.Tap(p.login)
	r.asked("at login false")
	test.Tap(button(r.window, "Test"))
	r.asked("try address")
	r.expect("It is")
}

// TestTypingIsNotLost: settings that change elsewhere do not overwrite what the owner is typing.
func TestTypingIsNotLost(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.press(fyne.KeyComma)
	p := r.pages[settingsAt].(*settingsPage)
	p.typed("publicURL").field.Entry.SetText("https://half")
	r.fake.mu.Lock()
	r.fake.choices["publicURL"] = json.RawMessage(`"https://other.example.com"`)
	r.fake.mu.Unlock()
	r.look(everything)
	if got := p.typed("publicURL").field.Entry.Text; got != "https://half" {
		t.Errorf("the field says %q", got)
	}
}

// TestSettingsFileNeedsALook: what the file has that may not be meant stands on the page of settings, with its place, until it
// is mended.
func TestSettingsFileNeedsALook(t *testing.T) {
	r := newRig(t, house(time.Now()))
	warn := func(all ...string) {
		r.fake.mu.Lock()
		r.fake.warnings = all
		r.fake.mu.Unlock()
		r.look(everything)
	}
	r.press(fyne.KeyComma)
	if r.shows("The settings file needs a look") {
		t.Error("it needs no look")
	}
	warn("config.json:3:5: drawbridge.thene is not used", "config.json:7:1: x")
	r.expect("The settings file needs a look")
	r.expect("config.json:3:5: drawbridge.thene is not used")
	warn()
	r.gone("The settings file needs a look")
}

func TestOwnerSignsIn(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.fake.mu.Lock()
	r.fake.owner = app.Owner{Provider: "Example Corp"}
	r.fake.mu.Unlock()
	r.win.Resize(fyne.NewSize(1280, 2400))
	r.press(fyne.KeyComma)
	r.expect("Signed out")
	test.Tap(button(r.window, "Sign in now"))
	r.asked("sign in")
	r.fake.mu.Lock()
	r.fake.owner = app.Owner{Provider: "Example Corp", Subject: "x|ada", Email: "ada@example.com"}
	r.fake.mu.Unlock()
	r.look(everything)
	r.expect("ada@example.com at Example Corp.")
	test.Tap(r.pages[settingsAt].(*settingsPage).owner.first.box)
	r.asked("choose signIn.ownerFirst true")
	test.Tap(button(r.window, "Sign out"))
	r.asked("sign out")
}

// TestSecrets: what the settings file names is put into the keychain and taken out, and never shown.
func TestSecrets(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.win.Resize(fyne.NewSize(1280, 2400))
	r.press(fyne.KeyComma)
	test.Tap(button(r.window, "Keep a secret…"))
	test.Tap(button(r.window, "Keep"))
	r.expect("Type its name.")
	test.Type(r.win.Canvas().Focused(), " brave ")
	value, _ := find(r.window, func(e *look.Entry) bool { return e.Password })
	test.Type(value, "swordfish")
	if r.shows("swordfish") {
		t.Error("the secret is shown")
	}
	r.fake.failing("the keychain is locked: unlock it and try again")
	test.Tap(button(r.window, "Keep"))
	r.expect("the keychain is locked")
	r.fake.mended()
	value.OnSubmitted("")
	r.asked("secret brave swordfish")
	r.expect("brave is in the keychain")

	test.Tap(button(r.window, "Remove a secret…"))
	test.Type(r.win.Canvas().Focused(), "brave")
	test.Tap(button(r.window, "Remove"))
	r.asked("no secret brave")
	r.expect("brave is no longer in the keychain")
}

// TestEverySetting: each has its place on the page of settings, but for those that have a page, or a card, of their own.
func TestEverySetting(t *testing.T) {
	r := newRig(t, house(time.Now()))
	elsewhere := []string{"rules", "tunnels"}
	for _, c := range settings.Default().Choices() {
		if (r.pages[settingsAt].(*settingsPage).chosen[c.Key] == nil) != slices.Contains(elsewhere, c.Key) {
			t.Errorf("%s has no place, or two", c.Key)
		}
	}
}

func TestSimpleSettings(t *testing.T) {
	r := onSettings(t)
	p := r.pages[settingsAt].(*settingsPage)
	origins := p.typed("origins")
	origins.field.Entry.SetText("https://a.example.com, https://b.example.com")
	origins.field.Entry.OnSubmitted("")
	r.asked("choose origins [https://a.example.com https://b.example.com]")
	r.until("the button to go", func() bool { return !origins.save.Visible() })
	origins.field.Entry.SetText("")
	test.Tap(origins.save)
	r.asked("choose origins <nil>")

	away := p.chosen["raiseOn"].(*awayCard)
	test.Tap(away.lock)
	r.asked("choose raiseOn [lock]")
	test.Tap(away.sleep)
	r.asked("choose raiseOn [lock sleep]")
	test.Tap(away.lock)
	r.asked("choose raiseOn [sleep]")
	test.Tap(away.sleep)
	r.asked("choose raiseOn <nil>")

	size := p.typed("audit.keepSize")
	size.field.Entry.SetText("much")
	r.fake.refusing(fmt.Errorf("edit %q: %w", "/x", &settings.Error{Path: "/x", Line: 3, Text: "drawbridge.audit.keepSize must be a size from 1MiB to 2GiB"}))
	test.Tap(size.save)
	r.until("the fault", func() bool { return size.field.Wrong() == "It must be a size from 1MiB to 2GiB." })
	if size.field.Entry.Text != "much" {
		t.Error("what was typed is lost")
	}
	r.look(everything)
	if size.field.Wrong() == "" {
		t.Error("a look at what is in force takes the fault away")
	}
}
