package look

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Picture is an image on a ground of its own that does something when it is pressed.
type Picture struct {
	press

	img  image.Image
	most fyne.Size
	glow *Panel
	ring *Panel
}

// NewPressPicture makes an image as NewPicture draws it, that can be pressed.
func NewPressPicture(img image.Image, most fyne.Size, pressed func()) *Picture {
	p := &Picture{img: img, most: most, glow: NewPanel("", 8), ring: NewPanel("", 10)}
	p.extend(p, pressed)
	return p
}

// Refresh draws the picture as it is now.
func (p *Picture) Refresh() {
	p.glow.SetFill(p.over())
	p.ringAround(p.ring)
	p.BaseWidget.Refresh()
}

// CreateRenderer is Fyne's way to draw a widget.
func (p *Picture) CreateRenderer() fyne.WidgetRenderer {
	ringed := &fyne.Container{Layout: inset{-2, -2, -2, -2}, Objects: []fyne.CanvasObject{p.ring}}
	return widget.NewSimpleRenderer(Over(ringed, NewPanel(Well, 8), p.glow, proportioned(p.img, p.most)))
}

// NewPicture is an image on a ground of its own, in its own proportions: as large as it is, unless that is more than that size, or more
// than there is room for.
func NewPicture(img image.Image, most fyne.Size) fyne.CanvasObject {
	return Over(NewPanel(Well, 8), proportioned(img, most))
}

// PictureSize is how large NewPicture draws an image where there is room, without its ground.
func PictureSize(img image.Image, most fyne.Size) fyne.Size { return within(wholeOf(img), most) }

// PictureGround is how much larger a picture is than its image, either way.
const PictureGround = 2 * pictureEdge

// pictureEdge is the ground that shows on each side of a picture.
const pictureEdge = 8

func wholeOf(img image.Image) fyne.Size {
	return fyne.NewSize(float32(img.Bounds().Dx()), float32(img.Bounds().Dy()))
}

func proportioned(img image.Image, most fyne.Size) fyne.CanvasObject {
	whole := PictureSize(img, most)
	shown := &canvas.Image{Image: img, FillMode: canvas.ImageFillContain}
	room := &fyne.Container{Layout: &proportions{whole: whole, width: whole.Width}, Objects: []fyne.CanvasObject{shown}}
	return Inset(pictureEdge, pictureEdge, pictureEdge, pictureEdge, room)
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
