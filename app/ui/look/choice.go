package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Choice is a choice of one among many: a button that says what is chosen, and opens a menu. The arrow keys move it.
type Choice struct {
	press

	names   []string
	at      int
	changed func(int)
	label   *Text
	back    *Panel
	glow    *Panel
	ring    *Panel
}

// NewChoice makes a choice among at least one; the first is chosen. changed is called with the number of the one that was
// chosen then.
func NewChoice(names []string, changed func(int)) *Choice {
	c := &Choice{names: names, changed: changed, label: NewText(names[0], Body)}
	c.back, c.glow, c.ring = NewPanel(theme.ColorNameInputBackground, 7).Edged(theme.ColorNameInputBorder), NewPanel("", 7), NewPanel("", 9)
	c.extend(c, c.open)
	return c
}

// Names are what can be chosen.
func (c *Choice) Names() []string { return c.names }

// OnChange changes what is called when another is chosen.
func (c *Choice) OnChange(f func(int)) { c.changed = f }

// At is the number of the one that is chosen.
func (c *Choice) At() int { return c.at }

// Pick chooses number i.
func (c *Choice) Pick(i int) {
	if i == c.at || i < 0 || i >= len(c.names) {
		return
	}
	c.at = i
	c.label.SetText(c.names[i])
	if c.changed != nil {
		c.changed(i)
	}
}

func (c *Choice) open() {
	var items []*fyne.MenuItem
	for i, name := range c.names {
		item := fyne.NewMenuItem(name, func() { c.Pick(i) })
		item.Checked = i == c.at
		items = append(items, item)
	}
	m := widget.NewPopUpMenu(fyne.NewMenu("", items...), fyne.CurrentApp().Driver().CanvasForObject(c))
	m.Resize(fyne.NewSize(fyne.Max(c.Size().Width, m.MinSize().Width), m.MinSize().Height))
	m.ShowAtRelativePosition(fyne.NewPos(0, c.Size().Height+4), c)
}

// TypedKey moves the choice with the arrows, and opens the menu with Enter and Space.
func (c *Choice) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyUp:
		c.Pick(c.at - 1)
	case fyne.KeyDown:
		c.Pick(c.at + 1)
	default:
		c.press.TypedKey(key)
	}
}

// Refresh draws the choice as it is now.
func (c *Choice) Refresh() {
	c.glow.SetFill(c.over())
	c.ringAround(c.ring)
	c.BaseWidget.Refresh()
}

// CreateRenderer is Fyne's way to draw a widget.
func (c *Choice) CreateRenderer() fyne.WidgetRenderer {
	ringed := &fyne.Container{Layout: inset{-2, -2, -2, -2}, Objects: []fyne.CanvasObject{c.ring}}
	row := Sized(0, 34, Inset(0, 10, 0, 11, Across(8, Fill(c.label), NewIcon(Drawing("caret-down"), 14, Muted))))
	return widget.NewSimpleRenderer(Over(ringed, c.back, c.glow, row))
}
