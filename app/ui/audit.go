package ui

import (
	"context"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
	"drawbridge/bridge/audit"
)

// auditPage shows the record: what agents and the owner did, newest first.
type auditPage struct {
	w      *window
	all    fyne.CanvasObject
	filter *look.Entry
	spell  *look.Segments
	chip   *look.Chip // whether the record is as it was written
	verify *look.Button
	list   *look.List
	table  *fyne.Container
	none   *fyne.Container // in place of the table
	foot   *look.Text
	detail *auditDetail

	records []audit.Record // of the range, newest first
	rows    []int          // those of records that fit the filter
	reading bool
	stale   bool      // calls came since it was read
	read    time.Time // when it was
	fault   error     // of the last reading
	picked  uint64    // seq; 0 is none
}

// auditMost is how many records of a range are shown.
const auditMost = 10_000

// ranges are the times that can be looked at.
var ranges = []struct {
	label string
	since time.Duration // 0 is for ever
}{{"1 hour", time.Hour}, {"24 hours", 24 * time.Hour}, {"7 days", 7 * 24 * time.Hour}, {"30 days", 30 * 24 * time.Hour}, {"All", 0}}

func newAuditPage(w *window) *auditPage {
	p := &auditPage{w: w, filter: look.NewEntry("Search the record"), foot: look.NewText("", look.Caption), stale: true}
	p.filter.OnChanged = func(string) { p.sift() }
	var labels []string
	for _, r := range ranges {
		labels = append(labels, r.label)
	}
	p.spell = look.NewSegments(func(int) { p.load() }, labels...)
	p.spell.Pick(1)
	p.chip = look.NewChip("Not checked yet", look.Quiet)
	p.verify = look.NewButton(look.Soft, "shield", "Verify", p.check)
	export := look.NewButton(look.Soft, "download", "Export…", func() { w.exportAudit(p.wanted()) })
	p.list = look.NewList(func() int { return len(p.rows) }, func() fyne.CanvasObject { return newAuditRow() }, p.fill, func(i int) {
		if i < len(p.rows) {
			p.pick(&p.records[p.rows[i]])
		}
	})
	p.detail = newAuditDetail(w, func() { p.pick(nil) })
	p.none = look.Over()
	p.none.Hide()
	p.table = look.Down(0, auditHeader(), look.Rule(), look.Fill(p.list))
	top := look.Across(10, look.Fill(p.filter), p.spell)
	sheet := look.Down(10, top, look.Fill(look.Over(p.none, p.table)), look.Across(10, look.Fill(p.foot), p.chip))
	card := look.Over(look.NewPanel(look.Paper, 12).Edged(look.Line).Raised(), look.Inset(14, 14, 10, 14, sheet))
	split := &fyne.Container{Layout: beside{}, Objects: []fyne.CanvasObject{card, p.detail.body}}
	p.all = look.Down(0, head("Audit", "The record of what agents and you did, each line signed together with the one before", p.verify, export), look.Fill(look.Inset(0, 28, 24, 28, split)))
	return p
}

func (p *auditPage) body() fyne.CanvasObject  { return p.all }
func (p *auditPage) searched() fyne.Focusable { return p.filter }

func (p *auditPage) due(*view) time.Duration {
	if p.stale {
		return time.Second
	}
	return 5 * time.Second
}

func (p *auditPage) escape() {
	switch {
	case p.picked != 0:
		p.pick(nil)
	case p.filter.Text != "":
		p.filter.SetText("")
	}
}

// show reads the record again when something happened since, but not more often than once in a while.
func (p *auditPage) show(v *view, c change) {
	if c&(callsChanged|agentsChanged|serversChanged|bridgeChanged) != 0 {
		p.stale = true
	}
	if p.stale && !p.reading && v.now.Sub(p.read) > 2*time.Second {
		p.load()
	}
}

// wanted is the filter for the range that is chosen.
func (p *auditPage) wanted() audit.Filter {
	f := audit.Filter{}
	if since := ranges[p.spell.At()].since; since > 0 {
		f.Since = p.w.view.now.Add(-since)
	}
	return f
}

// load reads the record's newest part in the background.
func (p *auditPage) load() {
	if p.reading {
		p.stale = true
		return
	}
	p.reading, p.stale = true, false
	f := p.wanted()
	f.Last = auditMost
	p.w.work.Go(func() {
		var records []audit.Record
		var fault error
		for r, err := range p.w.app.Audit(context.Background(), f) {
			if err != nil {
				fault = err
				break
			}
			records = append(records, r)
		}
		slices.Reverse(records)
		p.w.do(func() {
			p.reading, p.records, p.fault, p.read = false, records, fault, time.Now()
			p.sift()
		})
	})
}

// sift lists the records that have all the words of the filter.
func (p *auditPage) sift() {
	words := strings.Fields(strings.ToLower(p.filter.Text))
	p.rows = p.rows[:0]
	for i := range p.records {
		if hasWords(&p.records[i], words) {
			p.rows = append(p.rows, i)
		}
	}
	p.tell()
	p.list.Refresh()
}

// hasWords reports whether a record has all these words somewhere.
func hasWords(r *audit.Record, words []string) bool {
	if len(words) == 0 {
		return true
	}
	text := strings.ToLower(strings.Join([]string{
		string(r.Kind), r.Agent, r.User, r.Server, r.Method, r.Name, r.Outcome, r.Error, r.Note, r.Verdict, r.Rule, r.Address, deed(r),
	}, "\n"))
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
}

// tell says how much there is, or why there is nothing.
func (p *auditPage) tell() {
	n := len(p.records)
	text := count(n, "record")
	if len(p.rows) != n {
		text = count(len(p.rows), "record") + " of " + count(n, "record")
	}
	if n == auditMost {
		text += ", the newest; export has them all"
	}
	p.foot.SetText(text)
	p.table.Hidden, p.none.Hidden = len(p.rows) == 0, len(p.rows) > 0
	if len(p.rows) > 0 {
		return
	}
	why := look.Empty("audit", "Nothing in this time", "What agents ask for and what you decide is written down here, and stays on this computer.", nil)
	switch {
	case p.fault != nil:
		why = look.Empty("warning", "The record cannot be read", plain(p.fault.Error()), look.NewButton(look.Soft, "restart", "Try again", p.load))
	case n > 0:
		why = look.Empty("search", "No record like that", "Nothing in this time fits the search.", look.NewButton(look.Soft, "", "Show all", func() { p.filter.SetText("") }))
	}
	p.none.Objects = []fyne.CanvasObject{why}
	p.none.Refresh()
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
	p.list.Refresh()
}

func (p *auditPage) fill(i int, o fyne.CanvasObject) {
	if i < len(p.rows) {
		r := &p.records[p.rows[i]]
		o.(*auditRow).show(r, p.w.view.now, r.Seq == p.picked)
	}
}
