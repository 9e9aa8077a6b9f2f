package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"drawbridge/app"
	"drawbridge/app/ui/look"
)

func TestSettingsPage(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.win.Resize(fyne.NewSize(1280, 2400))
	r.press(fyne.KeyComma)
	p := r.pages[settingsAt].(*settingsPage)
	p.theme.Pick(2)
	r.asked("choose theme dark")

	p.listen.field.Entry.SetText("127.0.0.1:7041")
	r.fake.failing("the file is being changed by another program; try again")
	test.Tap(p.listen.save)
	r.until("the fault", func() bool { return p.listen.field.Wrong() != "" })
	r.fake.mended()
	test.Tap(p.listen.save)
	r.asked("choose listen 127.0.0.1:7041")
	r.until("the button to go", func() bool { return !p.listen.save.Visible() })

	p.limits[1].field.Entry.SetText("many")
	test.Tap(p.limits[1].save)
	if got := p.limits[1].field.Wrong(); got != "Write a whole number." {
		t.Errorf("it says %q", got)
	}
	p.limits[1].field.Entry.SetText("12")
	test.Tap(p.limits[1].save)
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
	p.public.field.Entry.SetText("https://half")
	r.fake.mu.Lock()
	r.fake.chosen.PublicURL = "https://other.example.com"
	r.fake.mu.Unlock()
	r.look(everything)
	if got := p.public.field.Entry.Text; got != "https://half" {
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
