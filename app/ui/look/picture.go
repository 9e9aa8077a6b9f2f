package look

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// NewPicture is an image on a ground of its own, in its own proportions: as large as it is, unless that is more than that size, or more
// than there is room for.
func NewPicture(img image.Image, most fyne.Size) fyne.CanvasObject {
	whole := fyne.NewSize(float32(img.Bounds().Dx()), float32(img.Bounds().Dy()))
	whole = within(whole, most)
	shown := &canvas.Image{Image: img, FillMode: canvas.ImageFillContain}
	room := &fyne.Container{Layout: &proportions{whole: whole, width: whole.Width}, Objects: []fyne.CanvasObject{shown}}
	return Over(NewPanel(Well, 8), Inset(8, 8, 8, 8, room))
}

// within is size, made smaller in its proportions until it fits into most.
func within(size, most fyne.Size) fyne.Size {
	much := fyne.Max(size.Width/most.Width, size.Height/most.Height)
	if much <= 1 {
		return size
	}
	return fyne.NewSize(size.Width/much, size.Height/much)
}

// proportions lays a picture into the width that there is, and asks for the height that belongs to it.
type proportions struct {
	whole fyne.Size
	width float32 // as laid out last
}

func (p *proportions) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(fyne.Min(p.whole.Width, proseLeast), within(p.whole, fyne.NewSize(p.width, p.whole.Height)).Height)
}

func (p *proportions) Layout(o []fyne.CanvasObject, size fyne.Size) {
	if size.Width > proseLeast && size.Width != p.width {
		p.width = size.Width
		canvas.Refresh(o[0]) // it has another height to be asked for
	}
	o[0].Resize(size)
}
