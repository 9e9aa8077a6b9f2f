package look

import (
	"sort"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Style is a kind of text.
type Style int

const (
	Body     Style = iota
	Firm           // Body, a little heavier: what can be pressed
	Strong         // Body, heavy
	Note           // Body, muted
	Caption        // small, muted
	Title          // the name of a card
	Heading        // the name of a page
	Code           // small, monospaced
	CodeNote       // Code, muted
	BigCode        // a code to compare
)

// face is how a style is drawn.
type face struct {
	size   fyne.ThemeSizeName
	colour fyne.ThemeColorName
	style  fyne.TextStyle
	medium bool
}

func (s Style) face() face {
	f := face{size: theme.SizeNameText, colour: Ink}
	switch s {
	case Firm:
		f.medium = true
	case Strong:
		f.style.Bold = true
	case Note:
		f.colour = Muted
	case Caption:
		f.size, f.colour = theme.SizeNameCaptionText, Muted
	case Title:
		f.size, f.style.Bold = theme.SizeNameSubHeadingText, true
	case Heading:
		f.size, f.style.Bold = theme.SizeNameHeadingText, true
	case Code:
		f.size, f.style.Monospace = theme.SizeNameCaptionText, true
	case BigCode:
		f.size, f.style.Monospace = theme.SizeNameHeadingText, true
	case CodeNote:
		f.size, f.style.Monospace, f.colour = theme.SizeNameCaptionText, true, Muted
	}
	return f
}

// Text is one line of text. Where there is less room than it needs it ends in an ellipsis.
type Text struct {
	widget.BaseWidget

	text   string
	face   face
	align  fyne.TextAlign
	width  float32 // of text in face; measured once
	height float32
}

// NewText makes a line of text.
func NewText(text string, s Style) *Text {
	t := &Text{text: text, face: s.face()}
	t.ExtendBaseWidget(t)
	return t
}

// Tinted gives the text a colour that is not its style's, and returns it.
func (t *Text) Tinted(c fyne.ThemeColorName) *Text {
	t.SetColour(c)
	return t
}

// Trailing puts the text at the right end of its room, and returns it.
func (t *Text) Trailing() *Text {
	t.align = fyne.TextAlignTrailing
	return t
}

// Text is the whole text, also when less is shown.
func (t *Text) Text() string { return t.text }

// SetText changes the text.
func (t *Text) SetText(text string) {
	if text == t.text {
		return
	}
	t.text, t.width = text, 0
	t.Refresh()
}

// SetColour changes the colour.
func (t *Text) SetColour(c fyne.ThemeColorName) {
	if c == t.face.colour {
		return
	}
	t.face.colour = c
	t.Refresh()
}

// Natural is the room that the whole text needs.
func (t *Text) Natural() fyne.Size {
	if t.width == 0 && t.text != "" || t.height == 0 {
		s := t.measure(t.text)
		t.width, t.height = s.Width, s.Height
		if t.text == "" {
			t.width, t.height = 0, t.measure("x").Height
		}
	}
	return fyne.NewSize(t.width, t.height)
}

func (t *Text) measure(s string) fyne.Size {
	size, _ := fyne.CurrentApp().Driver().RenderedTextSize(s, theme.Size(t.face.size), t.face.style, t.font())
	return size
}

func (t *Text) font() fyne.Resource {
	if t.face.medium {
		return medium()
	}
	return nil
}

// fitted is as much of the text as has room.
func (t *Text) fitted(width float32) string {
	if n := t.Natural(); n.Width <= width+0.5 {
		return t.text
	}
	runes := []rune(t.text)
	keep := sort.Search(len(runes), func(n int) bool {
		return t.measure(string(runes[:n+1])+"…").Width > width
	})
	return string(runes[:keep]) + "…"
}

// CreateRenderer is Fyne's way to draw a widget.
func (t *Text) CreateRenderer() fyne.WidgetRenderer {
	r := &textRenderer{of: t, drawn: &canvas.Text{}}
	r.Refresh()
	return r
}

type textRenderer struct {
	of    *Text
	drawn *canvas.Text
	room  fyne.Size // for which drawn.Text was fitted
	whole string    // which text
}

func (r *textRenderer) MinSize() fyne.Size {
	n := r.of.Natural()
	return fyne.NewSize(fyne.Min(n.Width, 24), n.Height)
}

func (r *textRenderer) Layout(size fyne.Size) {
	r.drawn.Resize(size)
	if size == r.room && r.whole == r.of.text {
		return
	}
	r.room, r.whole = size, r.of.text
	if shown := r.of.fitted(size.Width); shown != r.drawn.Text {
		r.drawn.Text = shown
		r.drawn.Refresh()
	}
}

func (r *textRenderer) Refresh() {
	d, t := r.drawn, r.of
	d.Color, d.TextSize, d.TextStyle, d.FontSource, d.Alignment = shade(t.face.colour), theme.Size(t.face.size), t.face.style, t.font(), t.align
	r.Layout(t.Size())
	d.Refresh()
}

func (r *textRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.drawn} }
func (r *textRenderer) Destroy()                     {}
