package look

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

func TestChip(t *testing.T) {
	w := dressed(t, Light)
	c := NewChip("OK", Good)
	put(w, c)
	c.Resize(fyne.NewSize(200, 34))
	short := c.back.Size().Width
	c.Set("Tool error", Warn)
	if c.back.Size().Width <= short || c.back.Size().Width > 120 {
		t.Errorf("%v wide after %v", c.back.Size().Width, short)
	}
	if c.Text() != "Tool error" || c.back.fill != Warn.Soft() || c.label.face.colour != Warn.Strong() {
		t.Errorf("%q on %s in %s", c.Text(), c.back.fill, c.label.face.colour)
	}
	if got := drawn(c.label).Text; got != "Tool error" {
		t.Errorf("it shows %q", got)
	}
}

func TestSpark(t *testing.T) {
	w := dressed(t, Light)
	s := NewSpark(3)
	put(w, s)
	s.Resize(fyne.NewSize(100, 40))
	s.Set([]Beat{{All: 0}, {All: 4, Bad: 1}, {All: 8}})
	bars := test.WidgetRenderer(s).Objects()
	height := func(i int) float32 { return bars[i].Size().Height }
	if height(4) != 40 || height(2) != 20 || height(3) != 5 || height(0) != sparkEmpty {
		t.Errorf("heights %v, %v, %v and %v", height(0), height(2), height(3), height(4))
	}
	if bars[1].Visible() || !bars[3].Visible() {
		t.Error("bad ones show where there are none, or do not where there are")
	}
}

func TestBar(t *testing.T) {
	w := dressed(t, Light)
	b := NewBar()
	put(w, b)
	b.Resize(fyne.NewSize(200, 6))
	b.Set(0.25)
	if w := b.front.Size().Width; w != 50 {
		t.Errorf("a quarter is %v of 200", w)
	}
}

func TestSheet(t *testing.T) {
	w := dressed(t, Light)
	closed := 0
	foot := NewProse("wrong", Body, 200)
	foot.Hide()
	s := &Sheet{Canvas: w.Canvas(), Title: "Add a server", Width: 300, Body: block(100, 120), Foot: foot, Closed: func() { closed++ }}
	e := NewEntry("")
	s.Body = Down(0, e, block(100, 120))
	s.Show(e)
	if !s.Open() || w.Canvas().Overlays().Top() == nil || w.Canvas().Focused() != fyne.Focusable(e) {
		t.Fatal("the sheet is not open, or the keyboard is elsewhere")
	}
	low := s.popup.Size().Height
	foot.Show()
	s.Fit()
	if high := s.popup.Size().Height; high <= low {
		t.Errorf("%v high with a fault, %v without", high, low)
	}
	s.Close()
	s.Close()
	if s.Open() || w.Canvas().Overlays().Top() != nil || closed != 1 {
		t.Errorf("open %v, closed %d times", s.Open(), closed)
	}
}

// TestSheetsClose: one below others goes alone, and they are as they were. A menu goes with what it lies over.
func TestSheetsClose(t *testing.T) {
	c := dressed(t, Light).Canvas()
	low := &Sheet{Canvas: c, Title: "Low", Width: 200, Body: NewText("", Body)}
	low.Show(nil)
	field := NewEntry("")
	high := &Sheet{Canvas: c, Title: "High", Width: 200, Body: field}
	high.Show(field)
	low.Fit()
	low.Close()
	if n := len(c.Overlays().List()); n != 1 || c.Focused() != fyne.Focusable(field) {
		t.Errorf("%d overlays, and the keyboard is on %v", n, c.Focused())
	}
	high.Fit()
	widget.NewPopUpMenu(fyne.NewMenu("", fyne.NewMenuItem("Entry", nil)), c).Show()
	high.Close()
	if n := len(c.Overlays().List()); n != 0 {
		t.Errorf("%d overlays are left", n)
	}
}

// TestSheetScrolls: a body that is higher than the window leaves the buttons in sight.
func TestSheetScrolls(t *testing.T) {
	w := dressed(t, Light)
	act := NewButton(Primary, "", "Create", nil)
	s := &Sheet{Canvas: w.Canvas(), Title: "New token", Width: 300, Body: block(100, 3_000), Acts: []fyne.CanvasObject{act}}
	s.Show(act)
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(act)
	if at.Y+act.Size().Height > w.Canvas().Size().Height {
		t.Errorf("the button lies at %v", at)
	}
}

func TestIconTakesItsColour(t *testing.T) {
	w := dressed(t, Light)
	i := NewIcon(Drawing("copy"), 16, Accent)
	put(w, i)
	image := test.WidgetRenderer(i).Objects()[0].(*canvas.Image)
	accent := string(image.Resource.Content())
	i.Set(Drawing("copy"), Muted)
	if muted := string(image.Resource.Content()); muted == accent {
		t.Error("the drawing has the same colour as before")
	}
}
