package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"drawbridge/app/ui/look"
	"drawbridge/bridge"
)

// callsPage shows one row a call, the running ones on top, and beside them the call that was picked.
type callsPage struct {
	w      *window
	all    fyne.CanvasObject
	filter *look.Entry
	kind   *look.Segments
	pause  *look.Button
	list   *widget.List
	foot   *look.Text
	table  *fyne.Container
	none   *fyne.Container // in place of the table
	detail *callDetail

	rows   []bridge.CallInfo // as listed; its own copies
	paused bool
	held   uint64 // the newest call when it was paused
	picked uint64 // id; 0 is none
}

// kinds of calls that the page can be limited to.
const (
	allCalls = iota
	runningCalls
	badCalls
)

func newCallsPage(w *window) *callsPage {
	p := &callsPage{w: w, filter: look.NewEntry("Filter by agent, server or tool"), foot: look.NewText("", look.Caption)}
	p.filter.OnChanged = func(string) { p.relist(w.view) }
	p.kind = look.NewSegments(func(int) { p.relist(w.view) }, "All", "Running", "Problems")
	p.pause = look.NewButton(look.Soft, "pause", "Pause", p.flip)
	p.list = widget.NewList(func() int { return len(p.rows) }, func() fyne.CanvasObject { return newCallRow() }, p.fill)
	p.list.HideSeparators = true
	p.list.OnSelected = func(i widget.ListItemID) {
		p.list.Unselect(i)
		p.pick(p.rows[i].ID)
	}
	p.detail = newCallDetail(w, func() { p.pick(0) })
	p.none = look.Over()
	p.none.Hide()
	p.table = look.Down(0, callHeader(), look.Rule(), look.Fill(p.list))
	sheet := look.Down(10, p.filter, look.Fill(look.Over(p.none, p.table)), p.foot)
	card := look.Over(look.NewPanel(look.Paper, 12).Edged(look.Line).Raised(), look.Inset(14, 14, 10, 14, sheet))
	split := &fyne.Container{Layout: beside{}, Objects: []fyne.CanvasObject{card, p.detail.body}}
	p.all = look.Down(0, head("Live calls", "Every request that agents make, as it happens", p.kind, p.pause), look.Fill(look.Inset(0, 28, 24, 28, split)))
	return p
}

func (p *callsPage) body() fyne.CanvasObject  { return p.all }
func (p *callsPage) searched() fyne.Focusable { return p.filter }

// due: a running call's time counts.
func (p *callsPage) due(v *view) time.Duration {
	if v.running() > 0 && !p.paused {
		return beat
	}
	return 5 * time.Second
}

func (p *callsPage) escape() {
	switch {
	case p.picked != 0:
		p.pick(0)
	case p.filter.Text != "":
		p.filter.SetText("")
	}
}

func (p *callsPage) show(v *view, c change) {
	if p.paused {
		p.count(v)
	} else {
		p.relist(v)
	}
	if p.picked != 0 {
		p.detail.show(v, p.picked)
	}
}

// relist lists the calls of v that the owner wants to see.
func (p *callsPage) relist(v *view) {
	words := strings.Fields(strings.ToLower(p.filter.Text))
	rows := make([]bridge.CallInfo, 0, len(v.Calls))
	for _, over := range []bool{false, true} { // running ones first
		for i := len(v.Calls) - 1; i >= 0; i-- {
			c := &v.Calls[i]
			if c.Ended == over && !(p.paused && c.ID > p.held) && wanted(c, p.kind.At(), words) {
				rows = append(rows, *c)
			}
		}
	}
	before := p.rows
	p.rows = rows
	p.count(v)
	p.vacant(v)
	p.stay(before)
	p.list.Refresh()
}

// stay keeps in sight what the owner scrolled to, while new calls come in above it.
func (p *callsPage) stay(before []bridge.CallInfo) {
	offset := p.list.GetScrollOffset()
	if offset <= 0 {
		return
	}
	height := callRowHeight + theme.Padding()
	was := int(offset / height)
	if was >= len(before) {
		return
	}
	id := before[was].ID
	if is := slices.IndexFunc(p.rows, func(c bridge.CallInfo) bool { return c.ID == id }); is >= 0 && is != was {
		p.list.ScrollToOffset(offset + float32(is-was)*height)
	}
}

// wanted reports whether a call is of that kind and has all the words.
func wanted(c *bridge.CallInfo, kind int, words []string) bool {
	switch {
	case kind == runningCalls && c.Ended, kind == badCalls && !(c.Ended && bad(c.End.Result)):
		return false
	case len(words) == 0:
		return true
	}
	result, _ := outcome(c)
	text := strings.ToLower(strings.Join([]string{c.Agent, c.User, c.Server, c.Method, c.Name, result}, "\n"))
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// count says at the foot how much there is.
func (p *callsPage) count(v *view) {
	text := count(len(v.Calls), "call") + " kept here"
	if len(p.rows) != len(v.Calls) {
		text = fmt.Sprintf("%d of %s", len(p.rows), text)
	}
	if p.paused {
		newer := 0
		for i := len(v.Calls) - 1; i >= 0 && v.Calls[i].ID > p.held; i-- {
			newer++
		}
		text = dots("Paused", count(newer, "newer call")+" since then")
	}
	p.foot.SetText(text)
}

// vacant puts something useful in the place of an empty list.
func (p *callsPage) vacant(v *view) {
	empty := len(p.rows) == 0
	p.table.Hidden, p.none.Hidden = empty, !empty
	if !empty {
		return
	}
	p.none.Objects = []fyne.CanvasObject{p.why(v)}
	p.none.Refresh()
}

func (p *callsPage) why(v *view) fyne.CanvasObject {
	switch {
	case len(v.Calls) > 0:
		return look.Empty("search", "No call like that", "Nothing that is kept here fits the filter.", look.NewButton(look.Soft, "", "Show all calls", func() {
			p.filter.SetText("")
			p.kind.Pick(allCalls)
		}))
	case len(v.Agents) == 0:
		return look.Empty("calls", "No calls yet", "Calls appear here the moment an agent makes one. Share your servers with an agent to begin.", look.NewButton(look.Primary, "share", "Share servers…", func() { p.w.share(nil) }))
	case v.Raised:
		return look.Empty("calls", "No calls yet", "The bridge is raised, so nobody can call.", look.NewButton(look.Primary, "", "Lower the bridge", p.w.flip))
	}
	return look.Empty("calls", "No calls yet", "The bridge is lowered. Calls appear here the moment an agent makes one.", nil)
}

// flip holds the list still, or lets it go on.
func (p *callsPage) flip() {
	p.paused = !p.paused
	p.pause.Set(look.Soft, "Pause")
	p.pause.SetIcon("pause")
	if n := len(p.w.view.Calls); p.paused && n > 0 {
		p.held = p.w.view.Calls[n-1].ID
	}
	if p.paused {
		p.pause.Set(look.Primary, "Resume")
		p.pause.SetIcon("play")
	}
	p.w.look(callsChanged)
}

// pick shows a call beside the list; 0 shows none.
func (p *callsPage) pick(id uint64) {
	p.picked = id
	p.detail.body.Hidden = id == 0
	if id != 0 {
		p.detail.show(p.w.view, id)
	}
	p.all.Refresh()
	p.list.Refresh()
}

func (p *callsPage) fill(i widget.ListItemID, o fyne.CanvasObject) {
	if i < len(p.rows) {
		c := &p.rows[i]
		o.(*callRow).show(c, p.w.view.now, c.ID == p.picked)
	}
}
