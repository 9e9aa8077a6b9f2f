package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Wheeled lays s out so that the mouse's wheel moves it wherever the mouse is over it. Fyne gives the wheel to the innermost thing
// that could scroll, and every field and label could, even when all that is in it can be seen.
func Wheeled(s *container.Scroll) *fyne.Container {
	return wheeled(s, s)
}

// wheeled lays s out so that the wheel moves of, which is s or a part of it.
func wheeled(s, of *container.Scroll) *fyne.Container {
	w := &wheel{under: s, of: of}
	w.ExtendBaseWidget(w)
	return Over(s, w)
}

// wheel lies above what it moves, and takes nothing from the mouse but its wheel.
type wheel struct {
	widget.BaseWidget
	under, of *container.Scroll
}

// MinSize is that of what lies under it.
func (w *wheel) MinSize() fyne.Size { return w.under.MinSize() }

// Scrolled moves it.
func (w *wheel) Scrolled(e *fyne.ScrollEvent) { w.of.Scrolled(e) }

// CreateRenderer is Fyne's way to draw a widget.
func (w *wheel) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(&fyne.Container{})
}
