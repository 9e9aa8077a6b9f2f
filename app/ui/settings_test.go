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

// list is a setting that is a list.
func (r *rig) list(key string) *settingList {
	return r.pages[settingsAt].(*settingsPage).chosen[key].(*settingList)
}

// TestEverySetting: each has its place on the page of settings, but for those that are shown elsewhere, or are only written into the file.
func TestEverySetting(t *testing.T) {
	r := newRig(t, house(time.Now()))
	elsewhere := []string{"rules", "tunnels", "signIn.providers", "signIn.approve"}
	for _, c := range settings.Default().Choices() {
		if (r.pages[settingsAt].(*settingsPage).chosen[c.Key] == nil) != slices.Contains(elsewhere, c.Key) {
			t.Errorf("%s has no place, or two", c.Key)
		}
	}
}

func TestSimpleSettings(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.win.Resize(fyne.NewSize(1280, 3200))
	r.press(fyne.KeyComma)
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

// TestQuotas are added, changed and removed; what was wrong stands beside its field, and nothing typed is lost.
func TestQuotas(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.win.Resize(fyne.NewSize(1280, 3200))
	r.press(fyne.KeyComma)
	test.Tap(button(r.window, "Add a quota…"))
	test.Type(r.win.Canvas().Focused(), "ci")
	r.typed(fyne.KeyReturn)
	r.expect("Write how much it allows: calls a minute")
	l := r.list("limits.quotas")
	r.sheets[0].Close()

	f := l.edit(l, -1)
	f.fields["agent"].Entry.SetText("ci")
	f.fields["callsPerMinute"].Entry.SetText("6")
	f.fields["bytesPerMinute"].Entry.SetText("much")
	r.fake.refusing(&settings.Error{Text: "drawbridge.limits.quotas[0].bytesPerMinute must be a size from 1KiB to 1048576GiB"})
	test.Tap(f.submit)
	r.until("the fault", func() bool { return f.fields["bytesPerMinute"].Wrong() == "It must be a size from 1KiB to 1048576GiB." })
	r.fake.mended()
	f.fields["bytesPerMinute"].Entry.SetText("1MiB")
	test.Tap(f.submit)
	r.asked(`choose limits.quotas [{"agent":"ci","bytesPerMinute":"1MiB","callsPerMinute":6}]`)
	r.expect("The agent ci: 6 calls a minute, 1MiB a minute")

	r.until("the dialog to go", func() bool { return len(r.sheets) == 0 })
	f = l.edit(l, 0)
	shared, _ := find(r.window, func(c *look.Check) bool { return c.Text == "All of them together, instead of each agent by itself" })
	test.Tap(shared)
	f.fields["agent"].Entry.SetText("")
	f.fields["callsPerMinute"].Entry.SetText("")
	test.Tap(f.submit)
	r.asked(`choose limits.quotas [{"bytesPerMinute":"1MiB","shared":true}]`)
	r.expect("All agents together: 1MiB a minute")

	r.until("the dialog to go", func() bool { return len(r.sheets) == 0 })
	f = l.edit(l, 0)
	r.fake.mu.Lock()
	r.fake.choices["limits.quotas"] = json.RawMessage(`[{"atOnce":1}]`)
	r.fake.mu.Unlock()
	test.Tap(f.submit)
	r.expect("The list has been changed meanwhile.")
	f.sheet.Close()
	r.look(everything)
	r.expect("Each agent: 1 call at once")

	l.remove(0)
	r.expect("Each agent: 1 call at once.")
	test.Tap(button(r.window, "Remove"))
	r.asked("choose limits.quotas <nil>")
	r.expect("None: nothing else bounds how much agents may use.")
}

func TestCollectors(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.win.Resize(fyne.NewSize(1280, 3200))
	r.press(fyne.KeyComma)
	l := r.list("audit.ship")
	f := l.edit(l, -1)
	test.Tap(f.submit)
	r.expect("Write its address.")
	if r.win.Canvas().Focused() != fyne.Focusable(f.blamed.Entry) {
		t.Error("the keyboard is not where the fault is")
	}
	f.blamed.Entry.SetText("tcp+tls://logs.example.com:6514")
	f.blamed.Entry.OnSubmitted("")
	r.asked(`choose audit.ship [{"syslog":"tcp+tls://logs.example.com:6514"}]`)
	r.expect("The record goes to tcp+tls://logs.example.com:6514")

	r.until("the dialog to go", func() bool { return len(r.sheets) == 0 })
	f = l.edit(l, 0)
	r.win.Canvas().Focused().(*look.Segments).Pick(2)
	f.blamed.Entry.SetText("https://otel.example.com/v1/traces")
	f.fields["headers"].Entry.SetText("Authorization")
	test.Tap(f.submit)
	r.expect("Write NAME: VALUE, one header a line.")
	f.fields["headers"].Entry.SetText("Authorization: swordfish")
	r.fake.refusing(&settings.Error{Text: "drawbridge.audit.ship[0].headers.Authorization is a secret, which has no place in this file"})
	test.Tap(f.submit)
	r.until("the fault", func() bool {
		return f.fields["headers"].Wrong() == "Authorization is a secret, which has no place in this file."
	})
	r.fake.mended()
	f.fields["headers"].Entry.SetText("Authorization: Bearer ${keychain:otlp}")
	test.Tap(f.submit)
	r.asked(`choose audit.ship [{"headers":{"Authorization":"Bearer ${keychain:otlp}"},"traces":"https://otel.example.com/v1/traces"}]`)
	r.expect("Traces go to https://otel.example.com/v1/traces")
}
