package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Stretch is a piece of a text that is compared with another.
type Stretch struct {
	Text string
	Loud bool // the other text does not have it
}

// NewMarked is one of two texts that are compared, on ground of its tone, after a sign such as + or −. It wraps.
func NewMarked(t Tone, sign string, marks []Stretch) fyne.CanvasObject {
	text := widget.NewRichText()
	text.Wrapping = fyne.TextWrapBreak
	for _, m := range marks {
		style := widget.RichTextStyle{Inline: true, ColorName: Ink, SizeName: theme.SizeNameText}
		if m.Loud {
			style.ColorName, style.TextStyle.Bold = t.Strong(), true
		}
		text.Segments = append(text.Segments, &widget.TextSegment{Text: m.Text, Style: style})
	}
	at := Down(0, Inset(7, 0, 0, 0, NewText(sign, Strong).Tinted(t.Strong())))
	return Over(NewPanel(t.Soft(), 6), Inset(0, 2, 0, 10, &fyne.Container{Layout: after{14}, Objects: []fyne.CanvasObject{at, text}}))
}

// after gives the first object so much width, and the second the rest.
type after struct{ width float32 }

func (a after) MinSize(o []fyne.CanvasObject) fyne.Size {
	first, second := o[0].MinSize(), o[1].MinSize()
	return fyne.NewSize(a.width+second.Width, fyne.Max(first.Height, second.Height))
}

func (a after) Layout(o []fyne.CanvasObject, size fyne.Size) {
	place(o[0], 0, 0, a.width, size.Height)
	place(o[1], a.width, 0, fyne.Max(0, size.Width-a.width), size.Height)
}
