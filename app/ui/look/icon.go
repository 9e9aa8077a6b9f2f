package look

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"drawbridge/assets"
)

// Drawing is the icon of that name in package assets. A name that is not there is a mistake in the
// program, and panics.
func Drawing(name string) fyne.Resource {
	data, err := assets.Icons.ReadFile("icons/" + name + ".svg")
	if err != nil {
		panic(fmt.Sprintf("icon %q: %v", name, err))
	}
	return fyne.NewStaticResource(name+".svg", data)
}

// Mark is the house's mark, the bridge raised or lowered.
func Mark(raised bool) fyne.Resource {
	if raised {
		return fyne.NewStaticResource("mark-raised.svg", assets.MarkRaised)
	}
	return fyne.NewStaticResource("mark-lowered.svg", assets.MarkLowered)
}

// Icon is a drawing in one colour of the theme.
type Icon struct {
	widget.BaseWidget

	drawing fyne.Resource
	side    float32
	colour  fyne.ThemeColorName
}

// NewIcon draws d as a square of that side.
func NewIcon(d fyne.Resource, side float32, colour fyne.ThemeColorName) *Icon {
	i := &Icon{drawing: d, side: side, colour: colour}
	i.ExtendBaseWidget(i)
	return i
}

// Set changes the drawing and its colour.
func (i *Icon) Set(d fyne.Resource, colour fyne.ThemeColorName) {
	if d.Name() == i.drawing.Name() && colour == i.colour {
		return
	}
	i.drawing, i.colour = d, colour
	i.Refresh()
}

// CreateRenderer is Fyne's way to draw a widget.
func (i *Icon) CreateRenderer() fyne.WidgetRenderer {
	r := &iconRenderer{of: i, image: &canvas.Image{FillMode: canvas.ImageFillContain}}
	r.Refresh()
	return r
}

type iconRenderer struct {
	of    *Icon
	image *canvas.Image
}

func (r *iconRenderer) MinSize() fyne.Size { return fyne.NewSquareSize(r.of.side) }

func (r *iconRenderer) Layout(size fyne.Size) {
	r.image.Resize(fyne.NewSquareSize(r.of.side))
	r.image.Move(fyne.NewPos((size.Width-r.of.side)/2, (size.Height-r.of.side)/2))
}

func (r *iconRenderer) Refresh() {
	r.image.Resource = theme.NewColoredResource(r.of.drawing, r.of.colour)
	r.image.Refresh()
}

func (r *iconRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.image} }
func (r *iconRenderer) Destroy()                     {}

// Tint is d in a colour of the theme, for widgets of Fyne's own.
func Tint(d fyne.Resource, colour fyne.ThemeColorName) fyne.Resource {
	return theme.NewColoredResource(d, colour)
}
