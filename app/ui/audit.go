package ui

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/ui/look"
	"drawbridge/bridge/audit"
)

// auditPage shows the record: what agents and the owner did, newest first.
type auditPage struct {
	w      *window
	all    fyne.CanvasObject
	filter *look.Entry
	wrong  *look.Prose // what of the search cannot be understood
	spell  *look.Segments
	chip   *look.Chip // whether the record is as it was written
	verify *look.Button
	list   *look.List
	table  *fyne.Container
	none   *fyne.Container // in place of the table
	foot   *look.Text
	detail *auditDetail
	split  *split

	typed   time.Time  // when something was typed that is not searched for yet; zero is never
	asked   app.Search // what is searched for: the last that could be understood
	records []audit.Record
	stop    context.CancelFunc // ends the reading that goes on; nil while none does
	stale   bool               // calls came since it was read
	read    time.Time          // when it was
	took    time.Duration      // how long that took
	fault   error              // of the last reading
	picked  uint64             // seq; 0 is none
}

const (
	auditMost = 10_000                 // how many records are shown
	typingEnd = 400 * time.Millisecond // for how long nothing is typed when a search is
)

// ranges are the times that can be looked at.
var ranges = []struct {
	label string
	since time.Duration // 0 is for ever
}{{"1 hour", time.Hour}, {"24 hours", 24 * time.Hour}, {"7 days", 7 * 24 * time.Hour}, {"30 days", 30 * 24 * time.Hour}, {"All", 0}}

func newAuditPage(w *window) *auditPage {
	p := &auditPage{w: w, filter: look.NewEntry("Search the record: words, or agent:NAME outcome:denied"), foot: look.NewText("", look.Caption), stale: true}
	p.filter.OnChanged = func(string) { p.typing() }
	p.filter.OnSubmitted = func(string) { p.search() }
	p.wrong = look.NewProse("", look.Caption, 400).Tinted(look.Bad.Strong())
	p.wrong.Hide()
	var labels []string
	for _, r := range ranges {
		labels = append(labels, r.label)
	}
	p.spell = look.NewSegments(func(int) { p.load() }, labels...)
	p.spell.Pick(1)
	p.chip = look.NewChip("Not checked yet", look.Quiet)
	p.verify = look.NewButton(look.Soft, "shield", "Verify", p.check)
	export := look.NewButton(look.Soft, "download", "Export…", p.export)
	p.list = look.NewList(func() int { return len(p.records) }, func() fyne.CanvasObject { return newAuditRow() }, p.fill, func(i int) {
		if i < len(p.records) {
			p.pick(&p.records[i])
		}
	})
	p.detail = newAuditDetail(w, p.narrow, func() { p.pick(nil) })
	p.none = look.Over()
	p.none.Hide()
	p.table = look.Down(0, auditHeader(), look.Rule(), look.Fill(p.list))
	top := look.Across(8, look.Fill(p.filter), look.NewButton(look.Soft, "", "Filter…", func() { p.openFilter() }))
	sheet := look.Down(10, look.Down(6, top, p.wrong), look.Across(0, p.spell), look.Fill(look.Over(p.none, p.table)), look.Across(10, look.Fill(p.foot), p.chip))
	card := look.Over(look.NewPanel(look.Paper, 12).Edged(look.Line).Raised(), look.Inset(14, 14, 10, 14, sheet))
	p.split = newSplit(card, p.list, p.detail.body, p.detail.close)
	p.all = look.Down(0, head("Audit", "The record of what agents and you did, each line signed together with the one before", p.verify, export), look.Fill(look.Inset(0, 28, 24, 28, p.split.box)))
	return p
}

func (p *auditPage) body() fyne.CanvasObject  { return p.all }
func (p *auditPage) searched() fyne.Focusable { return p.filter }

func (p *auditPage) due(v *view) time.Duration {
	switch {
	case !p.typed.IsZero():
		return p.typed.Add(typingEnd).Sub(v.now)
	case p.stale:
		return time.Second
	}
	return 5 * time.Second
}

func (p *auditPage) escape() {
	switch {
	case p.picked != 0:
		p.pick(nil)
	case p.filter.Text != "":
		p.find("")
	}
}

// show searches for what was typed, once that is all. It reads the record again when something happened since, but not more often
// than once in a while, and leaves ten times as long as that takes.
func (p *auditPage) show(v *view, c change) {
	if c&(callsChanged|agentsChanged|serversChanged|bridgeChanged) != 0 {
		p.stale = true
	}
	switch {
	case !p.typed.IsZero():
		if v.now.Sub(p.typed) >= typingEnd {
			p.search()
		}
	case p.stale && p.stop == nil && v.now.Sub(p.read) > max(2*time.Second, 10*p.took):
		p.load()
	}
}

// check verifies the whole record.
func (p *auditPage) check() {
	p.chip.Set("Checking", look.Busy)
	p.verify.Disable()
	p.all.Refresh()
	p.w.work.Go(func() {
		report, err := p.w.app.VerifyAudit()
		p.w.do(func() {
			p.verify.Enable()
			p.verdict(report, err)
		})
	})
}

func (p *auditPage) verdict(r audit.Report, err error) {
	defer p.all.Refresh()
	switch {
	case err != nil:
		p.chip.Set("Not checked", look.Warn)
		p.w.notice.show("The record was not checked", err)
	case r.OK():
		p.chip.Set(thousands(int(r.Records))+" records verified", look.Good)
	default:
		p.chip.Set("Damaged", look.Bad)
		var lines []string
		for i, problem := range r.Problems {
			if i == 8 {
				lines = append(lines, "and "+count(len(r.Problems)-i, "other problem"))
				break
			}
			lines = append(lines, plain(problem.String()))
		}
		p.w.notice.show("The record is not as it was written", reason(strings.Join(lines, "\n")))
	}
}

func (p *auditPage) pick(r *audit.Record) {
	p.picked = 0
	p.detail.body.Hidden = r == nil
	if r != nil {
		p.picked = r.Seq
		p.detail.show(r)
	}
	p.all.Refresh()
	p.split.turn(p.w.win.Canvas())
	p.list.Refresh()
}

func (p *auditPage) fill(i int, o fyne.CanvasObject) {
	if i < len(p.records) {
		r := &p.records[i]
		o.(*auditRow).show(r, p.w.view.now, r.Seq == p.picked)
	}
}
