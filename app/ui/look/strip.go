package look

import "fyne.io/fyne/v2"

// Strip is a message above a page, in a tone, with buttons at its end.
func Strip(t Tone, words fyne.CanvasObject, acts ...fyne.CanvasObject) *fyne.Container {
	icon := "warning"
	if t == Busy || t == Good || t == Quiet {
		icon = "info"
	}
	row := Across(8, append([]fyne.CanvasObject{NewIcon(Drawing(icon), 20, t.Strong()), Fill(Inset(0, 0, 0, 4, words))}, acts...)...)
	return Over(NewPanel(t.Soft(), 10), Inset(10, 10, 10, 14, row))
}
