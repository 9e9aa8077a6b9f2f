package look

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Beat is what happened in one stretch of time.
type Beat struct {
	All int
	Bad int // of All
}

// Spark is a row of bars, one a beat, the latest at the right. The highest fills the height.
type Spark struct {
	widget.BaseWidget

	beats []Beat
}

const (
	sparkBar   = 3
	sparkGap   = 1.5
	sparkEmpty = 2
)

// NewSpark makes a row for that many beats, all empty.
func NewSpark(n int) *Spark {
	s := &Spark{beats: make([]Beat, n)}
	s.ExtendBaseWidget(s)
	return s
}

// Set shows other beats, as many as before.
func (s *Spark) Set(beats []Beat) {
	if slices.Equal(beats, s.beats) {
		return
	}
	copy(s.beats, beats)
	s.Refresh()
}

// CreateRenderer is Fyne's way to draw a widget.
func (s *Spark) CreateRenderer() fyne.WidgetRenderer {
	r := &sparkRenderer{of: s}
	for range s.beats {
		all, bad := canvas.NewRectangle(nil), canvas.NewRectangle(nil)
		all.CornerRadius, bad.CornerRadius = 1.5, 1.5
		r.bars = append(r.bars, all, bad)
	}
	r.Refresh()
	return r
}

type sparkRenderer struct {
	of   *Spark
	bars []fyne.CanvasObject // of each beat: all, and the bad ones in front
}

func (r *sparkRenderer) MinSize() fyne.Size {
	return fyne.NewSize(float32(len(r.of.beats))*(sparkBar+sparkGap)-sparkGap, 28)
}

func (r *sparkRenderer) Layout(size fyne.Size) {
	top := 1
	for _, b := range r.of.beats {
		top = max(top, b.All)
	}
	place := func(o fyne.CanvasObject, i int, h float32) {
		o.Move(fyne.NewPos(float32(i)*(sparkBar+sparkGap), size.Height-h))
		o.Resize(fyne.NewSize(sparkBar, h))
	}
	for i, b := range r.of.beats {
		place(r.bars[2*i], i, fyne.Max(sparkEmpty, size.Height*float32(b.All)/float32(top)))
		bad := float32(0)
		if b.Bad > 0 {
			bad = fyne.Max(3, size.Height*float32(b.Bad)/float32(top))
		}
		place(r.bars[2*i+1], i, bad)
	}
}

func (r *sparkRenderer) Refresh() {
	for i, b := range r.of.beats {
		all, bad := r.bars[2*i].(*canvas.Rectangle), r.bars[2*i+1].(*canvas.Rectangle)
		all.FillColor, bad.FillColor = shade(Line), shade(Bad.Strong())
		if b.All > 0 {
			all.FillColor = shade(Accent)
		}
		bad.Hidden = b.Bad == 0
	}
	r.Layout(r.of.Size())
	canvas.Refresh(r.of)
}

func (r *sparkRenderer) Objects() []fyne.CanvasObject { return r.bars }
func (r *sparkRenderer) Destroy()                     {}
