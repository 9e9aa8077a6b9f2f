package ui

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/found"
	"drawbridge/app/ui/look"
)

// importForm lists the servers that other applications have, to be ticked and taken over.
type importForm struct {
	w       *window
	body    *fyne.Container
	width   float32
	rows    []*importRow
	hide    *look.Check // keeps secrets in the keychain
	fault   *fault
	take    *look.Button
	done    func() // after the import; nil is nothing
	changed func() // what is around it needs another place
}

// importRow is one server that can be ticked.
type importRow struct {
	server found.Server
	tick   *look.Check
}

// newImportForm makes a form for what was found, at that width.
func newImportForm(w *window, sources []found.Source, width float32) *importForm {
	f := &importForm{w: w, width: width, body: look.Down(14), fault: newFault(width), changed: func() {}}
	f.take = look.NewButton(look.Primary, "download", "", f.submit)
	f.fault.moved = func() { f.changed() }
	f.hide = look.NewCheck("Keep secrets in the keychain, not in the settings file", nil)
	f.hide.SetChecked(true)
	taken := map[string]bool{}
	for name := range w.view.Servers {
		taken[name] = true
	}
	secrets := false
	for _, s := range sources {
		card, some := f.source(s, taken)
		secrets = secrets || some
		f.body.Add(card)
	}
	if secrets {
		f.body.Add(look.Inset(0, 0, 0, 6, f.hide))
	}
	f.body.Add(f.fault.body)
	f.tell()
	return f
}

// source is a card for one application's file. It reports whether a server of it has secrets.
func (f *importForm) source(s found.Source, taken map[string]bool) (card fyne.CanvasObject, secrets bool) {
	rows := look.Down(10, look.Across(10, look.NewText(s.Title, look.Strong), look.Fill(look.NewText(plain(s.File), look.CodeNote))))
	if s.Err != nil {
		rows.Add(look.NewProse("It could not be read: "+plain(s.Err.Error()), look.Note, f.width-40))
	}
	for _, sv := range s.Servers {
		rows.Add(f.row(sv, taken))
		secrets = secrets || len(app.SecretVariables(sv.Env)) > 0
	}
	for _, o := range s.Others {
		rows.Add(look.Inset(0, 0, 0, 30, look.NewText(plain(o.Title)+" cannot be taken: "+plain(o.Why), look.Caption)))
	}
	return look.Card(rows), secrets
}

// row is one server, with its exact command. One that is here already, or switched off there, is not ticked.
func (f *importForm) row(sv found.Server, taken map[string]bool) fyne.CanvasObject {
	r := &importRow{server: sv}
	r.tick = look.NewCheck("", func(bool) { f.tell() })
	command := append([]string{sv.Command}, sv.Args...)
	lines := look.Down(2, look.NewProse(plain(joinCommand(command, onWindows)), look.CodeNote, f.width-80))
	note := func(text string) { lines.Add(look.NewProse(plain(text), look.Caption, f.width-80)) }
	label := sv.Name
	if sv.Title != sv.Name {
		label += "  (there: " + plain(sv.Title) + ")"
	}
	if sv.Project != "" {
		note("Of the project " + sv.Project)
	}
	switch {
	case f.here(command):
		note("It is here already.")
	case taken[sv.Name]:
		r.server.Name = f.free(sv.Name, taken)
		label = r.server.Name + "  (there: " + plain(sv.Title) + ")"
		fallthrough
	default:
		r.tick.SetChecked(!sv.Disabled)
	}
	if sv.Disabled {
		note("It is switched off there.")
	}
	if secrets := app.SecretVariables(sv.Env); len(secrets) > 0 {
		note("Its environment holds secrets: " + listed(secrets, 4))
	}
	if app.SecretArguments(command) {
		note("Its command holds what looks like a secret. The settings file would have it as plain text.")
	}
	for _, n := range sv.Notes {
		note(n)
	}
	taken[r.server.Name] = true
	r.tick.SetText(label)
	f.rows = append(f.rows, r)
	return look.Down(0, look.Inset(-4, 0, -1, -6, r.tick), look.Inset(0, 0, 0, 26, lines))
}

// here reports whether a server with that command is configured.
func (f *importForm) here(command []string) bool {
	for _, s := range f.w.view.Servers {
		if joinCommand(s.Command, onWindows) == joinCommand(command, onWindows) {
			return true
		}
	}
	return false
}

// free is a name like name that is not taken.
func (f *importForm) free(name string, taken map[string]bool) string {
	for n := 2; ; n++ {
		if other := fmt.Sprintf("%.28s-%d", name, n); !taken[other] {
			return other
		}
	}
}

// ticked are the servers to import.
func (f *importForm) ticked() (all []app.Import) {
	for _, r := range f.rows {
		if r.tick.Checked {
			i := app.ImportOf(r.server)
			i.Disabled = false // the owner ticked it
			if !f.hide.Checked {
				i.Hide = nil
			}
			all = append(all, i)
		}
	}
	return all
}

// tell says on the button what a press would do.
func (f *importForm) tell() {
	n := 0
	for _, r := range f.rows {
		if r.tick.Checked {
			n++
		}
	}
	f.take.Set(look.Primary, "Import "+count(n, "server"))
	if n == 0 {
		f.take.Disable()
	} else {
		f.take.Enable()
	}
}

func (f *importForm) submit() {
	all := f.ticked()
	f.take.Disable()
	f.fault.hide()
	f.w.work.Go(func() {
		err := f.w.app.ImportServers(all)
		f.w.do(func() {
			f.take.Enable()
			if err != nil {
				f.fault.show(reason("Nothing was imported: " + err.Error()))
				return
			}
			if f.done != nil {
				f.done()
			}
		})
	})
}

// importServers opens the dialog that takes servers over from other applications.
func (w *window) importServers() {
	w.work.Go(func() {
		sources := w.app.FindServers()
		w.do(func() { w.importSheet(sources) })
	})
}

func (w *window) importSheet(sources []found.Source) {
	const width = 700
	s := &look.Sheet{Title: "Import servers", Note: "Those that other applications on this computer have. Their files are left as they are.", Width: width}
	if len(sources) == 0 {
		s.Body = look.NewProse("No application with servers was found. Looked for "+knownApps()+".", look.Body, s.Inner())
		done := look.NewButton(look.Primary, "", "Done", s.Close)
		s.Acts = []fyne.CanvasObject{done}
		w.sheet(s, done)
		return
	}
	f := newImportForm(w, sources, s.Inner()-10)
	f.done, f.changed = s.Close, s.Fit
	s.Body = f.body
	s.Acts = []fyne.CanvasObject{look.NewButton(look.Soft, "", "Cancel", s.Close), f.take}
	w.sheet(s, f.take)
}

// knownApps are the applications whose servers can be found.
func knownApps() string {
	var names []string
	for _, a := range found.Apps() {
		names = append(names, a.Title)
	}
	return listed(names, len(names))
}

// described is what was found, in a line.
func described(sources []found.Source) string {
	n := 0
	var apps []string
	for _, s := range sources {
		n += len(s.Servers)
		if len(s.Servers) > 0 && !strings.Contains(strings.Join(apps, "\n"), s.Title) {
			apps = append(apps, s.Title)
		}
	}
	if n == 0 {
		return ""
	}
	return count(n, "server") + " of " + listed(apps, 4)
}
