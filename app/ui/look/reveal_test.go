package look

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

// TestTheKeyboardIsInSight: whatever the keyboard comes to is scrolled into sight, on a page and in a dialog.
func TestTheKeyboardIsInSight(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(NewTheme(Light))
	var all []fyne.Focusable
	rows := Down(12)
	for range 8 {
		block := NewButton(Ghost, "copy", "", nil)
		e, c, b := NewEntry(""), NewCheck("x", nil), NewButton(Soft, "", "x", nil)
		all = append(all, e, c, b, block)
		rows.Add(Card(Down(8, Field("label", e, ""), c, Across(0, b), NewCodeBlock("text").With(block))))
	}
	scroll := container.NewVScroll(rows)
	w := test.NewTempWindow(t, Down(0, NewText("head", Title), Fill(scroll)))
	w.Resize(fyne.NewSize(400, 300))
	look := func(in *container.Scroll) {
		t.Helper()
		for range all {
			w.Canvas().FocusNext()
			o := w.Canvas().Focused().(fyne.CanvasObject)
			d := fyne.CurrentApp().Driver()
			top := d.AbsolutePositionForObject(o).Y - d.AbsolutePositionForObject(in).Y
			if top < 0 || top+o.Size().Height > in.Size().Height {
				t.Errorf("a %T is at %v of %v", o, top, in.Size().Height)
			}
		}
	}
	look(scroll)
	look(scroll) // from the last to the first
	w.SetContent(widget.NewLabel("page"))
	s := &Sheet{Canvas: w.Canvas(), Title: "Dialog", Width: 300, Body: rows}
	s.Show(nil)
	w.Resize(fyne.NewSize(400, 500))
	s.Fit()
	w.Canvas().FocusNext() // its cross
	look(s.scroll)
}
