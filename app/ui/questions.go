package ui

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
)

// question is something that only the owner can answer. Each kind has a file of its own.
type question interface {
	// key tells questions apart, and stays the same while one is asked.
	key() string
	// brief is the question in a line: for the tray, a notification and the strip.
	brief() (title, text string)
	// open shows the dialog.
	open(w *window) *look.Sheet
	// since is when it was first asked, for their order.
	since() time.Time
}

// moments are questions by their key, each with when it last became another: one that has grown since is a new one.
type moments map[string]time.Time

// latest is when a question last became another.
func latest(q question) time.Time {
	if g, ok := q.(interface{ latest() time.Time }); ok {
		return g.latest()
	}
	return q.since()
}

func (m moments) add(q question) { m[q.key()] = latest(q) }

func (m moments) has(q question) bool {
	at, ok := m[q.key()]
	return ok && !latest(q).After(at)
}

// questions is the queue of what waits for the owner. One dialog is open at a time. It opens by itself only where it takes
// nothing away: not over another dialog, and not while the owner types.
type questions struct {
	w       *window
	waiting []question
	put     moments     // those whose dialog the owner has closed
	settled moments     // those that are answered, though the bridge has not said so yet
	told    moments     // those that were told of outside of the window
	open    *look.Sheet // nil when none is
	at      string      // the key of the one that is open
	strip   *fyne.Container
	title   *look.Text
	note    *look.Text
}

func newQuestions(w *window) *questions {
	q := &questions{w: w, put: moments{}, settled: moments{}, told: moments{}, title: look.NewText("", look.Strong), note: look.NewText("", look.Note)}
	answer := look.NewButton(look.Primary, "", "Answer", func() { q.ask(q.first(false)) })
	strip := look.Strip(look.Warn, look.Down(3, q.title, q.note), answer)
	q.strip = look.Inset(0, 28, 16, 28, strip)
	q.strip.Hide()
	return q
}

// asked are the questions of v, oldest first.
func asked(v *view) []question {
	var all []question
	for _, a := range v.Applying {
		all = append(all, applicantQuestion{a})
	}
	for _, c := range v.Questions {
		all = append(all, callQuestion{c})
	}
	for _, s := range v.Servers {
		if s.Waiting() > 0 {
			all = append(all, pinsQuestion{s})
		}
	}
	if o := v.ownerOut(); o != nil {
		all = append(all, *o)
	}
	slices.SortFunc(all, func(a, b question) int {
		return cmp.Or(a.since().Compare(b.since()), strings.Compare(a.key(), b.key()))
	})
	return all
}

// show brings the queue up to v.
func (q *questions) show(v *view) {
	here := map[string]bool{}
	q.waiting = slices.DeleteFunc(asked(v), func(one question) bool {
		here[one.key()] = true
		return q.settled.has(one)
	})
	for _, kept := range []moments{q.put, q.settled, q.told} {
		maps.DeleteFunc(kept, func(key string, _ time.Time) bool { return !here[key] })
	}
	if q.open != nil && !here[q.at] { // it was answered elsewhere, or gave up
		sheet := q.open
		q.open = nil
		sheet.Close()
	}
	q.tell()
	if !q.w.hidden && q.open == nil && q.mayInterrupt() {
		q.ask(q.first(true))
	}
	q.remind()
}

// first is the oldest question; fresh ones are those that the owner did not put off.
func (q *questions) first(fresh bool) question {
	for _, one := range q.waiting {
		if !fresh || !q.put.has(one) {
			return one
		}
	}
	return nil
}

// mayInterrupt reports whether a dialog would take nothing from the owner: no other is open, and no text field has the keyboard.
func (q *questions) mayInterrupt() bool {
	if len(q.w.sheets) > 0 || q.w.win.Canvas().Overlays().Top() != nil {
		return false
	}
	e, typing := q.w.win.Canvas().Focused().(*look.Entry)
	return !typing || e.Text == ""
}

// ask opens the dialog of a question; nil opens none.
func (q *questions) ask(one question) {
	if one == nil || q.open != nil {
		return
	}
	q.at = one.key()
	q.open = one.open(q.w)
	closed := q.open.Closed
	q.open.Closed = func() {
		if closed != nil {
			closed()
		}
		q.open = nil
		q.put.add(one)
		q.remind()
		q.w.do(func() { q.w.look(agentsChanged) }) // the next one, if there is one
	}
}

// settle takes a question for answered.
func (q *questions) settle(one question) {
	q.settled.add(one)
	q.waiting = slices.DeleteFunc(q.waiting, func(other question) bool { return other.key() == one.key() })
}

// remind shows how many wait while no dialog is open for them.
func (q *questions) remind() {
	on := len(q.waiting) > 0 && q.open == nil
	if on {
		title, text := q.first(false).brief()
		if n := len(q.waiting); n > 1 {
			text += "  ·  and " + count(n-1, "other question")
		}
		q.title.SetText(title)
		q.note.SetText(text)
	}
	if on != q.strip.Visible() {
		visible(q.strip, on)
		q.w.notice.moved()
	}
}

// tell brings a new question to the owner's attention outside of the window, and has the window there.
func (q *questions) tell() {
	for _, one := range q.waiting {
		if q.told.has(one) {
			continue
		}
		q.told.add(one)
		q.w.notify(one)
		if q.w.hidden {
			q.w.appear()
		}
	}
}
