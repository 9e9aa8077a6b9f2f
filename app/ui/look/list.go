package look

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// List is a list of rows to pick from. Enter and Space pick the one that the keyboard is on; Escape is the window's.
type List struct {
	widget.List
	dressed map[fyne.CanvasObject]color.Color // by row, the ground of the theme that it was drawn in last
}

// NewList makes a list of length() rows, which are made by row and filled by fill.
func NewList(length func() int, row func() fyne.CanvasObject, fill func(int, fyne.CanvasObject), picked func(int)) *List {
	l := &List{dressed: map[fyne.CanvasObject]color.Color{}}
	l.Length, l.CreateItem, l.HideSeparators = length, row, true
	l.UpdateItem = func(i int, o fyne.CanvasObject) {
		l.dress(o)
		fill(i, o)
	}
	l.OnSelected = func(i int) {
		l.Unselect(i)
		picked(i)
	}
	l.ExtendBaseWidget(l)
	return l
}

// dress draws a row anew that was out of the list when the theme changed.
func (l *List) dress(row fyne.CanvasObject) {
	if ground := shade(Paper); l.dressed[row] != ground {
		l.dressed[row] = ground
		row.Refresh()
	}
}

// TypedKey moves within the list, and picks.
func (l *List) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyEscape:
		pass(l, key)
	case fyne.KeyReturn, fyne.KeyEnter:
		l.List.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	case fyne.KeyHome:
		l.ScrollToTop()
	case fyne.KeyEnd:
		l.ScrollToBottom()
	case fyne.KeyPageUp:
		l.ScrollToOffset(max(0, l.GetScrollOffset()-l.Size().Height))
	case fyne.KeyPageDown:
		l.ScrollToOffset(l.GetScrollOffset() + l.Size().Height)
	default:
		l.List.TypedKey(key)
	}
}
