package look

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// press is what everything that can be pressed has in common: mouse, focus and the keys Enter and Space.
// The widget that embeds it calls extend, and draws what over and ringed say.
type press struct {
	widget.DisableableWidget

	self    fyne.Widget
	pressed func()
	hovered bool
	focused bool
	byMouse bool      // the focus came with a click and needs no ring
	restful time.Time // presses before that are not meant
}

func (p *press) extend(self fyne.Widget, pressed func()) {
	p.self, p.pressed = self, pressed
	p.ExtendBaseWidget(self)
}

// over is the colour that lies over the widget now; "" is none.
func (p *press) over() fyne.ThemeColorName {
	if p.hovered && !p.Disabled() {
		return "hover"
	}
	return ""
}

// ringed reports whether the widget shows that the keyboard is on it.
func (p *press) ringed() bool { return p.focused && !p.byMouse }

// ringAround shows by the panel's edge that the keyboard is on the widget, or not.
func (p *press) ringAround(panel *Panel) {
	if p.ringed() {
		panel.SetEdge(theme.ColorNameFocus, 2)
	} else {
		panel.SetEdge("", 0)
	}
}

// Tapped presses.
func (p *press) Tapped(*fyne.PointEvent) {
	if !p.Disabled() && p.pressed != nil && !time.Now().Before(p.restful) {
		p.pressed()
	}
}

// MouseIn, MouseMoved and MouseOut follow the pointer.
func (p *press) MouseIn(*desktop.MouseEvent)    { p.hover(true) }
func (p *press) MouseMoved(*desktop.MouseEvent) {}
func (p *press) MouseOut()                      { p.hover(false) }

func (p *press) hover(on bool) {
	p.hovered = on
	p.self.Refresh()
}

// Cursor is a hand where a press does something.
func (p *press) Cursor() desktop.Cursor {
	if p.Disabled() {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// FocusGained and FocusLost follow the keyboard.
func (p *press) FocusGained() {
	p.focused, p.byMouse = true, p.hovered
	p.self.Refresh()
	if !p.byMouse {
		reveal(p.self)
	}
}

func (p *press) FocusLost() {
	p.focused = false
	p.self.Refresh()
}

// TypedRune does nothing: Space comes as a key.
func (p *press) TypedRune(rune) {}

// TypedKey presses on Enter and Space. Other keys are the window's.
func (p *press) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		p.Tapped(nil)
	default:
		pass(p.self, key)
	}
}

// pass hands a key on to the window of o. Fyne gives a key to the widget that has the focus and to nobody else.
func pass(o fyne.CanvasObject, key *fyne.KeyEvent) {
	c := fyne.CurrentApp().Driver().CanvasForObject(o)
	if c == nil {
		return
	}
	if typed := c.OnTypedKey(); typed != nil {
		typed(key)
	}
}

// passShortcut hands a shortcut on to the window of o.
func passShortcut(o fyne.CanvasObject, s fyne.Shortcut) {
	if c, ok := fyne.CurrentApp().Driver().CanvasForObject(o).(fyne.Shortcutable); ok {
		c.TypedShortcut(s)
	}
}
