package ui

import (
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

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
	list   *look.List
	foot   *look.Text
	table  *fyne.Container
	none   *fyne.Container // in place of the table
	detail *callDetail
	split  *split

	rows   []uint64         // ids of the calls as listed
	lines  map[*callRow]int // the rows that can be seen, and where in the list
	drawn  int              // how many rows there were when all was drawn; the list knows no other number
	still  *bridge.Snapshot // the calls as they were when the list was paused; nil while it is not
	picked uint64           // id; 0 is none
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
	p.lines = map[*callRow]int{}
	p.list = look.NewList(func() int { return p.drawn }, func() fyne.CanvasObject { return newCallRow() }, p.fill, func(i int) {
		if i < len(p.rows) {
			p.pick(p.rows[i])
		}
	})
	p.detail = newCallDetail(w, func() { p.pick(0) })
	p.none = look.Over()
	p.none.Hide()
	p.table = look.Down(0, callHeader(), look.Rule(), look.Fill(p.list))
	sheet := look.Down(10, p.filter, look.Fill(look.Over(p.none, p.table)), p.foot)
	card := look.Over(look.NewPanel(look.Paper, 12).Edged(look.Line).Raised(), look.Inset(14, 14, 10, 14, sheet))
	p.split = newSplit(card, p.list, p.detail.body, p.detail.close)
	p.all = look.Down(0, head("Live calls", "Every request that agents make, as it happens", p.kind, p.pause), look.Fill(look.Inset(0, 28, 24, 28, p.split.box)))
	return p
}

func (p *callsPage) body() fyne.CanvasObject  { return p.all }
func (p *callsPage) searched() fyne.Focusable { return p.filter }

// due: a running call's time counts.
func (p *callsPage) due(v *view) time.Duration {
	if v.running() > 0 && p.still == nil {
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
	switch {
	case p.still != nil:
		p.count(v)
	case c&^clockOnly != 0:
		p.relist(v)
	default:
		p.tick(v)
	}
	if p.picked != 0 {
		p.detail.show(v, p.picked)
	}
}

// listed are the calls that the list is made of.
func (p *callsPage) listed(v *view) *bridge.Snapshot {
	if p.still != nil {
		return p.still
	}
	return &v.Snapshot
}

// relist lists the calls of v that the owner wants to see: running ones first, the newest on top.
func (p *callsPage) relist(v *view) {
	words := strings.Fields(strings.ToLower(p.filter.Text))
	calls := p.listed(v).Calls
	was, top := p.top()
	rows, running := slices.Grow(p.rows[:0], len(calls)), []uint64(nil)
	for i := len(calls) - 1; i >= 0; i-- {
		switch c := &calls[i]; {
		case !wanted(c, p.kind.At(), words):
		case c.Ended:
			rows = append(rows, c.ID)
		default:
			running = append(running, c.ID)
		}
	}
	p.rows = slices.Insert(rows, 0, running...)
	p.count(v)
	p.vacant(v)
	p.draw()
	p.stay(was, top)
}

// draw brings the list up to date. The list itself draws every letter of its rows anew, which is too much for calls by the
// hundred, and lays itself out in a frame more when it gets longer. While it reaches about as far below what can be seen as
// before, only what differs in the rows is drawn.
func (p *callsPage) draw() {
	n, room := len(p.rows), int(p.list.Size().Height/callRowStep())+1
	if min(n, p.drawn) <= room || 4*max(n-p.drawn, p.drawn-n) > p.drawn || p.list.GetScrollOffset() > 0 {
		p.drawAll()
		return
	}
	for line, i := range p.lines {
		p.fill(i, line)
	}
}

// drawAll has the list draw itself.
func (p *callsPage) drawAll() {
	p.drawn = len(p.rows)
	clear(p.lines)
	p.list.Refresh()
}

// top is the row that the owner scrolled to, and the call in it; 0 is none.
func (p *callsPage) top() (row int, id uint64) {
	row = int(p.list.GetScrollOffset() / callRowStep())
	if p.list.GetScrollOffset() <= 0 || row >= len(p.rows) {
		return 0, 0
	}
	return row, p.rows[row]
}

// stay keeps in sight the call that the owner scrolled to, while new ones come in above it.
func (p *callsPage) stay(was int, top uint64) {
	if top == 0 {
		return
	}
	if is := slices.Index(p.rows, top); is >= 0 && is != was {
		p.list.ScrollToOffset(p.list.GetScrollOffset() + float32(is-was)*callRowStep())
	}
}

// callRowStep is how far one row is from the next.
func callRowStep() float32 { return callRowHeight + theme.Padding() }

// tick lets the time of running calls go on. Nothing else changes by time alone.
func (p *callsPage) tick(v *view) {
	if v.running() > 0 {
		p.draw()
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
	said := [...]string{c.Agent, c.User, c.Server, c.Method, c.Name, result}
	for i := range said {
		said[i] = strings.ToLower(said[i])
	}
	for _, w := range words {
		if !slices.ContainsFunc(said[:], func(s string) bool { return strings.Contains(s, w) }) {
			return false
		}
	}
	return true
}

// count says at the foot how much there is.
func (p *callsPage) count(v *view) {
	text := count(len(v.Calls), "call") + " kept here"
	if len(p.rows) != len(v.Calls) {
		text = thousands(len(p.rows)) + " of " + text
	}
	if p.still != nil {
		newer, last := 0, uint64(0)
		if n := len(p.still.Calls); n > 0 {
			last = p.still.Calls[n-1].ID
		}
		for i := len(v.Calls) - 1; i >= 0 && v.Calls[i].ID > last; i-- {
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
	if p.still != nil {
		p.still = nil
		p.pause.Set(look.Soft, "Pause")
		p.pause.SetIcon("pause")
	} else {
		p.still = &bridge.Snapshot{Calls: slices.Clone(p.w.view.Calls)}
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
	p.split.turn(p.w.win.Canvas())
	p.drawAll()
}

func (p *callsPage) fill(i int, o fyne.CanvasObject) {
	line := o.(*callRow)
	p.lines[line] = i
	if i >= len(p.rows) {
		return
	}
	if c := p.listed(p.w.view).Call(p.rows[i]); c != nil {
		line.show(c, p.w.view.now, c.ID == p.picked)
	}
}
