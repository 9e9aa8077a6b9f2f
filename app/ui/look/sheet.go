package look

import (
	"cmp"
	"slices"

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
	Bare   bool                // nothing but the body
	Body   fyne.CanvasObject   // scrolls where it is higher than the window
	Foot   fyne.CanvasObject   // below the body, always in sight; nil is nothing
	Rolls  *container.Scroll   // what in the body the mouse's wheel moves; nil is the body itself
	Acts   []fyne.CanvasObject // buttons, the one to press last
	Closed func()              // called once when it closes; nil is nothing

	popup  *widget.PopUp
	whole  *fyne.Container
	scroll *container.Scroll // of the body
}

// Inner is the width of the body.
func (s *Sheet) Inner() float32 { return s.Width - 42 }

// Show opens the sheet and puts the keyboard on first; nil is nowhere.
func (s *Sheet) Show(first fyne.Focusable) {
	s.scroll = container.NewVScroll(Inset(2, 4, 2, 4, s.Body))
	s.room()
	parts := Down(14, Fill(Inset(0, -4, 0, -4, s.rolling())))
	if !s.Bare {
		parts = s.framed()
	}
	s.whole = Sized(s.Width, 0, Inset(18, 20, 20, 22, parts))
	s.popup = widget.NewModalPopUp(s.whole, s.Canvas)
	s.popup.Show()
	if first != nil {
		s.Canvas.Focus(first)
	}
}

// rolling is the body, that moves with the mouse's wheel.
func (s *Sheet) rolling() *fyne.Container { return wheeled(s.scroll, cmp.Or(s.Rolls, s.scroll)) }

// framed is the body with the title above and the buttons below.
func (s *Sheet) framed() *fyne.Container {
	head := Down(3, NewText(s.Title, Title))
	if s.Note != "" {
		head.Add(NewProse(s.Note, Note, s.Inner()-44))
	}
	top := Across(12, Fill(head), NewButton(Ghost, "close", "", s.Close))
	acts := Across(8, s.Acts...)
	if !slices.ContainsFunc(s.Acts, grows) { // else some stand at the left
		acts.Objects = slices.Insert(acts.Objects, 0, Spring())
	}
	parts := Down(14, top, Fill(Inset(0, -4, 0, -4, s.rolling())))
	if s.Foot != nil {
		parts.Add(s.Foot)
	}
	parts.Add(acts)
	return parts
}

// Room is the size of the largest body that does not have to scroll in the window as it is.
func (s *Sheet) Room() fyne.Size { return fyne.NewSize(s.Inner(), s.highest()-4) }

// highest is how high the part that scrolls can be.
func (s *Sheet) highest() float32 {
	rest := float32(190)
	if s.Foot != nil && s.Foot.Visible() {
		rest += s.Foot.MinSize().Height + 16
	}
	return fyne.Max(80, s.Canvas.Size().Height-rest)
}

// room makes the body as high as it needs to be, or as the window lets it be.
func (s *Sheet) room() {
	s.scroll.SetMinSize(fyne.NewSize(0, fyne.Min(s.highest(), s.scroll.Content.MinSize().Height)))
}

// Fit makes the sheet as high as what is in it now.
func (s *Sheet) Fit() {
	if s.Open() {
		s.room()
		s.popup.Resize(s.popup.MinSize())
		s.whole.Refresh()
		s.layers()[0].Refresh() // sets it into the middle again
	}
}

// layers are the overlays of the window from that of an open sheet on.
func (s *Sheet) layers() []fyne.CanvasObject {
	all := s.Canvas.Overlays().List()
	return all[slices.IndexFunc(all, func(o fyne.CanvasObject) bool { return laidOver(o) == fyne.CanvasObject(s.popup) }):]
}

// ScrollToEnd shows the end of a body that is higher than there is room for.
func (s *Sheet) ScrollToEnd() { s.scroll.ScrollToBottom() }

// Close takes the sheet away, and leaves those that lie over it. A closed sheet does nothing.
func (s *Sheet) Close() {
	if !s.Open() {
		return
	}
	above := slices.Clone(s.layers()[1:])
	focused := s.Canvas.Focused()
	s.popup.Hide() // Fyne takes away with it what lies over it
	s.popup = nil
	s.restore(above, focused)
	if s.Closed != nil {
		s.Closed()
	}
}

// restore lays sheets over the window again, with the keyboard where it was. A menu belonged to what it lay over.
func (s *Sheet) restore(above []fyne.CanvasObject, focused fyne.Focusable) {
	for _, o := range above {
		if _, sheet := laidOver(o).(*widget.PopUp); sheet {
			s.Canvas.Overlays().Add(o)
			s.Canvas.Focus(focused)
		}
	}
}

// Open reports whether the sheet is shown.
func (s *Sheet) Open() bool { return s.popup != nil }
