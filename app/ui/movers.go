package ui

import (
	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
)

// movers are the buttons that move the entry at a place of a list of n a step up or down. words are what it says.
func movers(at, n int, words string, move func(at, step int)) []fyne.CanvasObject {
	up := look.NewButton(look.Ghost, "caret-up", "", func() { move(at, -1) }).Called("Move up: " + words)
	down := look.NewButton(look.Ghost, "caret-down", "", func() { move(at, 1) }).Called("Move down: " + words)
	if at == 0 {
		up.Disable()
	}
	if at == n-1 {
		down.Disable()
	}
	return []fyne.CanvasObject{up, down}
}
