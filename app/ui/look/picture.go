package look

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// NewPicture is an image on a ground of its own, in its own proportions: as large as it is, unless that is more than that size.
func NewPicture(img image.Image, most fyne.Size) fyne.CanvasObject {
	size := fyne.NewSize(float32(img.Bounds().Dx()), float32(img.Bounds().Dy()))
	if much := fyne.Max(size.Width/most.Width, size.Height/most.Height); much > 1 {
		size = fyne.NewSize(size.Width/much, size.Height/much)
	}
	shown := &canvas.Image{Image: img, FillMode: canvas.ImageFillContain}
	shown.SetMinSize(size)
	return Over(NewPanel(Well, 8), Inset(8, 8, 8, 8, shown))
}
