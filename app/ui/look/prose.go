package look

import (
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Prose is text of many lines. It breaks between words, and inside a word that is longer than a line.
type Prose struct {
	widget.BaseWidget

	text  string
	face  face
	align fyne.TextAlign
	width float32 // for which it is broken
	lines []string
}

// NewProse makes a text, as high as it needs to be at that width. Laid out at another width it breaks
// again, and asks for another height.
func NewProse(text string, s Style, width float32) *Prose {
	p := &Prose{text: text, face: s.face(), width: width}
	p.lines = p.broken()
	p.ExtendBaseWidget(p)
	return p
}

// Tinted gives the text a colour that is not its style's, and returns it.
func (p *Prose) Tinted(c fyne.ThemeColorName) *Prose {
	p.face.colour = c
	return p
}

// Centred puts each line into the middle, and returns the text.
func (p *Prose) Centred() *Prose {
	p.align = fyne.TextAlignCenter
	return p
}

// Text is what it says.
func (p *Prose) Text() string { return p.text }

// SetText changes the text.
func (p *Prose) SetText(text string) {
	if text == p.text {
		return
	}
	p.text = text
	p.lines = p.broken()
	p.Refresh()
}

func (p *Prose) measure(s string) fyne.Size {
	return fyne.MeasureText(s, theme.Size(p.face.size), p.face.style)
}

// broken is the text in lines that fit the width.
func (p *Prose) broken() (lines []string) {
	for part := range strings.SplitSeq(p.text, "\n") {
		line := ""
		for _, word := range strings.Fields(part) {
			if whole := strings.TrimPrefix(line+" "+word, " "); p.fits(whole) {
				line = whole
				continue
			}
			if line != "" {
				lines = append(lines, line)
			}
			for line = word; !p.fits(line); {
				head := p.head(line)
				lines = append(lines, head)
				line = line[len(head):]
			}
		}
		lines = append(lines, line)
	}
	return lines
}

func (p *Prose) fits(s string) bool { return p.measure(s).Width <= p.width+0.5 }

// head is as much of a word as fits into a line, and at least one character.
func (p *Prose) head(word string) string {
	_, end := utf8.DecodeRuneInString(word)
	for i := range word {
		if i <= end {
			continue
		}
		if !p.fits(word[:i]) {
			break
		}
		end = i
	}
	return word[:end]
}

// CreateRenderer is Fyne's way to draw a widget.
func (p *Prose) CreateRenderer() fyne.WidgetRenderer {
	r := &proseRenderer{of: p}
	r.Refresh()
	return r
}

// proseLeast is a width at which nothing can be read: a layout that is no wider has not really begun.
const proseLeast = 24

type proseRenderer struct {
	of    *Prose
	drawn []fyne.CanvasObject // a *canvas.Text a line
}

func (r *proseRenderer) height() float32 { return r.of.measure("x").Height + 2 }

func (r *proseRenderer) MinSize() fyne.Size {
	return fyne.NewSize(proseLeast, r.height()*float32(len(r.of.lines)))
}

func (r *proseRenderer) Layout(size fyne.Size) {
	if p := r.of; size.Width != p.width && size.Width > proseLeast {
		p.width = size.Width
		p.lines = p.broken()
		r.Refresh()
		return
	}
	h := r.height()
	for i, d := range r.drawn {
		d.Move(fyne.NewPos(0, float32(i)*h))
		d.Resize(fyne.NewSize(size.Width, h))
	}
}

func (r *proseRenderer) Refresh() {
	f := r.of.face
	r.drawn = r.drawn[:0]
	for _, line := range r.of.lines {
		d := canvas.NewText(line, shade(f.colour))
		d.TextSize, d.TextStyle, d.Alignment = theme.Size(f.size), f.style, r.of.align
		r.drawn = append(r.drawn, d)
	}
	r.Layout(r.of.Size())
	canvas.Refresh(r.of)
}

func (r *proseRenderer) Objects() []fyne.CanvasObject { return r.drawn }
func (r *proseRenderer) Destroy()                     {}
