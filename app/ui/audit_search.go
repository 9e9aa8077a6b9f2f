package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/ui/look"
	"drawbridge/bridge/audit"
)

// typing has the search wait until all is typed.
func (p *auditPage) typing() {
	p.typed = time.Now()
	p.w.look(clockOnly)
}

// find puts a search into the field, and searches.
func (p *auditPage) find(s app.Search) {
	p.filter.SetText(string(s))
	p.search()
}

// narrow finds what has that in a field, of what is typed already.
func (p *auditPage) narrow(field, value string) {
	p.find(app.Search(p.filter.Text).With(field, value))
}

// search searches for what is typed. While that cannot be understood it says why, and what was searched for before stays.
func (p *auditPage) search() {
	p.typed = time.Time{}
	s := app.Search(p.filter.Text)
	err := s.Narrow(&audit.Filter{}, time.Now())
	visible(p.wrong, err != nil)
	if err != nil {
		p.wrong.SetText(look.Block(sentence(err), 400) + " Shown is what was searched for before.")
	}
	p.all.Refresh()
	if err != nil || s == p.asked {
		return
	}
	was := p.asked
	p.asked = s
	p.foot.SetText("Searching")
	if timed(s) && !timed(was) && p.spell.At() != allTime {
		p.spell.Pick(allTime) // which reads
		return
	}
	p.load()
}

// allTime is the range without an end.
var allTime = len(ranges) - 1

// timed reports whether a search says itself at which times it looks.
func timed(s app.Search) bool { return s.Value("since") != "" || s.Value("until") != "" }

// wanted is the filter for what is searched for, in the range that is chosen.
func (p *auditPage) wanted() audit.Filter {
	now := p.w.view.now
	var f audit.Filter
	_ = p.asked.Narrow(&f, now) // it was understood when it was typed
	if since := ranges[p.spell.At()].since; since > 0 && f.Since.Before(now.Add(-since)) {
		f.Since = now.Add(-since)
	}
	return f
}

// load reads the newest part of what is wanted in the background, in place of a reading that goes on.
func (p *auditPage) load() {
	if p.stop != nil {
		p.stop()
	}
	ctx, stop := context.WithCancel(p.w.life)
	p.stop, p.stale = stop, false
	f := p.wanted()
	f.Last, f.Newest = auditMost, true
	began := time.Now()
	p.w.work.Go(func() {
		var records []audit.Record
		var fault error
		for r, err := range p.w.app.Audit(ctx, f) {
			if err != nil {
				fault = err
				break
			}
			records = append(records, r)
		}
		p.w.do(func() {
			if ctx.Err() != nil {
				return // another one goes on
			}
			stop()
			p.stop, p.records, p.fault, p.read = nil, records, fault, time.Now()
			p.took = p.read.Sub(began)
			p.tell()
			p.list.Refresh()
		})
	})
}

// amount says how many records are shown.
func (p *auditPage) amount() string {
	n := len(p.records)
	text := count(n, "record")
	if n == auditMost {
		text += " or more"
	}
	if p.asked != "" {
		text += map[bool]string{true: " that fits", false: " that fit"}[n == 1] + " the search"
	}
	return text
}

// tell says how much there is, or why there is nothing.
func (p *auditPage) tell() {
	n := len(p.records)
	text := p.amount()
	if n == auditMost {
		text = dots(text, "these are the newest; export has them all")
	}
	p.foot.SetText(text)
	p.table.Hidden, p.none.Hidden = n == 0, n > 0
	if n > 0 {
		return
	}
	why := look.Empty("audit", "Nothing in this time", "What agents ask for and what you decide is written down here, and stays on this computer.", nil)
	switch {
	case p.fault != nil:
		why = look.Empty("warning", "The record cannot be read", plain(p.fault.Error()), look.NewButton(look.Soft, "restart", "Try again", p.load))
	case p.asked != "":
		why = look.Empty("search", "No record like that", "Nothing in this time fits the search.", look.NewButton(look.Soft, "", "Show all", func() { p.find("") }))
	}
	p.none.Objects = []fyne.CanvasObject{why}
	p.none.Refresh()
}
