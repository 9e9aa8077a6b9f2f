package look

import (
	"cmp"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Kind is how much a button stands out.
type Kind int

const (
	Soft    Kind = iota // grey
	Primary             // the one thing to do here
	Ghost               // no ground of its own
	Danger              // takes something away for good
)

func (k Kind) colours() (fill, ink fyne.ThemeColorName) {
	switch k {
	case Primary:
		return Accent, theme.ColorNameForegroundOnPrimary
	case Ghost:
		return "", Muted
	case Danger:
		return Bad.Soft(), Bad.Strong()
	}
	return theme.ColorNameButton, Ink
}

// Button does something when it is pressed.
type Button struct {
	press

	kind  Kind
	label *Text
	name  string // for who does not see it; "" is the label
	icon  *Icon  // nil when it has none
	back  *Panel
	glow  *Panel
	ring  *Panel
}

// NewButton makes a button with an icon, a label, or both; "" leaves one out.
func NewButton(k Kind, icon, label string, pressed func()) *Button {
	fill, ink := k.colours()
	b := &Button{kind: k, label: NewText(label, Firm).Tinted(ink), back: NewPanel(fill, 7), glow: NewPanel("", 7), ring: NewPanel("", 9)}
	if icon != "" {
		b.icon = NewIcon(Drawing(icon), 16, ink)
	}
	b.extend(b, pressed)
	return b
}

// Label is what the button says; "" when it has an icon alone.
func (b *Button) Label() string { return b.label.Text() }

// Set changes the button's kind and words.
func (b *Button) Set(k Kind, label string) {
	if k == b.kind && label == b.label.Text() {
		return
	}
	b.kind = k
	b.label.SetText(label)
	b.Refresh()
}

// Called names a button that has an icon alone, for who does not see it.
func (b *Button) Called(name string) *Button {
	b.name = name
	return b
}

// AccessibilityLabel and AccessibilityRole are what a screen reader says of it.
func (b *Button) AccessibilityLabel() string             { return cmp.Or(b.name, b.Label()) }
func (b *Button) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// OnPress changes what a press does.
func (b *Button) OnPress(f func()) { b.pressed = f }

// Rest has the button ignore presses for a while: it has come up where the owner was about to press something else.
func (b *Button) Rest(d time.Duration) { b.restful = time.Now().Add(d) }

// SetIcon changes the drawing of a button that has one.
func (b *Button) SetIcon(name string) {
	_, ink := b.kind.colours()
	b.icon.Set(Drawing(name), ink)
}

// Refresh draws the button as it is now.
func (b *Button) Refresh() {
	fill, ink := b.kind.colours()
	if b.Disabled() {
		ink = theme.ColorNameDisabled
		if fill != "" {
			fill = theme.ColorNameDisabledButton
		}
	}
	b.back.SetFill(fill)
	b.glow.SetFill(b.over())
	b.label.SetColour(ink)
	if b.icon != nil {
		b.icon.Set(b.icon.drawing, ink)
	}
	b.ringAround(b.ring)
	b.BaseWidget.Refresh()
}

// MinSize is the room that the whole button needs: its words are never cut.
func (b *Button) MinSize() fyne.Size { return natural(b.content()) }

// CreateRenderer is Fyne's way to draw a widget.
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	ringed := &fyne.Container{Layout: inset{-2, -2, -2, -2}, Objects: []fyne.CanvasObject{b.ring}}
	return widget.NewSimpleRenderer(Over(ringed, b.back, b.glow, b.content()))
}

func (b *Button) content() *fyne.Container {
	switch {
	case b.icon == nil:
		return Sized(0, 32, Inset(0, 12, 0, 12, Across(0, Spring(), b.label, Spring())))
	case b.label.Text() == "":
		return Sized(32, 32, Across(0, Spring(), b.icon, Spring()))
	}
	return Sized(0, 32, Inset(0, 12, 0, 10, Across(7, Spring(), b.icon, b.label, Spring())))
}
