package ui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/settings"
)

// secret is a field for one that the keychain keeps, under what name says; the entry has the reference.
func (f *entryForm) secret(label, key, example, note string, name func() string) fyne.CanvasObject {
	s := newSecretField(label, example, note, f.check)
	s.show(typed(f.was(key)))
	f.put(key, s.FormField, func(string) (any, error) { return text(s.refer(name, f.keep)) })
	return s.Body
}

// freeName is a name in the keychain that nothing but this entry refers to.
func (f *entryForm) freeName(of, what string) string {
	base := app.SecretName(settings.FitName(of), settings.FitName(what))
	name := base
	for n := 2; f.elsewhere(reference(name)); n++ {
		name = fmt.Sprintf("%s-%d", base, n)
	}
	return name
}

// elsewhere reports whether anything in the settings but this entry has a text in it.
func (f *entryForm) elsewhere(text string) bool {
	has := func(raw json.RawMessage) bool { return bytes.Contains(raw, []byte(text)) }
	choices, _ := f.w.app.Choices() // what cannot be read refers to nothing
	for _, c := range choices {
		if c.Key != f.of.key && has(c.Value) {
			return true
		}
	}
	for i, entry := range f.of.all {
		if i != f.at && has(entry) {
			return true
		}
	}
	return slices.ContainsFunc(f.w.app.Settings().Servers, func(s settings.Server) bool {
		return slices.Contains(slices.Collect(maps.Values(s.Env)), text)
	})
}

// hostOf is the host of an address that is typed; "" is none.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
