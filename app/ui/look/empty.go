package look

import (
	"fyne.io/fyne/v2"
)

// Empty says why there is nothing here yet, and what to do next; act is nil when the owner can do nothing.
func Empty(icon, title, note string, act fyne.CanvasObject) *fyne.Container {
	tile := Sized(56, 56, Over(NewPanel(Busy.Soft(), 16), NewIcon(Drawing(icon), 28, Accent)))
	text := NewProse(note, Note, 440).Centred()
	middle := func(o fyne.CanvasObject) fyne.CanvasObject { return Across(0, Spring(), o, Spring()) }
	all := Down(10, Spring(), middle(tile), Inset(6, 0, 0, 0, middle(NewText(title, Title))), middle(Sized(440, 0, text)))
	if act != nil {
		all.Add(Inset(8, 0, 0, 0, middle(act)))
	}
	all.Add(Spring())
	all.Add(Spring())
	return all
}
