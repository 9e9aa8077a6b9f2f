package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Link is a line of text that leads somewhere when it is pressed.
type Link struct {
	press

	label *Text
	icon  *Icon
	glow  *Panel
	ring  *Panel
}

// NewLink makes a link that shows by its icon what it does.
func NewLink(text, icon string, pressed func()) *Link {
	l := &Link{label: NewText(text, Body), icon: NewIcon(Drawing(icon), 13, Muted), glow: NewPanel("", 5), ring: NewPanel("", 6)}
	l.extend(l, pressed)
	return l
}

// Label is what the link says.
func (l *Link) Label() string { return l.label.Text() }

// Refresh draws the link as it is now.
func (l *Link) Refresh() {
	l.glow.SetFill(l.over())
	l.ringAround(l.ring)
	l.BaseWidget.Refresh()
}

// CreateRenderer is Fyne's way to draw a widget.
func (l *Link) CreateRenderer() fyne.WidgetRenderer {
	around := func(p *Panel) fyne.CanvasObject {
		return &fyne.Container{Layout: inset{0, -4, 0, -4}, Objects: []fyne.CanvasObject{p}}
	}
	return widget.NewSimpleRenderer(Over(around(l.glow), around(l.ring), Inset(2, 0, 2, 0, Across(8, Fill(l.label), l.icon))))
}
