package look

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
)

// TestWheel: the wheel moves a page wherever the mouse is, and what else the mouse does reaches what lies there.
func TestWheel(t *testing.T) {
	w := dressed(t, Light)
	pressed := 0
	field, code, press := NewEntry(""), NewCodeBlock("a\nb\nc"), NewButton(Soft, "", "Press", func() { pressed++ })
	s := container.NewVScroll(Down(0, field, code, press, block(10, 2000)))
	w.SetContent(Wheeled(s))
	w.Resize(fyne.NewSize(400, 400))
	for _, o := range []fyne.CanvasObject{field, code, press} {
		s.ScrollToTop()
		middle := o.Position().AddXY(20, o.Size().Height/2)
		test.Scroll(w.Canvas(), middle, 0, -30)
		if s.Offset.Y != 30 {
			t.Errorf("over %T the wheel moves the page to %v", o, s.Offset.Y)
		}
	}
	s.ScrollToTop()
	test.TapCanvas(w.Canvas(), press.Position().AddXY(20, 10))
	if pressed != 1 {
		t.Errorf("pressed %d times", pressed)
	}
}

// TestWheelInASheet: a dialog whose body has a part that scrolls leaves the wheel to that.
func TestWheelInASheet(t *testing.T) {
	w := dressed(t, Light)
	part := container.NewVScroll(block(10, 2000))
	part.SetMinSize(fyne.NewSize(0, 100))
	sheet := &Sheet{Canvas: w.Canvas(), Title: "Log", Width: 300, Body: part, Rolls: part}
	sheet.Show(nil)
	defer sheet.Close()
	middle := fyne.CurrentApp().Driver().AbsolutePositionForObject(part).AddXY(20, 50)
	test.Scroll(w.Canvas(), middle, 0, -30)
	if part.Offset.Y != 30 {
		t.Errorf("the wheel moves it to %v", part.Offset.Y)
	}
}
