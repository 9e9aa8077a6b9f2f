package ui

import (
	"strings"

	"drawbridge/app/ui/look"
)

// secrets are values for the keychain, by their names there.
type secrets map[string]string

// refer keeps a value, and returns what stands for it in the settings file.
func (s secrets) refer(name, value string) string {
	s[name] = value
	return reference(name)
}

// keep puts them into the keychain.
func (s secrets) keep(a App) error {
	for name, value := range s {
		if err := a.SetSecret(name, value); err != nil {
			return err
		}
	}
	return nil
}

// reference is what stands in the settings file for what the keychain keeps under a name.
func reference(name string) string { return "${keychain:" + name + "}" }

// referred is the name in such a reference; "" is that text is none.
func referred(text string) string {
	name, ok := strings.CutPrefix(text, "${keychain:")
	name, closed := strings.CutSuffix(name, "}")
	if !ok || !closed {
		return ""
	}
	return name
}

// secretField is a field for a secret that the keychain keeps, while the settings file has a reference to it.
type secretField struct {
	*look.FormField
	note    string // what stands below it while there is none
	was     string // the reference that the settings file has; "" is none
	gone    bool   // the owner takes that away
	away    *look.Button
	changed func()
}

func newSecretField(label, example, note string, changed func()) *secretField {
	s := &secretField{FormField: look.NewFormField(label, look.NewSecret(example), note), note: note, changed: changed}
	s.away = look.NewButton(look.Soft, "", "", s.turn)
	s.Beside(s.away)
	s.Entry.OnChanged = func(string) { changed() }
	s.show("")
	return s
}

// show has it be for the reference that the settings file has; "" is none.
func (s *secretField) show(was string) {
	s.was, s.gone = was, false
	s.Entry.SetText("")
	s.say()
}

// turn takes the secret that is there away, or leaves it again.
func (s *secretField) turn() {
	s.gone = !s.gone
	s.Entry.SetText("")
	s.say()
	s.changed()
}

func (s *secretField) say() {
	visible(s.away, s.was != "")
	switch name := plain(referred(s.was)); {
	case s.was == "":
		s.Hint(s.note)
	case s.gone:
		s.away.Set(look.Soft, "Leave it")
		s.Hint("Nothing refers to it once you save. The keychain still has it as " + name)
	default:
		s.away.Set(look.Soft, "Take it away")
		s.Hint("The keychain keeps it as " + name + ". Leave this empty to have that one")
	}
	s.Body.Refresh()
}

// refer is the reference that the settings file is to have; "" is none. What was typed is kept under the name, unless it refers to the
// keychain itself.
func (s *secretField) refer(name func() string, keep secrets) string {
	typed := strings.TrimSpace(s.Entry.Text)
	switch {
	case strings.Contains(typed, "${keychain:"):
		return typed
	case typed != "":
		return keep.refer(name(), typed)
	case s.gone:
		return ""
	}
	return s.was
}
