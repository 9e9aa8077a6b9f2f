package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Sheet is a dialog that lies over the window until it is closed.
type Sheet struct {
	Canvas fyne.Canvas // required
	Title  string
	Note   string // below the title; "" is none
	Width  float32
	Body   fyne.CanvasObject
	Acts   []fyne.CanvasObject // buttons, the one to press last
	Closed func()              // called once when it closes; nil is nothing

	popup *widget.PopUp
	whole *fyne.Container
}

// Inner is the width of the body.
func (s *Sheet) Inner() float32 { return s.Width - 42 }

// Show opens the sheet and puts the keyboard on first; nil is nowhere.
func (s *Sheet) Show(first fyne.Focusable) {
	head := Down(3, NewText(s.Title, Title))
	if s.Note != "" {
		head.Add(NewProse(s.Note, Note, s.Inner()-44))
	}
	top := Across(12, Fill(head), NewButton(Ghost, "close", "", s.Close))
	acts := Across(8, Spring())
	for _, a := range s.Acts {
		acts.Add(a)
	}
	all := Inset(18, 20, 20, 22, Down(16, top, Fill(s.scrolled()), acts))
	s.whole = Sized(s.Width, 0, all)
	s.popup = widget.NewModalPopUp(s.whole, s.Canvas)
	s.popup.Show()
	if first != nil {
		s.Canvas.Focus(first)
	}
}

// scrolled lets a body that is higher than the window scroll.
func (s *Sheet) scrolled() fyne.CanvasObject {
	room := s.Canvas.Size().Height - 190
	if s.Body.MinSize().Height <= room {
		return s.Body
	}
	v := container.NewVScroll(Inset(0, 10, 0, 0, s.Body))
	v.SetMinSize(fyne.NewSize(0, fyne.Max(80, room)))
	return v
}

// Fit makes the sheet as high as its body is now.
func (s *Sheet) Fit() {
	if s.Open() {
		s.popup.Resize(s.popup.MinSize())
		s.whole.Refresh()
	}
}

// Close takes the sheet away. A closed sheet does nothing.
func (s *Sheet) Close() {
	if !s.Open() {
		return
	}
	s.popup.Hide()
	s.popup = nil
	if s.Closed != nil {
		s.Closed()
	}
}

// Open reports whether the sheet is shown.
func (s *Sheet) Open() bool { return s.popup != nil }
