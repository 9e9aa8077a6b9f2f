package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Panel is a plain area with round corners, to lie under something.
type Panel struct {
	widget.BaseWidget

	fill, edge fyne.ThemeColorName
	edgeWidth  float32
	radius     float32
	raised     bool
}

// NewPanel makes an area of that colour; "" is none.
func NewPanel(fill fyne.ThemeColorName, radius float32) *Panel {
	p := &Panel{fill: fill, radius: radius}
	p.ExtendBaseWidget(p)
	return p
}

// Edged gives the panel an edge of one pixel, and returns it.
func (p *Panel) Edged(c fyne.ThemeColorName) *Panel {
	p.SetEdge(c, 1)
	return p
}

// Raised gives the panel a soft shade below, and returns it.
func (p *Panel) Raised() *Panel {
	p.raised = true
	return p
}

// SetFill changes the colour; "" is none.
func (p *Panel) SetFill(c fyne.ThemeColorName) {
	if c == p.fill {
		return
	}
	p.fill = c
	p.Refresh()
}

// SetEdge changes the edge; "" is none.
func (p *Panel) SetEdge(c fyne.ThemeColorName, width float32) {
	if c == p.edge && width == p.edgeWidth {
		return
	}
	p.edge, p.edgeWidth = c, width
	p.Refresh()
}

// CreateRenderer is Fyne's way to draw a widget.
func (p *Panel) CreateRenderer() fyne.WidgetRenderer {
	r := &panelRenderer{of: p, area: canvas.NewRectangle(nil)}
	r.Refresh()
	return r
}

type panelRenderer struct {
	of   *Panel
	area *canvas.Rectangle
}

func (r *panelRenderer) MinSize() fyne.Size    { return fyne.Size{} }
func (r *panelRenderer) Layout(size fyne.Size) { r.area.Resize(size) }

func (r *panelRenderer) Refresh() {
	r.area.CornerRadius = r.of.radius
	r.area.FillColor = shade(r.of.fill)
	r.area.StrokeColor, r.area.StrokeWidth = shade(r.of.edge), r.of.edgeWidth
	r.area.Shadow = canvas.Shadow{}
	if r.of.raised {
		r.area.Shadow = canvas.Shadow{Color: shade(Veil), BlurRadius: 6, Offset: fyne.NewPos(0, 1)}
	}
	r.area.Refresh()
}

func (r *panelRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.area} }
func (r *panelRenderer) Destroy()                     {}

// Card lays o on paper.
func Card(o fyne.CanvasObject) *fyne.Container {
	return Over(NewPanel(Paper, 12).Edged(Line).Raised(), Inset(14, 16, 14, 16, o))
}

// Rule is a hairline across.
func Rule() fyne.CanvasObject { return Sized(0, 1, NewPanel("separator", 0)) }
