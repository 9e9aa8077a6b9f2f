package look

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

func block(w, h float32) *canvas.Rectangle {
	r := canvas.NewRectangle(nil)
	r.SetMinSize(fyne.NewSize(w, h))
	return r
}

func TestAcross(t *testing.T) {
	a, b, c := block(50, 20), block(30, 40), block(10, 10)
	fill := Fill(b)
	row := Across(5, a, fill, c)
	if got, want := row.MinSize(), fyne.NewSize(100, 40); got != want {
		t.Errorf("least %v, want %v", got, want)
	}
	row.Resize(fyne.NewSize(200, 60))
	if a.Position() != fyne.NewPos(0, 20) || a.Size() != fyne.NewSize(50, 20) {
		t.Errorf("the first lies at %v, %v", a.Position(), a.Size())
	}
	if fill.Position() != fyne.NewPos(55, 0) || b.Size() != fyne.NewSize(130, 60) {
		t.Errorf("what fills lies at %v, %v", fill.Position(), b.Size())
	}
	if c.Position() != fyne.NewPos(190, 25) {
		t.Errorf("the last lies at %v", c.Position())
	}
	fill.Hide()
	row.Resize(fyne.NewSize(201, 60))
	if c.Position().X != 55 {
		t.Errorf("what is hidden takes room: the last lies at %v", c.Position())
	}
}

// TestAcrossCutsTexts: where there is too little room texts give way, and nothing else.
func TestAcrossCutsTexts(t *testing.T) {
	text, b := NewText("a text that needs much more room than there is here", Body), block(60, 20)
	row := Across(10, text, b)
	w := dressed(t, Light)
	w.SetContent(row)
	row.Resize(fyne.NewSize(150, 30))
	if b.Size().Width != 60 || b.Position().X != 90 {
		t.Errorf("the block is %v wide at %v", b.Size().Width, b.Position().X)
	}
	if text.Size().Width != 80 {
		t.Errorf("the text is %v wide", text.Size().Width)
	}
}

func TestDown(t *testing.T) {
	a, b, c := block(50, 20), block(30, 40), block(10, 10)
	col := Down(5, a, Fill(b), c)
	if got, want := col.MinSize(), fyne.NewSize(50, 80); got != want {
		t.Errorf("least %v, want %v", got, want)
	}
	col.Resize(fyne.NewSize(90, 180))
	if b.Size() != fyne.NewSize(90, 140) || c.Position() != fyne.NewPos(0, 170) {
		t.Errorf("what fills is %v, the last lies at %v", b.Size(), c.Position())
	}
}

func TestInsetSizedOver(t *testing.T) {
	a := block(50, 20)
	in := Inset(1, 2, 3, 4, a)
	if got, want := in.MinSize(), fyne.NewSize(56, 24); got != want {
		t.Errorf("inset: least %v, want %v", got, want)
	}
	in.Resize(fyne.NewSize(106, 54))
	if a.Position() != fyne.NewPos(4, 1) || a.Size() != fyne.NewSize(100, 50) {
		t.Errorf("inset: %v, %v", a.Position(), a.Size())
	}
	if got, want := Sized(0, 7, block(50, 20)).MinSize(), fyne.NewSize(50, 7); got != want {
		t.Errorf("sized: least %v, want %v", got, want)
	}
	if got, want := Over(block(500, 500), block(50, 20)).MinSize(), fyne.NewSize(50, 20); got != want {
		t.Errorf("over: least %v, want %v", got, want)
	}
}
