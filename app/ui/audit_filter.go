package ui

import (
	"maps"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/ui/look"
	"drawbridge/bridge"
	"drawbridge/bridge/audit"
)

// auditFilter is the dialog that writes a search out of choices.
type auditFilter struct {
	p      *auditPage
	search app.Search
	sheet  *look.Sheet
	picks  map[string]*look.Choice    // by the field that they are of
	types  map[string]*look.FormField // likewise
	writes *look.Prose
}

const filterWidth = 600

// results are how calls end.
var results = []bridge.Result{bridge.OK, bridge.ToolError, bridge.Failure, bridge.Denied, bridge.Cancelled, bridge.Lost, bridge.InputRequired, bridge.Asked}

// openFilter opens the dialog with what the search demands now.
func (p *auditPage) openFilter() *auditFilter {
	f := &auditFilter{p: p, search: app.Search(p.filter.Text), picks: map[string]*look.Choice{}, types: map[string]*look.FormField{}}
	f.writes = look.NewProse("", look.CodeNote, filterWidth-42)
	v := p.w.view
	half, third := float32(filterWidth-42-14)/2, float32(filterWidth-42-28)/3
	body := look.Down(14,
		look.Across(14, f.choice(half, "agent", "Agent", slices.Sorted(maps.Keys(v.Agents))), f.choice(half, "server", "Server", slices.Sorted(maps.Keys(v.Servers)))),
		look.Across(14, f.entry(half, "tool", "Tool, prompt or resource", "Any", "Its whole name"), f.entry(half, "user", "User", "ISSUER|SUBJECT", "As the record has it")),
		look.Across(14, f.choice(third, "kind", "Kind", words(audit.Kinds())), f.choice(third, "outcome", "Outcome", words(results)),
			f.choice(third, "verdict", "Verdict", []string{"allow", "ask", "deny"})),
		look.Across(14, f.entry(half, "since", "Since", "7d", "7d is a week ago; or 2026-11-29, or with T14:30"), f.entry(half, "until", "Until", "2026-11-29", "Only before then")))
	f.sheet = &look.Sheet{Title: "Filter the record", Note: "What you choose is written into the search field. You can type the same there.", Width: filterWidth, Body: body, Foot: f.writes}
	clear := look.NewButton(look.Soft, "", "Clear", f.clear)
	f.sheet.Acts = []fyne.CanvasObject{clear, look.Spring(), look.NewButton(look.Soft, "", "Cancel", f.sheet.Close), look.NewButton(look.Primary, "search", "Search", f.find)}
	f.show()
	p.w.sheet(f.sheet, f.picks["agent"])
	return f
}

// words are the names of things that are called by one word.
func words[T ~string](all []T) (names []string) {
	for _, one := range all {
		names = append(names, string(one))
	}
	return names
}

// choice is a field with a few values, and with the one that the search has, whatever that is.
func (f *auditFilter) choice(width float32, field, label string, values []string) fyne.CanvasObject {
	now := f.search.Value(field)
	if now != "" && !slices.Contains(values, now) {
		values = append(values, now)
	}
	shown := []string{"Any"}
	for _, v := range values {
		shown = append(shown, plain(v))
	}
	c := look.NewChoice(shown, nil)
	c.Pick(slices.Index(values, now) + 1)
	c.OnChange(func(i int) {
		value := ""
		if i > 0 {
			value = values[i-1]
		}
		f.set(field, value)
	})
	f.picks[field] = c
	return column(width, look.Field(label, c, ""))
}

// entry is a field whose value is typed.
func (f *auditFilter) entry(width float32, field, label, hint, note string) fyne.CanvasObject {
	e := look.NewFormField(label, look.NewEntry(hint), note)
	e.Entry.SetText(f.search.Value(field))
	e.Entry.OnChanged = func(text string) {
		e.Fault("")
		f.set(field, strings.TrimSpace(text))
	}
	e.Entry.OnSubmitted = func(string) { f.find() }
	f.types[field] = e
	return column(width, e.Body)
}

// column puts a field of that width at the top of its row.
func column(width float32, field fyne.CanvasObject) fyne.CanvasObject {
	return look.Fill(look.Sized(width, 0, look.Down(0, field, look.Spring())))
}

// set demands a value of a field.
func (f *auditFilter) set(field, value string) {
	f.search = f.search.With(field, value)
	f.show()
}

// show says what is written into the search field.
func (f *auditFilter) show() {
	text := look.Plain(string(f.search), 400)
	if text == "" {
		text = "Everything is found."
	}
	f.writes.SetText(text)
	f.sheet.Fit()
}

// clear demands nothing of the fields. Other words of the search stay.
func (f *auditFilter) clear() {
	for _, c := range f.picks {
		c.Pick(0)
	}
	for _, e := range f.types {
		e.Entry.SetText("")
	}
}

// find searches for what is written, once its times can be understood.
func (f *auditFilter) find() {
	good := true
	for _, field := range []string{"since", "until"} {
		value := f.search.Value(field)
		if _, err := app.Moment(value, time.Now()); err != nil && value != "" {
			f.types[field].Fault(sentence(err))
			good = false
		}
	}
	if !good {
		f.sheet.Fit()
		return
	}
	f.sheet.Close()
	f.p.find(f.search)
}
