package ui

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"

	"drawbridge/app/settings"
	"drawbridge/app/ui/look"
)

// tunnelField is a field of the form for a tunnel.
type tunnelField struct {
	*look.FormField
	key  string // its name in the settings file; "" is what the tunnel is called
	fill func(settings.Tunnel) string
	read func(*settings.Tunnel, string) error
}

// text is what was typed.
func (f *tunnelField) text() string { return strings.TrimSpace(f.Entry.Text) }

// newTunnelField makes a field of a text.
func newTunnelField(key, label, example, hint string, of func(*settings.Tunnel) *string) *tunnelField {
	return &tunnelField{
		FormField: look.NewFormField(label, look.NewEntry(example), hint), key: key,
		fill: func(t settings.Tunnel) string { return *of(&t) },
		read: func(t *settings.Tunnel, text string) error { *of(t) = text; return nil },
	}
}

// newPortField makes a field of the port that agents use.
func newPortField(usual string, of func(*settings.Tunnel) *int) *tunnelField {
	return &tunnelField{
		FormField: look.NewFormField("Port that agents use", look.NewEntry(usual), "Where a router or a proxy makes another of it"), key: "port",
		fill: func(t settings.Tunnel) string {
			if port := *of(&t); port != 0 {
				return strconv.Itoa(port)
			}
			return ""
		},
		read: func(t *settings.Tunnel, text string) (err error) {
			if *of(t) = 0; text != "" {
				if *of(t), err = strconv.Atoi(text); err != nil || *of(t) == 0 {
					return reason("Write a number from 1 to 65535.")
				}
			}
			return nil
		},
	}
}

// newAuthorityFields are who certifies a public name.
func newAuthorityFields(of func(*settings.Tunnel) *settings.Authority) (email, directory *tunnelField) {
	email = newTunnelField("email", "E-mail", "Nowhere", "Where the authority writes to", func(t *settings.Tunnel) *string { return &of(t).Email })
	directory = newTunnelField("directory", "Authority", "Let's Encrypt", "The https URL of an ACME directory", func(t *settings.Tunnel) *string { return &of(t).Directory })
	return email, directory
}

// pair puts two fields beside each other.
func pair(a, b *tunnelField) fyne.CanvasObject {
	return &fyne.Container{Layout: halves{16}, Objects: []fyne.CanvasObject{a.Body, b.Body}}
}

// seldom is the part of a form that few need: it is there when something is in it, or when the owner asks for it.
type seldom struct {
	body  *fyne.Container
	more  fyne.CanvasObject
	rest  *fyne.Container
	moved func() // what is around it needs another place
}

func newSeldom(moved func(), parts ...fyne.CanvasObject) *seldom {
	s := &seldom{rest: look.Down(16, parts...), moved: moved}
	more := look.NewButton(look.Ghost, "caret-down", "More", func() {
		s.show(true)
		s.moved()
	})
	s.more = look.Inset(-6, 0, -6, -20, look.Across(0, more)) // its icon stands below the fields' beginnings
	s.body = look.Down(0, s.more, s.rest)
	s.show(false)
	return s
}

func (s *seldom) show(on bool) {
	visible(s.more, !on)
	visible(s.rest, on)
	s.body.Refresh()
}
