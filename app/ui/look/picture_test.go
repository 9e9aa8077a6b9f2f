package look

import (
	"image"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestPictureKeepsItsProportions(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(NewTheme(Light))
	for _, c := range []struct{ width, height, room, want float32 }{
		{400, 200, 416, 166}, // as large as it may be
		{400, 200, 116, 66},
		{20, 10, 416, 26}, // no larger than it is
		{10, 3000, 416, 316},
	} {
		p := NewPicture(image.NewGray(image.Rect(0, 0, int(c.width), int(c.height))), fyne.NewSize(300, 300))
		p.Resize(fyne.NewSize(c.room, 1000))
		if got := p.MinSize(); got.Height != c.want || got.Width > 40 {
			t.Errorf("%v × %v in %v asks for %v, want a height of %v", c.width, c.height, c.room, got, c.want)
		}
	}
}

// TestPressPicture: a picture is pressed with the mouse and with the keys, and shows where the keyboard is.
func TestPressPicture(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(NewTheme(Light))
	pressed := 0
	p := NewPressPicture(image.NewGray(image.Rect(0, 0, 40, 20)), fyne.NewSize(300, 300), func() { pressed++ })
	w := test.NewTempWindow(t, p)
	if got := p.MinSize(); got.Height != 20+PictureGround {
		t.Errorf("it asks for %v", got)
	}
	test.Tap(p)
	w.Canvas().Focus(p)
	if p.ring.edge == "" {
		t.Error("it has the keyboard, and does not show it")
	}
	for _, key := range []fyne.KeyName{fyne.KeyReturn, fyne.KeySpace} {
		p.TypedKey(&fyne.KeyEvent{Name: key})
	}
	if pressed != 3 {
		t.Errorf("it was pressed %d times, want 3", pressed)
	}
}
