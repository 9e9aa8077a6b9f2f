package ui

import (
	"time"

	"drawbridge/app/ui/look"
	"drawbridge/bridge"
	"drawbridge/bridge/pin"
)

// pinsQuestion asks whether what a server shows may be used, though it is not as the owner approved it. There is one for
// each server, however much it has changed.
type pinsQuestion struct{ s bridge.Server }

func (q pinsQuestion) key() string { return "pins " + q.s.Name }

// waiting are the things that the owner has not rejected; of many some are not named.
func (q pinsQuestion) waiting() (all []bridge.Held) {
	for _, h := range q.s.Held {
		if !h.Rejected {
			all = append(all, h)
		}
	}
	return all
}

func (q pinsQuestion) since() time.Time {
	var first time.Time
	for _, h := range q.waiting() {
		if first.IsZero() || h.Since.Before(first) {
			first = h.Since
		}
	}
	return first
}

// latest: another thing that is held makes it another question.
func (q pinsQuestion) latest() (last time.Time) {
	for _, h := range q.waiting() {
		if h.Since.After(last) {
			last = h.Since
		}
	}
	return last
}

func (q pinsQuestion) brief() (title, text string) {
	server, n := look.Plain(q.s.Name, 40), q.s.Waiting()
	if all := q.waiting(); n == 1 && len(all) == 1 {
		return server + " " + otherwise(all[0]), "Look at it, and accept or reject it"
	}
	return server + " shows " + count(n, "thing") + " otherwise than you approved", "Look at them, and accept or reject each"
}

// otherwise says what a server does with a thing that is held, in words that follow its name.
func otherwise(h bridge.Held) string {
	name := look.Plain(h.Name, 60)
	switch {
	case h.Kind == pin.Instructions && h.New:
		return "gives agents instructions that you have not seen"
	case h.Kind == pin.Instructions:
		return "gives agents other instructions than you approved"
	case h.Unsteady:
		return "keeps changing " + name
	case h.New:
		return "has a new " + string(h.Kind) + ": " + name
	}
	return "describes " + name + " otherwise than you approved"
}

func (q pinsQuestion) open(w *window) *look.Sheet { return w.openPins(q.s.Name) }

// lookAtPins opens what is held of a server, as the answer to its question where there is one.
func (w *window) lookAtPins(server string) {
	if s := w.view.Servers[server]; s.Waiting() > 0 {
		w.questions.ask(pinsQuestion{s})
		return
	}
	w.openPins(server)
}
