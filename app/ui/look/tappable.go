package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Tappable makes something react to the mouse that the keyboard reaches by other ways.
type Tappable struct {
	widget.BaseWidget

	of     fyne.CanvasObject
	tapped func()
	glow   *Panel
}

// NewTappable has o do something when it is tapped.
func NewTappable(o fyne.CanvasObject, tapped func()) *Tappable {
	t := &Tappable{of: o, tapped: tapped, glow: NewPanel("", 7)}
	t.ExtendBaseWidget(t)
	return t
}

// Tapped does it.
func (t *Tappable) Tapped(*fyne.PointEvent) { t.tapped() }

// MouseIn, MouseMoved and MouseOut follow the pointer.
func (t *Tappable) MouseIn(*desktop.MouseEvent)    { t.glow.SetFill("hover") }
func (t *Tappable) MouseMoved(*desktop.MouseEvent) {}
func (t *Tappable) MouseOut()                      { t.glow.SetFill("") }

// CreateRenderer is Fyne's way to draw a widget.
func (t *Tappable) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(Over(t.glow, t.of))
}
