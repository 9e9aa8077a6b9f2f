package ui

import (
	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
)

// newTest is a question, and a button that answers it.
func newTest(w *window, question, verb, yes string, try func() error) fyne.CanvasObject {
	chip := look.NewChip("", look.Quiet)
	chip.Hide()
	why := look.NewProse("", look.Note, 560)
	why.Hide()
	var row, all *fyne.Container
	var b *look.Button
	b = look.NewButton(look.Soft, "", verb, func() {
		b.Disable()
		chip.Set("Trying", look.Busy)
		chip.Show()
		row.Refresh()
		w.work.Go(func() {
			err := try()
			w.do(func() {
				b.Enable()
				chip.Set(yes, look.Good)
				visible(why, err != nil)
				if err != nil {
					chip.Set("No", look.Bad)
					why.SetText(look.Block(err.Error(), 800))
				}
				row.Refresh()
				all.Refresh()
				w.room.Refresh()
			})
		})
	})
	row = look.Across(10, look.NewText(question, look.Body), chip, look.Spring(), b)
	all = look.Down(6, row, why)
	return all
}
