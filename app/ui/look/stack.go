package look

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// natural is the size that o takes where there is room for all of it: its minimum, or more for text
// that would be cut.
func natural(o fyne.CanvasObject) fyne.Size {
	if n, ok := o.(interface{ Natural() fyne.Size }); ok {
		return n.Natural()
	}
	if c, ok := o.(*fyne.Container); ok {
		if n, ok := c.Layout.(interface {
			natural([]fyne.CanvasObject) fyne.Size
		}); ok {
			return n.natural(c.Objects)
		}
	}
	return o.MinSize()
}

// grows reports whether o takes the room that is left.
func grows(o fyne.CanvasObject) bool {
	c, ok := o.(*fyne.Container)
	if !ok {
		return false
	}
	_, ok = c.Layout.(fill)
	return ok
}

// Fill makes o take the room that is left in Across or Down.
func Fill(o fyne.CanvasObject) fyne.CanvasObject {
	return &fyne.Container{Layout: fill{}, Objects: []fyne.CanvasObject{o}}
}

// Spring is empty room that takes what is left.
func Spring() fyne.CanvasObject { return Fill(canvas.NewRectangle(color.Transparent)) }

type fill struct{}

func (fill) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }
func (fill) natural(o []fyne.CanvasObject) fyne.Size { return natural(o[0]) }
func (fill) Layout(o []fyne.CanvasObject, size fyne.Size) {
	o[0].Move(fyne.Position{})
	o[0].Resize(size)
}

// Across sets objects side by side, each in the middle of the height. Where there is too little room,
// texts are cut.
func Across(gap float32, o ...fyne.CanvasObject) *fyne.Container {
	return &fyne.Container{Layout: across{gap}, Objects: o}
}

type across struct{ gap float32 }

func (a across) MinSize(o []fyne.CanvasObject) fyne.Size { return a.sum(o, fyne.CanvasObject.MinSize) }
func (a across) natural(o []fyne.CanvasObject) fyne.Size { return a.sum(o, natural) }

func (a across) sum(o []fyne.CanvasObject, size func(fyne.CanvasObject) fyne.Size) fyne.Size {
	var s fyne.Size
	n := 0
	for _, c := range o {
		if !c.Visible() {
			continue
		}
		n++
		m := size(c)
		s.Width += m.Width
		s.Height = fyne.Max(s.Height, m.Height)
	}
	s.Width += a.gap * float32(max(n-1, 0))
	return s
}

func (a across) Layout(o []fyne.CanvasObject, size fyne.Size) {
	want, least := a.natural(o).Width, a.MinSize(o).Width
	growing := 0
	for _, c := range o {
		if c.Visible() && grows(c) {
			growing++
		}
	}
	var x float32
	for _, c := range o {
		if !c.Visible() {
			continue
		}
		m, n := c.MinSize(), natural(c)
		w := n.Width
		switch spare := size.Width - want; {
		case spare < 0 && want > least:
			w -= (n.Width - m.Width) * fyne.Min(1, -spare/(want-least))
		case spare > 0 && grows(c):
			w += spare / float32(growing)
		}
		h := m.Height
		if grows(c) {
			h = size.Height
		}
		c.Move(fyne.NewPos(x, (size.Height-h)/2))
		c.Resize(fyne.NewSize(w, h))
		x += w + a.gap
	}
}

// Down sets objects one under the other, each as wide as the whole.
func Down(gap float32, o ...fyne.CanvasObject) *fyne.Container {
	return &fyne.Container{Layout: down{gap}, Objects: o}
}

type down struct{ gap float32 }

func (d down) MinSize(o []fyne.CanvasObject) fyne.Size { return d.sum(o, fyne.CanvasObject.MinSize) }
func (d down) natural(o []fyne.CanvasObject) fyne.Size { return d.sum(o, natural) }

func (d down) sum(o []fyne.CanvasObject, size func(fyne.CanvasObject) fyne.Size) fyne.Size {
	var s fyne.Size
	n := 0
	for _, c := range o {
		if !c.Visible() {
			continue
		}
		n++
		m := size(c)
		s.Height += m.Height
		s.Width = fyne.Max(s.Width, m.Width)
	}
	s.Height += d.gap * float32(max(n-1, 0))
	return s
}

func (d down) Layout(o []fyne.CanvasObject, size fyne.Size) {
	growing := 0
	for _, c := range o {
		if !c.Visible() {
			continue
		}
		if grows(c) {
			growing++
		}
		// A text that wraps knows its height once it knows its width.
		c.Resize(fyne.NewSize(size.Width, fyne.Max(c.Size().Height, c.MinSize().Height)))
	}
	spare := fyne.Max(0, size.Height-d.MinSize(o).Height)
	var y float32
	for _, c := range o {
		if !c.Visible() {
			continue
		}
		h := c.MinSize().Height
		if grows(c) {
			h += spare / float32(growing)
		}
		c.Move(fyne.NewPos(0, y))
		c.Resize(fyne.NewSize(size.Width, h))
		y += h + d.gap
	}
}

// Inset leaves room around o.
func Inset(top, right, bottom, left float32, o fyne.CanvasObject) *fyne.Container {
	return &fyne.Container{Layout: inset{top, right, bottom, left}, Objects: []fyne.CanvasObject{o}}
}

type inset struct{ top, right, bottom, left float32 }

func (i inset) around() fyne.Size { return fyne.NewSize(i.left+i.right, i.top+i.bottom) }

func (i inset) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize().Add(i.around()) }
func (i inset) natural(o []fyne.CanvasObject) fyne.Size { return natural(o[0]).Add(i.around()) }
func (i inset) Layout(o []fyne.CanvasObject, size fyne.Size) {
	o[0].Move(fyne.NewPos(i.left, i.top))
	room := size.Subtract(i.around())
	o[0].Resize(fyne.NewSize(fyne.Max(0, room.Width), fyne.Max(0, room.Height)))
}

// Over sets objects on top of each other, each as large as the whole; the last decides how large.
func Over(o ...fyne.CanvasObject) *fyne.Container {
	return &fyne.Container{Layout: over{}, Objects: o}
}

type over struct{}

func (over) MinSize(o []fyne.CanvasObject) fyne.Size { return o[len(o)-1].MinSize() }
func (over) natural(o []fyne.CanvasObject) fyne.Size { return natural(o[len(o)-1]) }
func (over) Layout(o []fyne.CanvasObject, size fyne.Size) {
	for _, c := range o {
		c.Move(fyne.Position{})
		c.Resize(size)
	}
}

// Sized keeps o at exactly that size; 0 leaves a side to o.
func Sized(width, height float32, o fyne.CanvasObject) *fyne.Container {
	return &fyne.Container{Layout: sized{width, height}, Objects: []fyne.CanvasObject{o}}
}

type sized struct{ width, height float32 }

func (s sized) MinSize(o []fyne.CanvasObject) fyne.Size { return s.of(o[0].MinSize()) }
func (s sized) natural(o []fyne.CanvasObject) fyne.Size { return s.of(natural(o[0])) }
func (s sized) of(size fyne.Size) fyne.Size {
	if s.width > 0 {
		size.Width = s.width
	}
	if s.height > 0 {
		size.Height = s.height
	}
	return size
}

func (sized) Layout(o []fyne.CanvasObject, size fyne.Size) {
	o[0].Move(fyne.Position{})
	o[0].Resize(size)
}
