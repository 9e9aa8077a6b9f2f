package look

import (
	"slices"
	"strconv"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
)

// TestList: the keyboard reaches every row, picks one, and Escape is the window's.
func TestList(t *testing.T) {
	w := dressed(t, Light)
	var picked []int
	l := NewList(func() int { return 1000 }, func() fyne.CanvasObject { return NewText("", Body) }, func(i int, o fyne.CanvasObject) {
		o.(*Text).SetText(strconv.Itoa(i))
	}, func(i int) { picked = append(picked, i) })
	w.SetContent(l)
	w.Resize(fyne.NewSize(400, 400))
	w.Canvas().Focus(l)
	escaped := 0
	w.Canvas().SetOnTypedKey(func(*fyne.KeyEvent) { escaped++ })
	for _, k := range []fyne.KeyName{fyne.KeyReturn, fyne.KeyDown, fyne.KeySpace, fyne.KeySpace, fyne.KeyEscape} {
		l.TypedKey(key(k))
	}
	if !slices.Equal(picked, []int{0, 1, 1}) || escaped != 1 {
		t.Errorf("picked %v, the window saw %d Escapes", picked, escaped)
	}
	end := func(k fyne.KeyName) float32 {
		l.TypedKey(key(k))
		return l.GetScrollOffset()
	}
	last := end(fyne.KeyEnd)
	if up := end(fyne.KeyPageUp); last == 0 || up != last-400 || end(fyne.KeyPageDown) != last || end(fyne.KeyHome) != 0 || end(fyne.KeyPageUp) != 0 {
		t.Errorf("the end is at %v, a page above it at %v", last, up)
	}
}

// TestListDressesItsRows: a row that is in no window while the theme changes comes back in the new one.
func TestListDressesItsRows(t *testing.T) {
	dressed(t, Light)
	l := NewList(func() int { return 1 }, func() fyne.CanvasObject { return NewChip("OK", Good) }, func(int, fyne.CanvasObject) {}, func(int) {})
	row := l.CreateItem()
	back := test.WidgetRenderer(row.(*Chip).back).Objects()[0].(*canvas.Rectangle)
	for _, mode := range []Mode{Light, Dark} {
		fyne.CurrentApp().Settings().SetTheme(NewTheme(mode))
		l.UpdateItem(0, row)
		if back.FillColor != shade(Good.Soft()) {
			t.Errorf("a row is drawn in %v, want %v", back.FillColor, shade(Good.Soft()))
		}
	}
}
