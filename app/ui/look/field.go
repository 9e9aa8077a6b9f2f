package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Entry is a text field that leaves to the window what it has no use for: Escape and the window's shortcuts.
type Entry struct{ widget.Entry }

// NewEntry makes a field of one line. The hint shows while it is empty.
func NewEntry(hint string) *Entry {
	e := &Entry{}
	e.PlaceHolder = hint
	e.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
	e.ExtendBaseWidget(e)
	return e
}

// NewLines makes a field of so many lines, monospaced.
func NewLines(hint string, rows int) *Entry {
	e := &Entry{}
	e.PlaceHolder, e.MultiLine, e.TextStyle.Monospace = hint, true, true
	e.Wrapping = fyne.TextWrapOff
	e.SetMinRowsVisible(rows)
	e.ExtendBaseWidget(e)
	return e
}

// TypedKey types; Escape is the window's.
func (e *Entry) TypedKey(key *fyne.KeyEvent) {
	if key.Name == fyne.KeyEscape {
		pass(e, key)
		return
	}
	e.Entry.TypedKey(key)
}

// TypedShortcut edits; the shortcuts that a program makes up are the window's.
func (e *Entry) TypedShortcut(s fyne.Shortcut) {
	if c, ok := s.(*desktop.CustomShortcut); ok && (c.KeyName == fyne.KeyN || fyne.Key0 <= c.KeyName && c.KeyName <= fyne.Key9) {
		passShortcut(e, s)
		return
	}
	e.Entry.TypedShortcut(s)
}

// Check is a box to tick that leaves Escape to the window.
type Check struct{ widget.Check }

// NewCheck makes a box with a label.
func NewCheck(label string, changed func(bool)) *Check {
	c := &Check{}
	c.Text, c.OnChanged = label, changed
	c.ExtendBaseWidget(c)
	return c
}

// TypedKey is the window's; Space comes as a rune.
func (c *Check) TypedKey(key *fyne.KeyEvent) { pass(c, key) }

// Field puts a label above o, and below it a hint, "" for none.
func Field(label string, o fyne.CanvasObject, hint string) *fyne.Container {
	f := Down(6, NewText(label, Strong), o)
	if hint != "" {
		f.Add(NewText(hint, Caption))
	}
	return f
}
