package ui

import (
	"slices"
	"strconv"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/ui/look"
	"drawbridge/bridge"
	"drawbridge/bridge/pin"
)

// pinsShown is how many things the dialog has at once; when they are decided the next ones follow.
const pinsShown = 20

// pinSheet is the dialog in which the owner looks at what is held of a server, and accepts or rejects it.
type pinSheet struct {
	w      *window
	server string
	sheet  *look.Sheet
	list   *fyne.Container
	fault  *fault
	accept *look.Button
	reject *look.Button
	held   []heldThing // as shown
}

// heldThing is a thing that is held, and how it differs from what was approved.
type heldThing struct {
	app.Pin
	diff pin.Diff
}

// openPins opens what is held of a server.
func (w *window) openPins(server string) *look.Sheet {
	const width = 720
	s := &pinSheet{w: w, server: server, list: look.Down(12, look.NewText("Looking…", look.Note)), fault: newFault(width - 42)}
	s.sheet = &look.Sheet{Title: "Not as you approved it: " + plain(server), Note: s.note(), Width: width, Body: s.list, Foot: s.fault.body}
	s.fault.moved = s.sheet.Fit
	s.accept = look.NewButton(look.Primary, "", "Accept all", func() { s.decide(w.app.AcceptPins, s.open()) })
	s.reject = look.NewButton(look.Danger, "", "Reject all", func() { s.decide(w.app.RejectPins, s.open()) })
	s.enable(false)
	guard(s.accept, s.reject)
	later := look.NewButton(look.Soft, "", "Later", s.sheet.Close)
	all := look.NewButton(look.Ghost, "", "Show all", func() { w.showPins(server) })
	s.sheet.Acts = []fyne.CanvasObject{later, all, look.Spring(), s.reject, s.accept}
	w.sheet(s.sheet, later)
	s.load()
	return s.sheet
}

// note says what agents have of it meanwhile.
func (s *pinSheet) note() string {
	for _, one := range s.w.app.Settings().Servers {
		if one.Name == s.server && one.Pins == "note" {
			return "Agents use it as it is now: that is how you set this server. Accept it, and you are told of it no more."
		}
	}
	return "Agents neither see nor use it until you accept it. A server that was changed may want something else than it says."
}

// load reads what is held, and shows it. The dialog closes when there is nothing more to decide.
func (s *pinSheet) load() {
	s.w.work.Go(func() {
		held, more, err := s.read()
		s.w.do(func() {
			if err != nil {
				s.fault.show(err)
				return
			}
			if s.held != nil && !slices.ContainsFunc(held, heldThing.waits) {
				s.sheet.Close()
				return
			}
			s.fill(held, more)
		})
	})
}

// read is what is held, and how many more things there are than that.
func (s *pinSheet) read() (held []heldThing, more int, err error) {
	pins, err := s.w.app.Pins(s.server)
	more = pins.More
	for _, p := range pins.Pins {
		if !p.Held {
			continue
		}
		if len(held) == pinsShown {
			more++
			continue
		}
		d, err := s.w.app.PinDiff(s.server, p.Thing)
		if err != nil {
			return nil, 0, err
		}
		held = append(held, heldThing{p, d})
	}
	return held, more, err
}

// waits reports whether the owner has not decided yet.
func (h heldThing) waits() bool { return !h.Rejected }

func (s *pinSheet) fill(held []heldThing, more int) {
	// What waits comes first: a page full of rejected things hides nothing.
	slices.SortStableFunc(held, func(a, b heldThing) int {
		switch {
		case a.waits() == b.waits():
			return 0
		case a.waits():
			return -1
		}
		return 1
	})
	s.held = held
	s.list.Objects = nil
	for _, h := range held {
		s.list.Add(s.thing(h))
	}
	if more > 0 {
		s.list.Add(look.NewText("and "+strconv.Itoa(more)+" more, when you have decided on these", look.Caption))
	}
	if len(held) == 0 {
		s.list.Add(look.NewText("Everything is as you approved it.", look.Note))
	}
	which := "all"
	if more > 0 {
		which = "these " + strconv.Itoa(len(s.open()))
	}
	s.accept.Set(look.Primary, "Accept "+which)
	s.reject.Set(look.Danger, "Reject "+which)
	s.enable(len(s.open()) > 0)
	s.list.Refresh()
	s.sheet.Fit()
}

// open are the shown things that the owner has not rejected, each in the form that is shown.
func (s *pinSheet) open() (which []bridge.PinForm) {
	for _, h := range s.held {
		if h.waits() {
			which = append(which, h.form())
		}
	}
	return which
}

// form is the thing as the dialog shows it, whatever it is by now.
func (h heldThing) form() bridge.PinForm {
	return bridge.PinForm{Thing: h.Thing, Digest: h.diff.Form}
}

func (s *pinSheet) enable(on bool) {
	for _, b := range []*look.Button{s.accept, s.reject} {
		if on {
			b.Enable()
		} else {
			b.Disable()
		}
	}
}

// decide accepts or rejects, and looks what is left.
func (s *pinSheet) decide(do func(string, ...bridge.PinForm) error, which []bridge.PinForm) {
	s.enable(false)
	s.fault.hide()
	s.w.work.Go(func() {
		err := do(s.server, which...)
		s.w.do(func() {
			if err != nil {
				s.w.failing(s.sheet, s.fault, "It was not decided", err)
			}
			s.load()
		})
	})
}

// thing is one thing with what changed of it, and its own buttons.
func (s *pinSheet) thing(h heldThing) fyne.CanvasObject {
	name, about := pinName(h.Thing)
	if !h.Since.IsZero() {
		about = dots(about, "since "+moment(h.Since, s.w.view.now))
	}
	word, tone := pinWord(bridge.Held{New: h.New, Rejected: h.Rejected, Unsteady: h.Unsteady})
	row := look.Across(8, look.NewText(name, look.Strong), look.NewChip(word, tone), look.Fill(look.NewText(about, look.Caption)))
	one := []bridge.PinForm{h.form()}
	if h.waits() {
		row.Add(s.button("close", "Reject", s.w.app.RejectPins, one))
	}
	row.Add(s.button("check", "Accept", s.w.app.AcceptPins, one))
	body := look.Down(10, row)
	addChanges(body, h.diff, changed, s.sheet.Fit)
	return look.Over(look.NewPanel(look.Paper, 10).Edged(look.Line), look.Inset(10, 12, 12, 12, body))
}

func (s *pinSheet) button(icon, label string, do func(string, ...bridge.PinForm) error, which []bridge.PinForm) *look.Button {
	b := look.NewButton(look.Soft, icon, label, func() { s.decide(do, which) })
	guard(b)
	return b
}
