package ui

import (
	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
)

// beside gives the second object its own width, while it is shown, and the first one the rest. Where there is no room for
// both, the second one takes the first one's place.
type beside struct{}

const (
	besideGap   = 14
	besideLeast = 780
)

func (beside) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

func (beside) Layout(o []fyne.CanvasObject, size fyne.Size) {
	room := size.Width
	if o[1].Visible() {
		w := fyne.Min(420, size.Width*0.42)
		if size.Width < besideLeast {
			w = size.Width
		}
		room -= w + besideGap
		o[1].Move(fyne.NewPos(size.Width-w, 0))
		o[1].Resize(fyne.NewSize(w, size.Height))
	}
	visible(o[0], room > 0)
	if room > 0 {
		o[0].Move(fyne.Position{})
		o[0].Resize(fyne.NewSize(room, size.Height))
	}
}

// split is a card with a list, and beside it a pane that shows what was picked in the list.
type split struct {
	box   *fyne.Container
	list  *look.List
	close *look.Button // of the pane
	away  bool         // the keyboard went from the list to the pane
}

func newSplit(card fyne.CanvasObject, list *look.List, pane fyne.CanvasObject, close *look.Button) *split {
	return &split{box: &fyne.Container{Layout: beside{}, Objects: []fyne.CanvasObject{card, pane}}, list: list, close: close}
}

// turn gives the keyboard to the pane while that stands in the list's place, and then to the list again.
func (s *split) turn(c fyne.Canvas) {
	hidden := !s.box.Objects[0].Visible()
	switch {
	case hidden && c.Focused() == fyne.Focusable(s.list):
		s.away = true
		c.Focus(s.close)
	case !hidden && s.away:
		s.away = false
		c.Focus(s.list)
	}
}
