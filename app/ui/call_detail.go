package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"drawbridge/app"
	"drawbridge/app/ui/look"
	"drawbridge/bridge"
)

// callDetail shows one call whole.
type callDetail struct {
	w      *window
	body   *fyne.Container
	scroll *container.Scroll
	whole  *fyne.Container // what scrolls
	shown  bridge.CallInfo
	title  *look.Text
	chip   *look.Chip
	facts  *fyne.Container
	bar    *look.Bar
	far    *look.Text // the server's words about how far it is
	fault  *fault
	gone   *look.Text // instead of the two below
	args   *payload
	answer *payload
	cancel *look.Button
	close  *look.Button
}

func newCallDetail(w *window, close func()) *callDetail {
	d := &callDetail{
		w: w, title: look.NewText("", look.Title), chip: look.NewChip("", look.Quiet), facts: look.Down(1),
		bar: look.NewBar(), far: look.NewText("", look.Caption), fault: newFault(320),
	}
	d.cancel = look.NewButton(look.Danger, "", "Cancel call", func() {
		id := d.shown.ID
		w.act("The call was not cancelled", func() error { return w.app.CancelCall(id) })
	})
	moved := func() {
		d.whole.Refresh()
		d.scroll.Refresh()
	}
	d.close = look.NewButton(look.Ghost, "close", "", close)
	d.gone = look.NewText("What was said in it is no longer kept here", look.Caption)
	d.args, d.answer = newPayload(w, "Arguments", moved), newPayload(w, "Answer", moved)
	top := look.Across(8, look.Fill(d.title), d.close)
	d.whole = look.Down(12, look.Across(10, d.chip, look.Spring(), d.cancel), d.bar, d.far, d.fault.body, d.facts, d.gone, d.args.body, d.answer.body)
	d.scroll = container.NewVScroll(look.Inset(0, 16, 16, 16, d.whole))
	inner := look.Down(8, look.Inset(12, 10, 0, 16, top), look.Fill(look.Wheeled(d.scroll)))
	d.body = look.Over(look.NewPanel(look.Paper, 12).Edged(look.Line).Raised(), inner)
	d.body.Hide()
	return d
}

// show brings the pane up to the call of that id. One that is no longer kept stays as it was.
func (d *callDetail) show(v *view, id uint64) {
	c := v.Call(id)
	if c == nil {
		return
	}
	fresh := c.ID != d.shown.ID || c.Ended != d.shown.Ended
	d.shown = *c
	word, tone := outcome(c)
	d.chip.Set(word, tone)
	d.progress(c)
	if fresh || !c.Ended {
		d.facts.Objects = d.told(v, c)
		d.facts.Refresh()
	}
	if fresh {
		d.fill(c)
	}
}

// fill sets what changes once, when the call ends.
func (d *callDetail) fill(c *bridge.CallInfo) {
	d.title.SetText(what(c))
	d.said(*c)
	visible(d.cancel, !c.Ended)
	d.fault.hide()
	if c.End.Error != "" {
		d.fault.show(reason(c.End.Error))
	}
	d.whole.Refresh()
	d.scroll.Refresh()
}

// said shows what was said in c: what is kept whole as soon as it is read.
func (d *callDetail) said(c bridge.CallInfo) {
	d.args.set("", nil)
	d.answer.set("", nil)
	visible(d.gone, c.Bare)
	d.w.work.Go(func() {
		whole := c.Said(d.w.app.Payload(c.ID))
		parts := piecesOf(whole.Content)
		d.w.do(func() {
			if d.shown.ID != c.ID || d.shown.Ended != c.Ended {
				return // another one is shown by now
			}
			d.args.set(whole.Arguments, nil)
			d.answer.set(whole.Answer, parts)
			d.whole.Refresh()
			d.scroll.Refresh()
		})
	})
}

func (d *callDetail) progress(c *bridge.CallInfo) {
	on := !c.Ended && c.Progress != bridge.Progress{}
	visible(d.bar, on && c.Progress.Total > 0)
	visible(d.far, on && c.Progress.Message != "")
	d.bar.Set(float32(part(c.Progress)))
	d.far.SetText(plain(c.Progress.Message))
}

// told are the facts about a call, a line each.
func (d *callDetail) told(v *view, c *bridge.CallInfo) []fyne.CanvasObject {
	var f facts
	f.add("Agent", plain(c.Agent))
	f.add("User", plain(c.User))
	f.add("Server", where(c))
	f.add("Method", plain(c.Method))
	s := v.Sessions[c.Session]
	f.add("Client", dots(plain(s.Client), front(s.Front)))
	f.add("Started", c.Started.Format("2006-01-02 15:04:05.000"))
	if c.Ended {
		f.add("Took", took(c.End.Took))
		f.add("Answer", app.Size(c.End.Bytes))
	} else {
		f.add("Running", took(lasted(c, v.now)))
	}
	return f
}
