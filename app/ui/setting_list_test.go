package ui

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"drawbridge/app/settings"
	"drawbridge/app/ui/look"
)

// onSettings is a window that shows all of the settings.
func onSettings(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, house(time.Now()))
	r.win.Resize(fyne.NewSize(1280, 3200))
	r.press(fyne.KeyComma)
	return r
}

// list is a setting that is a list.
func (r *rig) list(key string) *settingList {
	return r.pages[settingsAt].(*settingsPage).chosen[key].(*settingList)
}

// TestQuotas are added, changed and removed; what was wrong stands beside its field, and nothing typed is lost.
func TestQuotas(t *testing.T) {
	r := onSettings(t)
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
	r.expect("It has been changed or removed meanwhile;")
	f.sheet.Close()
	r.look(everything)
	r.expect("Each agent: 1 call at once")

	l.remove(0)
	r.expect("Each agent: 1 call at once.")
	test.Tap(button(r.window, "Remove"))
	r.asked("choose limits.quotas <nil>")
	r.expect("None: nothing else bounds how much agents may use.")
}

// has gives a setting a value behind the window's back.
func (f *fake) has(key, value string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.choices[key] = json.RawMessage(value)
}

// TestListChangesMeanwhile: what somebody else does to the list takes nothing from the owner, and nothing of it is lost.
func TestListChangesMeanwhile(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.press(fyne.KeyComma)
	l := r.list("limits.quotas")
	f := l.edit(l, -1)
	f.fields["atOnce"].Entry.SetText("2")
	r.fake.has("limits.quotas", `[{"atOnce":1}]`)
	test.Tap(f.submit)
	r.asked(`choose limits.quotas [{"atOnce":1},{"atOnce":2}]`)
	r.until("the dialog to go", func() bool { return len(r.sheets) == 0 })

	f = l.edit(l, 1)
	f.fields["atOnce"].Entry.SetText("3")
	r.fake.has("limits.quotas", `[{"agent":"ci","atOnce":9},{"atOnce":1},{"atOnce":2}]`)
	test.Tap(f.submit)
	r.asked(`choose limits.quotas [{"agent":"ci","atOnce":9},{"atOnce":1},{"atOnce":3}]`)
	r.until("the dialog to go", func() bool { return len(r.sheets) == 0 })

	l.remove(0)
	r.fake.has("limits.quotas", `[{"atOnce":1},{"agent":"ci","atOnce":9}]`)
	test.Tap(button(r.window, "Remove"))
	r.asked(`choose limits.quotas [{"atOnce":1}]`)
}

// TestKeptOnce: Enter is pressed again while an entry is being kept, and the dialog is closed before it could be.
func TestKeptOnce(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.press(fyne.KeyComma)
	l := r.list("limits.quotas")
	f := l.edit(l, -1)
	f.fields["atOnce"].Entry.SetText("2")
	f.save()
	f.save()
	r.until("the dialog to go", func() bool { return len(r.sheets) == 0 })
	r.window.work.Wait()
	if did := r.fake.said(); len(did) != 1 {
		t.Errorf("it was asked for %q", did)
	}
	f = l.edit(l, -1)
	f.fields["atOnce"].Entry.SetText("2")
	r.fake.failing("no space is left on the disk")
	f.save()
	f.sheet.Close()
	r.expect("It was not kept")
	r.expect("no space is left on the disk")
}

func TestCollectors(t *testing.T) {
	r := onSettings(t)
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
	f.fields["headers"].Entry.SetText("X-Team: a b")
	r.fake.refusing(&settings.Error{Text: "drawbridge.audit.ship[0].headers.X-Team is no header of HTTP"})
	test.Tap(f.submit)
	r.until("the fault", func() bool { return f.fields["headers"].Wrong() == "X-Team is no header of HTTP." })
	r.fake.mended()
	f.fields["headers"].Entry.SetText("Authorization: Bearer ${keychain:otlp}")
	test.Tap(f.submit)
	r.asked(`choose audit.ship [{"headers":{"Authorization":"Bearer ${keychain:otlp}"},"traces":"https://otel.example.com/v1/traces"}]`)
	r.expect("Traces go to https://otel.example.com/v1/traces")
}

// TestCollectorSecret: the value of a header goes into the keychain before the entry refers to it, under a name of its own, and what
// the file would have as plain text is not kept.
func TestCollectorSecret(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.win.Resize(fyne.NewSize(1280, 3200))
	r.fake.has("audit.ship", `[{"otlp":"https://otel.example.com/v1/logs","headers":{"X-Api-Key":"${keychain:collector-otel-example-com-authorization}"}},
		{"traces":"https://otel.example.com/v1/traces","headers":{"authorization":"Bearer ${keychain:otlp}","X-Team":"a"}}]`)
	r.press(fyne.KeyComma)
	l := r.list("audit.ship")
	f := l.edit(l, 1)
	f.fields["headers"].Entry.SetText("authorization: Bearer ${keychain:otlp}\nX-Team: a\nX-Api-Key: swordfish")
	test.Tap(f.submit)
	r.expect("X-Api-Key is a secret. Take it out here")
	f.fields["headers"].Entry.SetText("authorization: Bearer ${keychain:otlp}\nX-Team: a")
	f.fields["secret"].Entry.SetText("Bearer swordfish")
	test.Tap(f.submit)
	r.expect("Write the name of the header.")
	f.fields["name"].Entry.SetText("Authorization")
	f.fields["secret"].Entry.SetText("")
	r.expect("Type what the header says.")
	f.fields["secret"].Entry.SetText("Bearer ${keychain:mine}")
	if f.read()["headers"].(map[string]string)["Authorization"] != "Bearer ${keychain:mine}" || len(f.keep) > 0 {
		t.Errorf("what refers to the keychain is kept there: %v", f.keep)
	}
	f.fields["secret"].Entry.SetText("Bearer swordfish")
	if !f.fields["secret"].Entry.Password || r.shows("swordfish") {
		t.Error("the secret is shown")
	}
	test.Tap(f.submit)
	r.until("the dialog to go", func() bool { return len(r.sheets) == 0 })
	const name = "collector-otel-example-com-authorization-2"
	want := []string{
		"secret " + name + " Bearer swordfish",
		`choose audit.ship [{"otlp":"https://otel.example.com/v1/logs","headers":{"X-Api-Key":"${keychain:collector-otel-example-com-authorization}"}},` +
			`{"headers":{"Authorization":"${keychain:` + name + `}","X-Team":"a"},"traces":"https://otel.example.com/v1/traces"}]`,
	}
	if did := r.fake.said(); !slices.Equal(did, want) {
		t.Errorf("it was asked for %q, want %q", did, want)
	}
}

// TestProviderSecret: a secret that is typed is kept before the entry refers to it; a reference stays as it is, and can be taken away.
func TestProviderSecret(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.win.Resize(fyne.NewSize(1280, 3200))
	const head, tail = `choose signIn.providers [{"clientId":"a"`, `"issuer":"https://id.example.com"}]`
	r.fake.has("signIn.providers", `[{"clientId":"a","clientSecret":"${keychain:idp}","issuer":"https://id.example.com"}]`)
	r.press(fyne.KeyComma)
	l := r.list("signIn.providers")
	for _, c := range []struct {
		typed string
		taken bool
		want  []string
	}{
		{"", false, []string{head + `,"clientSecret":"${keychain:idp}",` + tail}},
		{"${keychain:other}", false, []string{head + `,"clientSecret":"${keychain:other}",` + tail}},
		{"swordfish", false, []string{"secret provider-id-example-com-client-secret swordfish", head + `,"clientSecret":"${keychain:provider-id-example-com-client-secret}",` + tail}},
		{"sailfish", false, []string{"secret provider-id-example-com-client-secret sailfish", head + `,"clientSecret":"${keychain:provider-id-example-com-client-secret}",` + tail}},
		{"", true, []string{head + "," + tail}},
	} {
		f := l.edit(l, 0)
		if c.taken {
			test.Tap(button(r.window, "Take it away"))
			r.expect("Nothing refers to it once you save.")
			test.Tap(button(r.window, "Leave it"))
			r.expect("The keychain keeps it as provider-id-example-com-client-secret.")
			test.Tap(button(r.window, "Take it away"))
		}
		f.fields["clientSecret"].Entry.SetText(c.typed)
		test.Tap(f.submit)
		r.until("the dialog to go", func() bool { return len(r.sheets) == 0 })
		r.window.work.Wait()
		if did := r.fake.said(); !slices.Equal(did, c.want) {
			t.Errorf("%q: it was asked for %q, want %q", c.typed, did, c.want)
		}
		r.until("the entry to be shown", func() bool { return "choose signIn.providers ["+string(l.all[0])+"]" == c.want[len(c.want)-1] })
	}
	f := l.edit(l, 0)
	f.fields["clientSecret"].Entry.SetText("swordfish")
	r.fake.failing("the keychain is locked")
	test.Tap(f.submit)
	r.expect("the keychain is locked")
	if did := r.fake.said(); len(did) != 1 {
		t.Errorf("without the secret it was asked for %q", did)
	}
}

// TestProviders: what the dialog does not know of an entry stays, within its objects too.
func TestProviders(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.win.Resize(fyne.NewSize(1280, 3200))
	r.fake.mu.Lock()
	r.fake.choices = houseChoices()
	r.fake.mu.Unlock()
	r.press(fyne.KeyComma)
	l := r.list("signIn.providers")
	f := l.edit(l, 0)
	f.fields["issuer"].Entry.SetText("")
	test.Tap(f.submit)
	r.expect("Write the provider's address.")
	f.fields["issuer"].Entry.SetText("https://id.example.com")
	f.fields["name"].Entry.SetText("")
	f.fields["claims.groups"].Entry.SetText("")
	f.fields["allow.groups"].Entry.SetText("")
	f.fields["allow.domains"].Entry.SetText("example.com\nexample.org")
	r.fake.refusing(&settings.Error{Text: "drawbridge.signIn.providers[0].clientSecret is a secret, which has no place in this file"})
	test.Tap(f.submit)
	r.until("the fault", func() bool {
		return f.fields["clientSecret"].Wrong() == "Type the secret, or ${keychain:NAME} and nothing else."
	})
	r.fake.refusing(&settings.Error{Text: "drawbridge.signIn approves by groups, but no provider says where it has them"})
	test.Tap(f.submit)
	r.until("the fault", func() bool {
		return f.fields["claims.groups"].Wrong() == "Agents are let in unasked by groups, and no provider would say any more who is in one. Write the claim in which this one does."
	})
	r.fake.mended()
	test.Tap(f.submit)
	r.asked(`choose signIn.providers [{"allow":{"domains":["example.com","example.org"]},"claims":{"email":"mail"},"clientId":"drawbridge","clientSecret":"${keychain:idp}","issuer":"https://id.example.com"}]`)
	r.expect("At id.example.com: example.com and example.org may sign in")
}

func TestApproveUnasked(t *testing.T) {
	r := onSettings(t)
	l := r.list("signIn.approve")
	f := l.edit(l, -1)
	test.Tap(f.submit)
	r.expect("Write whom: groups, people, clients or providers.")
	f.fields["groups"].Entry.SetText("platform team\n")
	test.Tap(f.submit)
	r.expect("Write the servers that they may use; * is all of them.")
	f.fields["servers"].Entry.SetText("*")
	test.Tap(f.submit)
	r.asked(`choose signIn.approve [{"groups":["platform team"],"servers":["*"]}]`)
	r.expect("Those in platform team may use all servers")
}

// TestAddFromAfar: a dialog that is opened from another page leaves the owner at the list that it adds to.
func TestAddFromAfar(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.win.Resize(fyne.NewSize(900, 600))
	r.addTo("audit.ship")
	r.sheets[0].Close()
	r.expect("None: the record stays on this computer.")
}

// TestQuotaWords: what is allowed is read with its unit, however the file has it.
func TestQuotaWords(t *testing.T) {
	for raw, want := range map[string]string{
		`{"bytesPerMinute":67108864}`:                    "each agent: 67108864 bytes a minute",
		`{"bytesPerMinute":"64MiB","shared":true}`:       "all agents together: 64MiB a minute",
		`{"server":"files","tool":"write_*","atOnce":1}`: "each agent with write_* of files: 1 call at once",
	} {
		if got := quotaWords(json.RawMessage(raw)); got != want {
			t.Errorf("%s is %q, want %q", raw, got, want)
		}
	}
}

// TestEntriesInOrder: where the first decides, entries are moved as they are shown, by buttons that say what they move.
func TestEntriesInOrder(t *testing.T) {
	const a, b, c = `{"clientId":"a","issuer":"https://a.example.com"}`, `{"clientId":"b","issuer":"https://b.example.com"}`, `{"clientId":"c","issuer":"https://c.example.com"}`
	r := newRig(t, house(time.Now()))
	r.win.Resize(fyne.NewSize(1280, 3200))
	r.fake.has("signIn.providers", "["+a+","+b+"]")
	r.fake.has("signIn.approve", `[{"groups":["x"],"servers":["*"]},{"groups":["y"],"servers":["*"]}]`)
	r.fake.has("limits.quotas", `[{"atOnce":1},{"atOnce":2}]`)
	r.press(fyne.KeyComma)
	named := func(name string) *look.Button {
		b, ok := find(r.window, func(b *look.Button) bool { return b.AccessibilityLabel() == name })
		if !ok {
			t.Fatalf("no button is called %q", name)
		}
		return b
	}
	if !named("Move up: at a.example.com: whoever has an account there may sign in").Disabled() {
		t.Error("the first can be moved up")
	}
	if !named("Move down: at b.example.com: whoever has an account there may sign in").Disabled() {
		t.Error("the last can be moved down")
	}
	test.Tap(named("Move up: at b.example.com: whoever has an account there may sign in"))
	r.asked("choose signIn.providers [" + b + "," + a + "]")
	r.until("the new order to be shown", func() bool { return string(r.list("signIn.providers").all[0]) == b })

	r.fake.has("signIn.providers", "["+b+","+c+","+a+"]")
	r.list("signIn.providers").move(1, -1)
	r.expect("It has been changed or removed meanwhile")
	r.until("what others did to be shown", func() bool { return len(r.list("signIn.providers").all) == 3 })

	test.Tap(named("Move down: those in x may use all servers"))
	r.asked(`choose signIn.approve [{"groups":["y"],"servers":["*"]},{"groups":["x"],"servers":["*"]}]`)
	if _, ok := find(r.window, func(b *look.Button) bool { return b.AccessibilityLabel() == "Move up: each agent: 2 calls at once" }); ok {
		t.Error("quotas can be moved, whose order means nothing")
	}
}
