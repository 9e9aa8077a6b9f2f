package ui

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
