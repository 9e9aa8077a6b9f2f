package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// CodeBlock is a block of monospaced text that wraps, set into its ground.
type CodeBlock struct {
	widget.BaseWidget

	label *widget.Label
	act   fyne.CanvasObject // nil when there is none
}

// NewCodeBlock makes a block.
func NewCodeBlock(text string) *CodeBlock {
	c := &CodeBlock{label: widget.NewLabel(text)}
	c.label.TextStyle.Monospace = true
	c.label.SizeName = theme.SizeNameCaptionText
	c.label.Wrapping = fyne.TextWrapBreak
	c.ExtendBaseWidget(c)
	return c
}

// Selectable lets parts of the text be marked and copied, and returns the block.
func (c *CodeBlock) Selectable() *CodeBlock {
	c.label.Selectable = true
	return c
}

// With puts a button into the block's upper right corner, and returns the block.
func (c *CodeBlock) With(b *Button) *CodeBlock {
	c.act = b
	return c
}

// Text is what the block shows.
func (c *CodeBlock) Text() string { return c.label.Text }

// SetText changes the text.
func (c *CodeBlock) SetText(text string) {
	if text != c.label.Text {
		c.label.SetText(text)
	}
}

// CreateRenderer is Fyne's way to draw a widget.
func (c *CodeBlock) CreateRenderer() fyne.WidgetRenderer {
	back := NewPanel(Well, 8)
	if c.act == nil {
		return widget.NewSimpleRenderer(Over(back, Inset(2, 4, 2, 4, c.label)))
	}
	corner := Down(0, Inset(5, 5, 0, 0, c.act))
	return widget.NewSimpleRenderer(Over(back, Inset(2, 4, 2, 4, &fyne.Container{Layout: beside{}, Objects: []fyne.CanvasObject{c.label, corner}})))
}

// beside gives the first object the room that the second leaves.
type beside struct{}

func (beside) MinSize(o []fyne.CanvasObject) fyne.Size {
	a, b := o[0].MinSize(), o[1].MinSize()
	return fyne.NewSize(a.Width+b.Width, fyne.Max(a.Height, b.Height+5))
}

func (beside) Layout(o []fyne.CanvasObject, size fyne.Size) {
	w := o[1].MinSize().Width
	h := fyne.Min(size.Height, o[0].MinSize().Height)
	o[0].Move(fyne.NewPos(0, (size.Height-h)/2))
	o[0].Resize(fyne.NewSize(size.Width-w, h))
	o[1].Move(fyne.NewPos(size.Width-w, 0))
	o[1].Resize(fyne.NewSize(w, o[1].MinSize().Height))
}
