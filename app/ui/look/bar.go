package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Bar shows how far something is.
type Bar struct {
	widget.BaseWidget

	part  float32
	back  *Panel
	front *Panel
}

// NewBar makes an empty bar.
func NewBar() *Bar {
	b := &Bar{back: NewPanel(Busy.Soft(), 3), front: NewPanel(Accent, 3)}
	b.ExtendBaseWidget(b)
	return b
}

// Set fills the bar to that part, from 0 to 1.
func (b *Bar) Set(part float32) {
	if part == b.part {
		return
	}
	b.part = part
	b.Refresh()
}

// CreateRenderer is Fyne's way to draw a widget.
func (b *Bar) CreateRenderer() fyne.WidgetRenderer { return barRenderer{b} }

type barRenderer struct{ of *Bar }

func (barRenderer) MinSize() fyne.Size { return fyne.NewSize(40, 6) }

func (r barRenderer) Layout(size fyne.Size) {
	r.of.back.Resize(size)
	r.of.front.Resize(fyne.NewSize(size.Width*r.of.part, size.Height))
}

func (r barRenderer) Refresh() {
	r.Layout(r.of.Size())
	r.of.back.Refresh()
	r.of.front.Refresh()
}

func (r barRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.of.back, r.of.front}
}

func (barRenderer) Destroy() {}
