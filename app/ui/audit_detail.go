package ui

import (
	"net"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"drawbridge/app"
	"drawbridge/app/ui/look"
	"drawbridge/bridge/audit"
)

// auditDetail shows one record whole.
type auditDetail struct {
	w     *window
	body  *fyne.Container
	title *look.Text
	chip  *look.Chip
	facts *fyne.Container
	line  *look.CodeBlock
	close *look.Button
	find  func(field, value string) // has the search demand that
}

func newAuditDetail(w *window, find func(field, value string), close func()) *auditDetail {
	d := &auditDetail{w: w, find: find, title: look.NewText("", look.Title), chip: look.NewChip("", look.Quiet), facts: look.Down(1), line: look.NewCodeBlock("").Selectable()}
	d.close = look.NewButton(look.Ghost, "close", "", close)
	top := look.Across(8, look.Fill(d.title), d.close)
	whole := look.Down(12, look.Across(0, d.chip), d.facts, look.Down(4,
		look.Across(0, look.Fill(look.NewText("The record", look.Strong)), look.NewButton(look.Ghost, "copy", "", func() { w.copy(d.line.Text()) })), d.line))
	inner := look.Down(8, look.Inset(12, 10, 0, 16, top), look.Fill(look.Wheeled(container.NewVScroll(look.Inset(0, 16, 16, 16, whole)))))
	d.body = look.Over(look.NewPanel(look.Paper, 12).Edged(look.Line).Raised(), inner)
	d.body.Hide()
	return d
}

func (d *auditDetail) show(r *audit.Record) {
	d.title.SetText(deed(r))
	d.chip.Set(verdict(r))
	var f facts
	link := func(label, field, value string) {
		f.lead(label, plain(value), func() { d.find(field, value) })
	}
	f.add("When", exact(r.Time))
	link("Kind", "kind", string(r.Kind))
	link("Agent", "agent", r.Agent)
	link("User", "user", r.User)
	for _, g := range r.Groups {
		link("Group", "group", g)
	}
	link("Server", "server", r.Server)
	link("Method", "method", r.Method)
	link("Name", "tool", r.Name)
	link("Verdict", "verdict", r.Verdict)
	link("Rule", "rule", r.Rule)
	link("Front", "front", r.Front)
	link("Address", "address", host(r.Address))
	link("Era", "era", r.Era)
	link("Session", "session", numbered(r.Session))
	link("Call", "call", numbered(r.Call))
	link("Outcome", "outcome", r.Outcome)
	f.add("Error", plain(r.Error))
	if r.Took > 0 {
		f.add("Took", took(r.Took))
	}
	if r.Bytes > 0 {
		f.add("Answer", app.Size(int(r.Bytes)))
	}
	d.facts.Objects = f
	d.facts.Refresh()
	d.line.SetText(tidy(string(r.Line)))
	d.body.Refresh()
}

// host is an address without its port, which is another with each connection.
func host(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}

// numbered is the number of something that is counted from 1; "" is none.
func numbered(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}

// facts are lines of a label and a value.
type facts []fyne.CanvasObject

// add adds a line, unless there is nothing to tell.
func (f *facts) add(label, value string) {
	f.put(label, value, look.Inset(2, 0, 2, 0, look.NewText(value, look.Body)))
}

// lead is add for a value that leads to what else has it.
func (f *facts) lead(label, value string, find func()) {
	f.put(label, value, look.NewLink(value, "search", find))
}

func (f *facts) put(label, value string, o fyne.CanvasObject) {
	if value != "" {
		*f = append(*f, look.Across(8, look.Sized(76, 0, look.NewText(label, look.Note)), look.Fill(o)))
	}
}
