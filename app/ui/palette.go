package ui

import (
	"maps"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"drawbridge/app/share"
	"drawbridge/app/ui/look"
)

// deedEntry is something that can be done from the palette.
type deedEntry struct {
	icon  string
	label string
	keys  string // that do the same; "" is none
	do    func()
}

// deeds are all that can be done now, those first that are done most.
func (w *window) deeds() []deedEntry {
	v := w.view
	all := []deedEntry{
		{"servers", "Show servers", chord("1"), func() { w.turn(serversAt) }},
		{"agents", "Show agents", chord("2"), w.showAgents},
		{"calls", "Show live calls", chord("3"), func() { w.turn(callsAt) }},
		{"audit", "Show the record", chord("4"), func() { w.turn(auditAt) }},
		{"settings", "Show settings", chord(","), func() { w.turn(settingsAt) }},
		{"key", "New token", chord("N"), w.newToken},
		{"plus", "Add a server", chord("Shift+N"), w.addServer},
		{"download", "Import servers from other applications", "", w.importServers},
		{"share", "Share all servers", chord("Shift+S"), func() { w.share(nil) }},
		{"key", "Let an agent in by its code", "", w.enterCode},
		{"shield", "Show rules", chord("R"), w.showRules},
		{"plus", "Add a rule", chord("Shift+R"), w.addRule},
		{"search", "Explain what would become of a call", "", func() { w.showRules(); w.win.Canvas().Focus(w.pages[agentsAt].(*agentsPage).rules.what.name) }},
		{"copy", "Copy address", "", func() { w.copy(w.app.Address()) }},
		{"shield", "Verify the record", "", func() { w.turn(auditAt); w.pages[auditAt].(*auditPage).check() }},
		{"download", "Export the record", "", func() { w.turn(auditAt); w.exportAudit(w.pages[auditAt].(*auditPage).wanted()) }},
		{"keyboard", "Keyboard shortcuts", chord("/"), w.showKeys},
		{"folder", "Open settings file", "", w.openConfig},
		{"close", "Quit Drawbridge", chord("Q"), w.quit},
	}
	if v.Raised {
		all = append(all, deedEntry{"hand", "Lower the bridge", chord("B"), w.flip})
	} else {
		all = append(all, deedEntry{"hand", "Raise the bridge", chord("B"), w.flip})
	}
	if len(w.questions.waiting) > 0 {
		title, _ := w.questions.first(false).brief()
		all = slices.Insert(all, 0, deedEntry{"question", "Answer: " + title, "", func() { w.questions.ask(w.questions.first(false)) }})
	}
	for i, t := range []string{"as the system", "light", "dark"} {
		all = append(all, deedEntry{"settings", "Theme: " + t, "", func() {
			w.act("The choice was not kept", func() error { return w.app.Choose("theme", themes[i]) })
		}})
	}
	return append(append(all, w.serverDeeds()...), w.agentDeeds()...)
}

// serverDeeds are what can be done to each server.
func (w *window) serverDeeds() (all []deedEntry) {
	for _, name := range slices.Sorted(maps.Keys(w.view.Servers)) {
		c := &serverCard{w: w, name: name, server: w.view.Servers[name]}
		if len(c.server.Held) > 0 {
			all = append(all, deedEntry{"search", "See what changed of " + plain(name), "", func() { w.lookAtPins(name) }})
		}
		if lockable(c.server.Package) {
			all = append(all, deedEntry{"lock", "Lock the package of " + plain(name), "", c.lock})
		}
		all = append(all,
			deedEntry{"share", "Share " + plain(name), "", func() { w.share([]string{name}) }},
			deedEntry{"logs", "Logs of " + plain(name), "", func() { w.logs(name) }},
			deedEntry{"restart", "Restart " + plain(name), "", c.restart},
			deedEntry{"play", "Start " + plain(name), "", c.start},
			deedEntry{"stop", "Stop " + plain(name), "", c.stop},
			deedEntry{"edit", "Edit " + plain(name), "", func() { w.editServer(name) }},
			deedEntry{"copy", "Copy address of " + plain(name), "", func() { w.copy(share.Endpoint(w.app.Address(), []string{name})) }},
			deedEntry{"trash", "Remove " + plain(name), "", c.remove},
		)
	}
	return all
}

// agentDeeds are what can be done about each agent.
func (w *window) agentDeeds() (all []deedEntry) {
	for _, name := range slices.Sorted(maps.Keys(w.view.Agents)) {
		c := &agentCard{w: w, name: name}
		all = append(all,
			deedEntry{"disconnect", "Disconnect " + plain(name), "", c.disconnect},
			deedEntry{"trash", "Revoke " + plain(name), "", c.revoke},
		)
		if w.view.RaisedFor[name] {
			all = append(all, deedEntry{"hand", "Lower the bridge for " + plain(name), "", func() { c.raise(false) }})
		} else {
			all = append(all, deedEntry{"hand", "Raise the bridge for " + plain(name), "", func() { c.raise(true) }})
		}
		if w.view.Agents[name].Hint != "" {
			all = append(all, deedEntry{"restart", "Rotate the token of " + plain(name), "", c.askRotate})
		}
	}
	return all
}

// palette is the dialog in which everything can be done by typing what it is.
type palette struct {
	w     *window
	sheet *look.Sheet
	entry *look.Entry
	all   []deedEntry
	found []int // of all
	at    int   // which of found
	list  *fyne.Container
	room  *container.Scroll
}

// paletteShown is how many deeds fit into sight.
const paletteShown = 9

// openPalette opens the palette, or closes it.
func (w *window) openPalette() {
	p := &palette{w: w, all: w.deeds(), entry: look.NewEntry("What do you want to do?"), list: look.Down(0)}
	p.entry.OnChanged = func(string) { p.sift() }
	p.entry.OnSubmitted = func(string) { p.do() }
	p.entry.OnKey = p.key
	p.room = container.NewVScroll(p.list)
	p.room.SetMinSize(fyne.NewSize(0, paletteShown*paletteRow))
	p.sheet = &look.Sheet{Width: 560, Body: look.Down(10, p.entry, p.room), Rolls: p.room, Bare: true}
	p.sift()
	w.sheet(p.sheet, p.entry)
}

// sift lists what has all the words that were typed.
func (p *palette) sift() {
	words := strings.Fields(strings.ToLower(p.entry.Text))
	p.found, p.at = nil, 0
	for i, d := range p.all {
		label := strings.ToLower(d.label)
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(label, w) }) {
			p.found = append(p.found, i)
		}
	}
	p.draw()
}

func (p *palette) draw() {
	p.list.Objects = nil
	for n, i := range p.found {
		p.list.Add(newPaletteRow(p.all[i], n == p.at, func() {
			p.at = n
			p.do()
		}))
	}
	if len(p.found) == 0 {
		p.list.Add(look.Inset(12, 8, 0, 12, look.NewText("Nothing is called that.", look.Note)))
	}
	p.list.Refresh()
	top := float32(p.at) * paletteRow
	if top < p.room.Offset.Y || top+paletteRow > p.room.Offset.Y+p.room.Size().Height {
		p.room.ScrollToOffset(fyne.NewPos(0, max(0, top-(paletteShown-1)*paletteRow/2)))
	}
}

// key moves the choice.
func (p *palette) key(key fyne.KeyName) bool {
	step := map[fyne.KeyName]int{fyne.KeyUp: -1, fyne.KeyDown: 1, fyne.KeyPageUp: -paletteShown, fyne.KeyPageDown: paletteShown}[key]
	if step == 0 || len(p.found) == 0 {
		return step != 0
	}
	p.at = min(max(p.at+step, 0), len(p.found)-1)
	p.draw()
	return true
}

func (p *palette) do() {
	if p.at >= len(p.found) {
		return
	}
	do := p.all[p.found[p.at]].do
	p.sheet.Close()
	do()
}

const paletteRow = 36

// newPaletteRow is a deed in the list; the one that Enter does is marked.
func newPaletteRow(d deedEntry, picked bool, do func()) fyne.CanvasObject {
	back := look.NewPanel(map[bool]fyne.ThemeColorName{true: look.Picked}[picked], 7)
	row := look.Across(11, look.NewIcon(look.Drawing(d.icon), 17, look.Muted), look.Fill(look.NewText(d.label, look.Body)), look.NewText(d.keys, look.CodeNote))
	return look.Sized(0, paletteRow, look.NewTappable(look.Over(back, look.Inset(0, 12, 0, 12, row)), do))
}
