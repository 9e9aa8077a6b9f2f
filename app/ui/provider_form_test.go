package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"drawbridge/app/settings"
	"drawbridge/app/ui/look"
)

// onProviders is a window with these identity providers, and their list.
func onProviders(t *testing.T, providers string) (*rig, *settingList) {
	r := newRig(t, house(time.Now()))
	r.win.Resize(fyne.NewSize(1280, 3200))
	r.fake.has("signIn.providers", providers)
	r.press(fyne.KeyComma)
	return r, r.list("signIn.providers")
}

// TestProviderMore: whatever the file can say of a provider can be typed, and what the dialog does not know stays.
func TestProviderMore(t *testing.T) {
	r, l := onProviders(t, `[{"clientId":"a","issuer":"https://id.example.com","later":[1]}]`)
	f := l.edit(l, 0)
	if f.rare.rest.Visible() {
		t.Error("what few need is shown, and nothing is in it")
	}
	test.Tap(button(r.window, "More"))
	for key, typed := range map[string]string{
		"callback": "http://127.0.0.1:8400/callback", "scopes": "profile\noffline_access\n", "hosts": "keys.example.com", "params": "prompt=consent\nacr_values=a=b&c",
		"claims.subject": "oid", "claims.email": "mail", "claims.name": "displayName",
		"tokens.audiences": "drawbridge", "tokens.algorithms": "ES256", "tokens.agent": "company", "tokens.servers": "files\ngithub", "tokens.tools": "read_*",
	} {
		f.fields[key].Entry.SetText(typed)
	}
	vouches, _ := find(r.window, func(c *look.Check) bool { return strings.HasPrefix(c.Text, "It may vouch") })
	test.Tap(vouches)
	test.Tap(f.submit)
	r.asked(`choose signIn.providers [{"assertions":true,"callback":"http://127.0.0.1:8400/callback",` +
		`"claims":{"email":"mail","name":"displayName","subject":"oid"},"clientId":"a","hosts":["keys.example.com"],"issuer":"https://id.example.com","later":[1],` +
		`"params":{"acr_values":"a=b\u0026c","prompt":"consent"},"scopes":["profile","offline_access"],` + // as the fake writes it
		`"tokens":{"agent":"company","algorithms":["ES256"],"audiences":["drawbridge"],"servers":["files","github"],"tools":["read_*"]}}]`)
	r.until("the dialog to go", func() bool { return len(r.sheets) == 0 })

	f = l.edit(l, 0)
	if !f.rare.rest.Visible() || f.fields["params"].Entry.Text != "acr_values=a=b&c\nprompt=consent" || f.fields["tokens.servers"].Entry.Text != "files\ngithub" {
		t.Errorf("it is edited as %q, %q", f.fields["params"].Entry.Text, f.fields["tokens.servers"].Entry.Text)
	}
	for key, field := range f.fields {
		if f.isRare(field) {
			f.fields[key].Entry.SetText("")
		}
	}
	vouches, _ = find(r.window, func(c *look.Check) bool { return strings.HasPrefix(c.Text, "It may vouch") })
	if !vouches.Checked {
		t.Error("that it may vouch is not shown")
	}
	test.Tap(vouches)
	test.Tap(f.submit)
	r.asked(`choose signIn.providers [{"clientId":"a","issuer":"https://id.example.com","later":[1]}]`)
}

// TestProviderFaults: what is missing or wrong stands beside its field, which is shown then, in words of the dialog.
func TestProviderFaults(t *testing.T) {
	r, l := onProviders(t, `[{"clientId":"a","issuer":"https://id.example.com"}]`)
	f := l.edit(l, 0)
	for _, c := range []struct{ key, typed, wrong, words string }{
		{"allow.groups", "staff", "claims.groups", "Write what it calls them. Without it nobody could come in by a group."},
		{"tokens.agent", "company", "tokens.audiences", "Write what the provider writes into tokens for this bridge."},
		{"tokens.audiences", "drawbridge", "tokens.agent", "Write the name under which such tokens come in."},
		{"params", "prompt", "params", "Write NAME=value, one a line; \"prompt\" is none."},
	} {
		f.fields[c.key].Entry.SetText(c.typed)
		test.Tap(f.submit)
		if f.fields[c.wrong].Wrong() != c.words {
			t.Errorf("%s %q: beside %s stands %q", c.key, c.typed, c.wrong, f.fields[c.wrong].Wrong())
		}
		f.fields[c.key].Entry.SetText("")
	}
	f.rare.show(false)
	for _, c := range []struct{ said, key, words string }{
		{"providers[0].params has \"state\", a parameter that the sign-in itself sets", "params", "It has \"state\", a parameter that the sign-in itself sets."},
		{"providers[0].claims.email is \"a.\"; write names with dots between them", "claims.email", "It is \"a.\"; write names with dots between them."},
		{"providers[0].issuer has to be an https address", "issuer", "It has to be an https address."},
	} {
		r.fake.refusing(&settings.Error{Text: "drawbridge.signIn." + c.said})
		test.Tap(f.submit)
		r.until("the fault", func() bool { return f.fields[c.key].Wrong() == c.words })
		if !f.rare.rest.Visible() {
			t.Error("what is wrong is not shown")
		}
		if r.win.Canvas().Focused() != fyne.Focusable(f.fields[c.key].Entry) {
			t.Errorf("the keyboard is not on %s", c.key)
		}
	}
}
