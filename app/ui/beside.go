package ui

import "fyne.io/fyne/v2"

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
