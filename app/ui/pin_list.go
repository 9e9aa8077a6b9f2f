package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/ui/look"
	"drawbridge/bridge"
	"drawbridge/bridge/pin"
)

// pinList is the dialog that shows all that is pinned of a server, each thing as it was approved when it is opened.
type pinList struct {
	w      *window
	server string
	sheet  *look.Sheet
	sift   *look.Entry
	rows   *fyne.Container
	more   *look.Text
	fault  *fault
	pins   app.Pins
}

const (
	pinListWidth = 720
	pinListShown = 100 // things at once; what is typed into the search finds the others
)

// showPins opens all that is pinned of a server.
func (w *window) showPins(server string) {
	l := &pinList{w: w, server: server, sift: look.NewEntry("Search by name or kind"), rows: look.Down(6, look.NewText("Looking…", look.Note)), more: look.NewText("", look.Caption), fault: newFault(pinListWidth - 42)}
	l.sift.OnChanged = func(string) { l.fill() }
	l.sift.Hide()
	l.more.Hide()
	l.sheet = &look.Sheet{Title: "What you approved of " + plain(server), Note: "Agents see each thing as it was at first sight, or as you accepted it since. What is not as approved is held.",
		Width: pinListWidth, Body: look.Down(10, l.sift, l.rows, l.more), Foot: l.fault.body}
	l.fault.moved = l.sheet.Fit
	done := look.NewButton(look.Primary, "", "Done", l.sheet.Close)
	l.sheet.Acts = []fyne.CanvasObject{done}
	w.sheet(l.sheet, done)
	w.work.Go(func() {
		pins, err := w.app.Pins(server)
		w.do(func() {
			if err != nil {
				l.rows.Objects = nil
				l.fault.show(err)
				return
			}
			l.pins = pins
			l.fill()
		})
	})
}

// fill makes the rows of what is searched for.
func (l *pinList) fill() {
	words := strings.Fields(strings.ToLower(l.sift.Text))
	l.rows.Objects = nil
	left := 0
	for _, p := range l.pins.Pins {
		said := strings.ToLower(string(p.Kind) + " " + p.Name)
		switch {
		case slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(said, w) }):
		case len(l.rows.Objects) == pinListShown:
			left++
		default:
			l.rows.Add(newPinRow(l, p))
		}
	}
	switch {
	case len(l.pins.Pins) == 0:
		l.rows.Add(look.NewProse("Nothing of it has been seen. It is looked at when an agent uses it for the first time.", look.Note, l.sheet.Inner()))
	case len(l.rows.Objects) == 0:
		l.rows.Add(look.NewText("Nothing is called that.", look.Note))
	}
	visible(l.sift, len(l.pins.Pins) > 8)
	l.more.SetText(l.others(left))
	visible(l.more, l.more.Text() != "")
	l.sheet.Fit()
}

// others says what there is besides, of which the search finds so many.
func (l *pinList) others(left int) string {
	var found, gone string
	if left > 0 {
		found = "and " + thousands(left) + " more: search for them"
	}
	if l.pins.More > 0 {
		gone = count(l.pins.More, "further new thing") + " that it shows, not kept here, hidden from agents too"
	}
	return dots(found, gone)
}

// pinRow is one thing in the list, opened or not.
type pinRow struct {
	l     *pinList
	pin   app.Pin
	body  *fyne.Container
	caret *look.Button
	whole *fyne.Container // what it says; nil until it was looked at
}

func newPinRow(l *pinList, p app.Pin) fyne.CanvasObject {
	r := &pinRow{l: l, pin: p}
	r.caret = look.NewButton(look.Ghost, "caret-right", "", r.flip)
	name, about := pinName(p.Thing)
	word, tone := "Approved", look.Quiet
	if p.Held {
		word, tone = pinWord(bridge.Held{New: p.New, Rejected: p.Rejected, Unsteady: p.Unsteady})
	}
	line := look.Across(8, r.caret, look.NewText(name, look.Strong), look.Fill(look.NewText(about, look.Caption)), look.NewText(p.Digest.Short(), look.CodeNote), look.NewChip(word, tone))
	r.body = look.Down(6, look.NewTappable(line, r.flip))
	return look.Over(look.NewPanel(look.Paper, 10).Edged(look.Line), look.Inset(4, 12, 4, 4, r.body))
}

// pinName is what a thing is called, and what it is.
func pinName(t pin.Thing) (name, about string) {
	if t.Kind == pin.Instructions {
		return "Instructions", ""
	}
	return look.Plain(t.Name, 60), string(t.Kind)
}

// flip shows what the thing says, or no longer.
func (r *pinRow) flip() {
	if r.whole == nil {
		r.whole = look.Down(10)
		r.body.Add(look.Inset(0, 0, 8, 12, r.whole))
		r.caret.SetIcon("caret-down")
		r.load()
		return
	}
	r.whole = nil
	r.body.Objects = r.body.Objects[:1]
	r.caret.SetIcon("caret-right")
	r.l.sheet.Fit()
}

// load reads what the thing says; of one that is held how it differs from what was approved.
func (r *pinRow) load() {
	r.l.fault.hide()
	into, one := r.whole, changed
	if !r.pin.Held {
		one = told
	}
	r.l.w.work.Go(func() {
		d, err := r.l.w.app.PinDiff(r.l.server, r.pin.Thing)
		r.l.w.do(func() {
			if err != nil {
				r.l.fault.show(err)
				return
			}
			addChanges(into, d, one, r.l.sheet.Fit)
			r.l.sheet.Fit()
		})
	})
}
