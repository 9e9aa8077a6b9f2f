package ui

import (
	"maps"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
)

// tokenForm is the dialog that approves an agent by giving it a token.
type tokenForm struct {
	w       *window
	sheet   *look.Sheet
	name    *look.Entry
	every   *look.Check
	names   []string      // of the servers to choose from
	servers []*look.Check // a box for each name
	tools   *look.Entry
	expires *look.Segments
	fault   *fault
	create  *look.Button
}

// lives are the lengths of life that a token can be given.
var lives = []struct {
	label string
	life  time.Duration // 0 is for ever
}{
	{"7 days", 7 * 24 * time.Hour},
	{"30 days", 30 * 24 * time.Hour},
	{"90 days", 90 * 24 * time.Hour},
	{"1 year", 365 * 24 * time.Hour},
	{"Never", 0},
}

// newToken opens the dialog for a new agent.
func (w *window) newToken() {
	f := &tokenForm{
		w: w, name: look.NewEntry("claude-laptop"), tools: look.NewEntry("All tools"), fault: newFault(518),
	}
	f.every = look.NewCheck("Every server, also those added later", f.everyChanged)
	f.create = look.NewButton(look.Primary, "", "Create token", f.submit)
	f.name.OnSubmitted = func(string) { f.create.Tapped(nil) }
	f.tools.OnSubmitted = func(string) { f.create.Tapped(nil) }
	labels := make([]string, len(lives))
	for i, l := range lives {
		labels[i] = l.label
	}
	f.expires = look.NewSegments(func(int) {}, labels...)
	f.expires.Pick(2)
	body := look.Down(18,
		look.Field("Name", f.name, "How you will recognise this agent here and in the records"),
		look.Field("Servers it may use", f.choices(), ""),
		look.Field("Tools", f.tools, "Optional. Names or patterns such as read_*, search_*; leave it empty for all tools"),
		look.Field("Expires", look.Across(0, f.expires), ""),
	)
	f.sheet = &look.Sheet{Title: "New token", Note: "A token approves one agent. Give every agent its own, so that you can tell them apart and take one back.", Width: 560, Body: body, Foot: f.fault.body}
	f.fault.moved = f.sheet.Fit
	f.sheet.Acts = []fyne.CanvasObject{look.NewButton(look.Soft, "", "Cancel", f.sheet.Close), f.create}
	w.sheet(f.sheet, f.name)
}

// choices are the boxes of the servers. Nothing is ticked unless there is nothing to choose.
func (f *tokenForm) choices() fyne.CanvasObject {
	f.names = slices.Sorted(maps.Keys(f.w.view.Servers))
	boxes := look.Down(0, f.every)
	for _, name := range f.names {
		label := name
		if n := len(f.w.view.Servers[name].Tools); n > 0 {
			label = name + "  (" + count(n, "tool") + ")"
		}
		c := look.NewCheck(plain(label), nil)
		f.servers = append(f.servers, c)
		boxes.Add(c)
	}
	if len(f.servers) == 1 {
		f.servers[0].SetChecked(true)
	}
	return look.Inset(-4, 0, -4, -6, boxes)
}

func (f *tokenForm) everyChanged(on bool) {
	for _, c := range f.servers {
		if on {
			c.Disable()
		} else {
			c.Enable()
		}
	}
}

// chosen are the servers that are ticked; nil is every one.
func (f *tokenForm) chosen() ([]string, error) {
	if f.every.Checked {
		return nil, nil
	}
	var picked []string
	for i, c := range f.servers {
		if c.Checked {
			picked = append(picked, f.names[i])
		}
	}
	if len(picked) == 0 {
		return nil, reason("Tick the servers that this agent may use.")
	}
	return picked, nil
}

func (f *tokenForm) submit() {
	name := strings.TrimSpace(f.name.Text)
	if name == "" {
		f.fault.show(reason("Give the agent a name."))
		f.w.win.Canvas().Focus(f.name)
		return
	}
	servers, err := f.chosen()
	if err != nil {
		f.fault.show(err)
		return
	}
	tools := globs(f.tools.Text)
	life := lives[f.expires.At()].life
	f.create.Disable()
	f.w.work.Go(func() {
		token, err := f.w.app.NewToken(name, servers, tools, life)
		f.w.do(func() {
			f.create.Enable()
			if err != nil {
				f.w.failing(f.sheet, f.fault, "No token was made", err)
				return
			}
			f.sheet.Close()
			f.w.showToken(name, token, servers)
		})
	})
}

// globs takes "read_*, search" apart; nil is no limit.
func globs(text string) []string {
	all := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' })
	if len(all) == 0 {
		return nil // an empty list would be no tool at all
	}
	return all
}
