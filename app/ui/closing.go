package ui

import (
	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
)

// close is what the window's own button does: hide where the tray brings the window back, and otherwise ask,
// because the window is then the only handle that the owner has.
func (w *window) close(trayIsShown func() bool) {
	w.work.Go(func() {
		found := w.tray != nil && trayIsShown()
		w.do(func() {
			if found {
				w.hide()
				return
			}
			w.leave()
		})
	})
}

// leave asks whether to quit.
func (w *window) leave() {
	note := "This desktop shows no tray icons, so Drawbridge cannot stay out of sight. Agents cannot call after it quits."
	if n := len(w.view.connected()); n > 0 {
		note += " " + count(n, "agent") + " will be disconnected."
	}
	w.confirm("Quit Drawbridge?", note, "Quit", w.quit)
}

// failed says why the application could not start. Nothing else can be done then.
func (w *window) failed(err error) {
	w.open()
	s := &look.Sheet{Title: "Drawbridge could not start", Width: 520}
	s.Body = look.NewProse(look.Block(err.Error(), 2_000), look.Body, s.Inner())
	quit := look.NewButton(look.Primary, "", "Quit", w.quit)
	s.Acts = []fyne.CanvasObject{look.NewButton(look.Soft, "copy", "Copy", func() { w.copy(err.Error()) }), quit}
	w.sheet(s, quit)
}
