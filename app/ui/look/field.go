package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Entry is a text field that leaves to the window what it has no use for: Escape and the window's shortcuts.
type Entry struct {
	widget.Entry

	// OnKey is asked first about a key that is no text, and reports whether it did something with it; nil is never.
	OnKey func(fyne.KeyName) bool
}

// NewEntry makes a field of one line. The hint shows while it is empty.
func NewEntry(hint string) *Entry {
	e := &Entry{}
	e.PlaceHolder = hint
	e.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
	e.ExtendBaseWidget(e)
	return e
}

// NewSecret makes a field of one line that does not show what is typed.
func NewSecret(hint string) *Entry {
	e := NewEntry(hint)
	e.Password = true
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

// FocusGained has the field be in sight.
func (e *Entry) FocusGained() {
	e.Entry.FocusGained()
	reveal(e)
}

// TypedKey types; Escape is the window's.
func (e *Entry) TypedKey(key *fyne.KeyEvent) {
	switch {
	case e.OnKey != nil && e.OnKey(key.Name):
	case key.Name == fyne.KeyEscape:
		pass(e, key)
	default:
		e.Entry.TypedKey(key)
	}
}

// AcceptsTab is false for fields of many lines too: Tab leads to the next thing everywhere.
func (e *Entry) AcceptsTab() bool { return false }

// TypedShortcut edits; the shortcuts that a program makes up are the window's.
func (e *Entry) TypedShortcut(s fyne.Shortcut) {
	if c, ok := s.(*desktop.CustomShortcut); ok && !edits(c) {
		passShortcut(e, s)
		return
	}
	e.Entry.TypedShortcut(s)
}

// edits reports whether a text field has a use for the shortcut: moving by words, and the like.
func edits(c *desktop.CustomShortcut) bool {
	switch c.KeyName {
	case fyne.KeyLeft, fyne.KeyRight, fyne.KeyUp, fyne.KeyDown, fyne.KeyHome, fyne.KeyEnd, fyne.KeyBackspace, fyne.KeyDelete:
		return true
	}
	return false
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

// Tick shows the box as ticked or not, which nobody did.
func (c *Check) Tick(on bool) {
	changed := c.OnChanged
	c.OnChanged = nil
	c.SetChecked(on)
	c.OnChanged = changed
}

// FocusGained has the box be in sight.
func (c *Check) FocusGained() {
	c.Check.FocusGained()
	reveal(c)
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

// FormField is an Entry with a label above it, and below it a hint or what is wrong.
type FormField struct {
	Body  *fyne.Container
	Entry *Entry

	hint  *Text
	wrong *Prose
}

// NewFormField makes a field of a form.
func NewFormField(label string, e *Entry, hint string) *FormField {
	f := &FormField{Entry: e, hint: NewText(hint, Caption), wrong: NewProse("", Caption, 400).Tinted(Bad.Strong())}
	f.wrong.Hide()
	f.Body = Down(6, NewText(label, Strong), e, f.hint, f.wrong)
	return f
}

// Beside puts a button at the field's end.
func (f *FormField) Beside(b *Button) {
	f.Body.Objects[1] = Across(8, Fill(f.Entry), b)
}

// Hint changes what stands below the field while nothing is wrong.
func (f *FormField) Hint(text string) { f.hint.SetText(text) }

// Fault shows what is wrong with what was typed, in place of the hint; "" is nothing.
func (f *FormField) Fault(text string) {
	f.wrong.SetText(text)
	f.hint.Hidden, f.wrong.Hidden = text != "", text == ""
	f.Body.Refresh()
}

// Wrong is what Fault said last.
func (f *FormField) Wrong() string { return f.wrong.Text() }
