package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Chip is a word about the state of something, with a dot in the tone's colour.
type Chip struct {
	widget.BaseWidget

	tone  Tone
	label *Text
	dot   *Panel
	back  *Panel
}

// NewChip makes a chip.
func NewChip(text string, t Tone) *Chip {
	c := &Chip{tone: t, label: NewText(text, Firm), dot: NewPanel(t.Strong(), 3), back: NewPanel(t.Soft(), 10)}
	c.label.face.size = theme.SizeNameCaptionText
	c.label.face.colour = t.Strong()
	c.ExtendBaseWidget(c)
	return c
}

// Set changes the word and its tone.
func (c *Chip) Set(text string, t Tone) {
	if text == c.label.Text() && t == c.tone {
		return
	}
	c.tone = t
	c.label.SetText(text)
	c.label.SetColour(t.Strong())
	c.dot.SetFill(t.Strong())
	c.back.SetFill(t.Soft())
	c.Refresh()
}

// Text is the word.
func (c *Chip) Text() string { return c.label.Text() }

// CreateRenderer is Fyne's way to draw a widget.
func (c *Chip) CreateRenderer() fyne.WidgetRenderer {
	return chipRenderer{c, []fyne.CanvasObject{c.back, c.dot, c.label}}
}

// chipRenderer draws the chip as wide as its word, at the left of its room.
type chipRenderer struct {
	of  *Chip
	all []fyne.CanvasObject
}

func (r chipRenderer) MinSize() fyne.Size { return fyne.NewSize(r.of.label.Natural().Width+28, 20) }

func (r chipRenderer) Layout(size fyne.Size) {
	c, top := r.of, (size.Height-20)/2
	width := fyne.Min(size.Width, r.MinSize().Width)
	place(c.back, 0, top, width, 20)
	place(c.dot, 8, top+7, 6, 6)
	h := c.label.Natural().Height
	place(c.label, 19, (size.Height-h)/2, width-28, h)
}

func place(o fyne.CanvasObject, x, y, width, height float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(width, height))
}

func (r chipRenderer) Refresh() {
	r.Layout(r.of.Size())
	for _, o := range r.all {
		o.Refresh()
	}
}

func (r chipRenderer) Objects() []fyne.CanvasObject { return r.all }
func (chipRenderer) Destroy()                       {}

// Tag is a name among others.
func Tag(text string) fyne.CanvasObject {
	t := NewText(text, Code)
	return Sized(t.Natural().Width+16, 22, Over(NewPanel(Well, 6), Inset(0, 8, 0, 8, Across(0, t))))
}
