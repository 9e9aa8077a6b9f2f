package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/share"
	"drawbridge/app/ui/look"
	"drawbridge/tunnel"
)

// tunnelRow shows one tunnel, and turns it on and off.
type tunnelRow struct {
	w     *window
	name  string
	again func() // looks how the tunnels are
	body  fyne.CanvasObject

	chip    *look.Chip
	turn    *look.Button
	examine *look.Button
	edit    *look.Button
	head    *fyne.Container
	rest    *fyne.Container // how it is, in words
	found   *fyne.Container // what an examination found
	is      app.Tunnel      // as shown
}

func newTunnelRow(w *window, name string, again func()) *tunnelRow {
	r := &tunnelRow{w: w, name: name, again: again, chip: look.NewChip("", look.Quiet), rest: look.Down(8), found: look.Down(8)}
	r.turn = look.NewButton(look.Soft, "", "Turn on", r.flip)
	r.examine = look.NewButton(look.Soft, "search", "Examine", r.look)
	r.edit = look.NewButton(look.Ghost, "edit", "", func() { w.editTunnel(name) })
	r.found.Hide()
	r.head = look.Across(8, look.NewText(plain(name), look.Strong), look.Fill(r.chip), r.examine, r.turn, r.edit, look.NewButton(look.Ghost, "trash", "", r.remove))
	r.body = look.Over(look.NewPanel("", 10).Edged(look.Line), look.Inset(10, 12, 12, 12, look.Down(10, r.head, r.rest, r.found)))
	return r
}

// show brings the row up to t.
func (r *tunnelRow) show(t app.Tunnel) {
	if t.Status.State != r.is.Status.State {
		r.found.Hide() // what was found is of another time
	}
	r.is = t
	r.chip.Set(tunnelWord(t.Status))
	on := t.Status.State != tunnel.Closed
	r.turn.Set(map[bool]look.Kind{true: look.Soft, false: look.Primary}[on], map[bool]string{true: "Turn off", false: "Turn on"}[on])
	visible(r.examine, on)
	r.rest.Objects = r.words(t)
	visible(r.rest, len(r.rest.Objects) > 0)
	r.head.Refresh()
	r.rest.Refresh()
}

// tunnelWord is how a tunnel is, in a word.
func tunnelWord(s tunnel.Status) (string, look.Tone) {
	switch s.State {
	case tunnel.Up:
		if s.Problem != nil {
			return "Up, with a warning", look.Warn
		}
		return "Up", look.Good
	case tunnel.Starting:
		return "Opening", look.Busy
	case tunnel.Down:
		return "Down", look.Bad
	}
	return "Off", look.Quiet
}

// drivers are the kinds of tunnels in words.
var drivers = map[string]string{"direct": "straight to this computer", "ssh": "through a relay, by SSH", "external": "through another tool", "tailnet": "in a tailnet"}

// words are how a tunnel is: its address, who can read, since when, and what is wrong.
func (r *tunnelRow) words(t app.Tunnel) (all []fyne.CanvasObject) {
	s := t.Status
	if s.URL != "" {
		all = append(all, r.copied(look.NewText(plain(s.URL), look.Code), s.URL))
	}
	if s.Problem != nil {
		tone := look.Bad
		if s.State == tunnel.Up {
			tone = look.Warn
		}
		said := look.Down(2, look.NewProse(capital(look.Plain(s.Problem.What, 800)), look.Strong, 520), look.NewProse(capital(plain(s.Problem.Do))+".", look.Body, 520))
		if !s.Retry.IsZero() {
			said.Add(look.NewText("It is tried again at "+s.Retry.Local().Format(time.TimeOnly), look.Caption))
		}
		all = append(all, look.Strip(tone, said))
	}
	if t.Reader != "" {
		all = append(all, reader(s.End))
	}
	if s.State == tunnel.Closed {
		return all
	}
	facts := []string{drivers[s.Driver]}
	if s.State == tunnel.Up && !s.Since.IsZero() {
		facts = append(facts, "up since "+moment(s.Since, r.w.view.now))
	}
	if s.Visitors > 0 {
		facts = append(facts, count(s.Visitors, "open connection"))
	}
	if !s.Certificate.IsZero() {
		facts = append(facts, "certificate until "+s.Certificate.Local().Format(time.DateOnly))
	}
	all = append(all, look.NewText(dots(facts...), look.Caption))
	if s.Fingerprint != "" {
		all = append(all, r.trust(s))
	}
	return all
}

// trust is what agents need where no public authority vouches for the address. They are often other devices in the
// room, so the address is there for a camera too.
func (r *tunnelRow) trust(s tunnel.Status) fyne.CanvasObject {
	const side = 116
	code := look.NewQR(side)
	code.Set(share.Endpoint(s.URL, nil))
	words := look.Down(6,
		look.NewText("Agents must trust the authority with this SHA-256 fingerprint", look.Caption),
		r.copied(look.NewProse(plain(s.Fingerprint), look.Code, 520-side), s.Fingerprint),
		look.Across(0, look.NewButton(look.Soft, "copy", "Copy its certificate", func() { r.w.copy(s.Authority) })))
	return look.Across(14, look.Fill(words), code)
}

// copied is a text with a button that copies it.
func (r *tunnelRow) copied(shown fyne.CanvasObject, text string) fyne.CanvasObject {
	return look.Across(6, look.Fill(shown), look.NewButton(look.Ghost, "copy", "", func() { r.w.copy(text) }))
}

// reader says who can read the traffic, and loudly where somebody else can.
func reader(end tunnel.TLSEnd) fyne.CanvasObject {
	switch end {
	case tunnel.EndHere:
		return look.NewText("Nobody but this bridge can read the traffic.", look.Note)
	case tunnel.EndInProcess:
		return look.NewText("Nobody but a program on this computer can read the traffic.", look.Note)
	}
	return look.Strip(look.Warn, look.Down(2, look.NewText("Whoever runs the relay can read and change everything", look.Strong),
		look.NewProse("TLS ends there: tokens, arguments and answers pass in the clear. Use it only if you trust who runs it.", look.Body, 520)))
}

func (r *tunnelRow) flip() {
	do, failed := r.w.app.RaiseTunnel, "Could not open "
	if r.is.Status.State != tunnel.Closed {
		do, failed = r.w.app.DropTunnel, "Could not close "
	}
	r.turn.Disable()
	r.w.act(failed+plain(r.name), func() error {
		err := do(r.name)
		r.w.do(func() {
			r.turn.Enable()
			r.again()
			r.w.look(bridgeChanged) // the address may be another
		})
		return err
	})
}

// remove takes the tunnel out of the settings file, when the owner has said so twice.
func (r *tunnelRow) remove() {
	r.w.confirm("Remove "+plain(r.name)+"?", "Its entry leaves the settings file, and whoever is connected by it is cut off.", "Remove", func() {
		r.w.act("Could not remove "+plain(r.name), func() error {
			err := r.w.app.RemoveTunnel(r.name)
			r.w.do(func() {
				r.again()
				r.w.look(bridgeChanged) // the address may be another
			})
			return err
		})
	})
}

// look examines the tunnel, and shows what was found.
func (r *tunnelRow) look() {
	r.examine.Disable()
	r.w.work.Go(func() {
		ctx, cancel := context.WithTimeout(r.w.life, time.Minute)
		defer cancel()
		all, err := r.w.app.ExamineTunnel(ctx, r.name)
		r.w.do(func() {
			r.examine.Enable()
			r.tell(all, err)
		})
	})
}

func (r *tunnelRow) tell(all []tunnel.Finding, err error) {
	r.found.Objects = []fyne.CanvasObject{look.Rule()}
	if err != nil {
		r.found.Add(look.NewProse(look.Block(err.Error(), 800), look.Body, 520).Tinted(look.Bad.Strong()))
	}
	for _, f := range all {
		r.found.Add(finding(f))
	}
	r.found.Show()
	r.found.Refresh()
	r.w.room.Refresh()
}

// finding is one step of an examination.
func finding(f tunnel.Finding) fyne.CanvasObject {
	icon, tone := "check", look.Good
	words := look.Down(1, look.NewText(capital(plain(f.Check)), look.Firm))
	if f.Seen != "" {
		words.Add(look.NewProse(capital(plain(f.Seen)), look.Note, 520))
	}
	if f.Problem != nil {
		icon, tone = "warning", look.Bad
		words.Add(look.NewProse(capital(plain(f.Problem.What))+". "+capital(plain(f.Problem.Do))+".", look.Body, 520))
	}
	return look.Across(10, look.NewIcon(look.Drawing(icon), 18, tone.Strong()), look.Fill(words))
}
