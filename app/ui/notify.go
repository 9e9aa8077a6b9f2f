package ui

// announcer tells the owner of a question outside of the window.
type announcer interface {
	// announce shows a message. Pressing it calls act with "default", pressing a button with the button's key. Any goroutine may
	// be the one that calls act.
	announce(key, title, text string, act func(pressed string))
	// withdraw takes the message of that key away.
	withdraw(key string)
}

// notify tells of a question, if there is a way to.
func (w *window) notify(q question) {
	if w.announcer == nil {
		return
	}
	title, text := q.brief()
	key := q.key()
	w.announcer.announce(key, title, text, func(string) {
		w.do(func() {
			w.open()
			delete(w.questions.put, key)
			w.look(everything)
		})
	})
}
