package ui

import (
	"slices"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/settings"
	"drawbridge/app/ui/look"
	"drawbridge/tunnel"
)

// tunnelForm is the dialog for a new address by which agents elsewhere come, or for one that is there.
type tunnelForm struct {
	w      *window
	old    string // the name of the tunnel that is edited; "" for a new one
	sheet  *look.Sheet
	fault  *fault
	submit *look.Button

	kinds  []*tunnelKind
	choice *look.Segments
	kind   *tunnelKind // that is chosen
	note   *look.Prose
	reader *fyne.Container // who can read
	lacks  *fyne.Container // that this program has no such kind
	lack   *look.Prose
	room   *fyne.Container // the fields of the kind
	name   *tunnelField
	named  string // what was suggested as the name
	sent   bool   // what is empty is wrong from then on
	busy   bool   // it is being kept
}

const tunnelWidth = 620

// addTunnel opens the dialog for a new address.
func (w *window) addTunnel() *tunnelForm { return w.tunnelForm(settings.Tunnel{}) }

// addTool opens it where a tool gives the address.
func (w *window) addTool() *tunnelForm {
	f := w.addTunnel()
	f.choice.Pick(len(f.kinds) - 1)
	return f
}

// editTunnel opens the dialog for a tunnel that is there.
func (w *window) editTunnel(name string) {
	for _, t := range w.app.Settings().Tunnels {
		if t.Name == name {
			w.tunnelForm(t)
			return
		}
	}
	w.notice.show("Could not edit "+plain(name), reason("The settings file does not have it any more."))
}

func (w *window) tunnelForm(t settings.Tunnel) *tunnelForm {
	f := &tunnelForm{w: w, old: t.Name, fault: newFault(tunnelWidth - 42), note: look.NewProse("", look.Note, tunnelWidth-42), reader: look.Down(0), room: look.Down(0)}
	f.lack = look.NewProse("", look.Body, tunnelWidth-90)
	f.lacks = look.Strip(look.Warn, f.lack)
	f.name = newTunnelField("", "Name", "lan", "How you will recognise it here", func(t *settings.Tunnel) *string { return &t.Name })
	f.kinds = []*tunnelKind{f.directKind(), f.sshKind(), f.tailnetKind(), f.toolKind()}
	var labels []string
	for _, k := range f.kinds {
		k.put(k.first)
		labels = append(labels, k.label)
	}
	f.choice = look.NewSegments(func(i int) { f.turn(f.kinds[i]) }, labels...)
	f.kind = f.kinds[0]
	if f.old != "" {
		f.kind = f.kinds[max(0, slices.IndexFunc(f.kinds, func(k *tunnelKind) bool { return k.driver == t.Driver }))]
		f.kind.put(t)
	}
	for _, field := range f.fields() {
		field.Entry.OnChanged = func(string) { f.check() }
		field.Entry.OnSubmitted = func(string) { f.save() }
	}
	f.open(t.Disabled)
	return f
}

// fields are those of every kind.
func (f *tunnelForm) fields() []*tunnelField {
	all := []*tunnelField{f.name}
	for _, k := range f.kinds {
		all = append(all, k.all()...)
	}
	return all
}

func (f *tunnelForm) open(off bool) {
	title, note, verb := "Add an address", "Agents on other computers connect by it. Who may enter is asked there as here.", "Add address"
	parts := []fyne.CanvasObject{look.Down(10, look.Across(0, f.choice), f.note), f.lacks, f.reader, f.room, f.name.Body}
	first := fyne.Focusable(f.choice)
	if f.old != "" {
		title, note, verb = "Edit "+plain(f.old), "It is opened anew when you save, and whoever is connected by it is cut off.", "Save"
		if off {
			note = "It is turned off, and stays so until you turn it on."
		}
		parts, first = []fyne.CanvasObject{f.note, f.lacks, f.reader, f.room}, f.kind.fields[0].Entry
	}
	f.submit = look.NewButton(look.Primary, "", verb, f.save)
	f.sheet = &look.Sheet{Title: title, Note: note, Width: tunnelWidth, Body: look.Down(16, parts...), Foot: f.fault.body}
	f.fault.moved = f.sheet.Fit
	f.sheet.Acts = []fyne.CanvasObject{look.NewButton(look.Soft, "", "Cancel", f.sheet.Close), f.submit}
	f.turn(f.kind)
	f.w.sheet(f.sheet, first)
}

// fit gives the dialog the height that it needs now.
func (f *tunnelForm) fit() {
	if f.sheet != nil {
		f.sheet.Fit()
	}
}

// turn shows another kind. What was typed for the others stays.
func (f *tunnelForm) turn(k *tunnelKind) {
	f.kind, f.sent = k, false
	f.note.SetText(k.note)
	f.room.Objects = []fyne.CanvasObject{k.body}
	f.suggest()
	f.check()
	if k.begin != nil {
		k.begin()
	}
}

// suggest gives a new tunnel a name that fits what is chosen, unless the owner has thought of one.
func (f *tunnelForm) suggest() {
	if f.old != "" || f.name.text() != f.named {
		return
	}
	f.named = app.TunnelBeside(f.kind.first, f.w.app.Settings().Tunnels).Name
	f.name.Entry.SetText(f.named)
}

// check shows who can read, and says beside each field what is wrong with what was typed.
func (f *tunnelForm) check() {
	if f.sheet == nil { // nothing is shown yet
		return
	}
	f.fault.hide()
	f.wrong()
	f.sheet.Fit()
}

// read is the tunnel that the fields describe, and what the keychain is to have for it. What cannot be read is said beside its field.
func (f *tunnelForm) read() (t settings.Tunnel, keep secrets) {
	keep = secrets{}
	if t.Name = f.old; f.old == "" {
		t.Name = f.name.text()
	}
	f.kind.take(&t, keep)
	return t, keep
}

// wrong says beside each field what is wrong with it, and returns the tunnel with the first that is. An empty field is not wrong
// before the form is sent.
func (f *tunnelForm) wrong() (t settings.Tunnel, keep secrets, first fyne.Focusable) {
	all := append(f.kind.all(), f.name)
	for _, field := range all {
		field.Fault("")
	}
	t, keep = f.read()
	faults := app.CheckTunnel(t)
	for _, field := range all {
		i := slices.IndexFunc(faults, func(x tunnel.Fault) bool { return x.Field == field.key })
		if i >= 0 && field.Wrong() == "" && (f.sent || field.text() != "") {
			field.Fault(capital(faults[i].Do) + ".")
		}
	}
	if f.kind.wrong != nil {
		f.kind.wrong(t, f.sent)
	}
	f.misnamed(t.Name)
	f.reader.Objects = []fyne.CanvasObject{reader(app.TunnelEnd(t))}
	f.missing(faults)
	for _, field := range all {
		if field.Wrong() == "" {
			continue
		}
		if slices.Contains(f.kind.others, field) {
			f.kind.rare.show(true)
		}
		if first == nil {
			first = field.Entry
		}
	}
	return t, keep, first
}

// misnamed says what is wrong with the name of a new tunnel.
func (f *tunnelForm) misnamed(name string) {
	switch {
	case f.old != "":
	case name == "" && f.sent:
		f.name.Fault("Give it a name.")
	case slices.ContainsFunc(f.w.app.Settings().Tunnels, func(t settings.Tunnel) bool { return t.Name == name }):
		f.name.Fault("There is a tunnel of that name already.")
	}
}

// missing says that this program cannot do what is chosen, where that is so.
func (f *tunnelForm) missing(faults []tunnel.Fault) {
	i := slices.IndexFunc(faults, func(x tunnel.Fault) bool { return x.Field == "driver" })
	visible(f.lacks, i >= 0)
	if i >= 0 {
		f.lack.SetText(capital(faults[i].What) + ". " + capital(faults[i].Do) + ".")
	}
	f.ready()
}

// ready has the button be pressed only where that does something.
func (f *tunnelForm) ready() {
	if f.busy || f.lacks.Visible() {
		f.submit.Disable()
	} else {
		f.submit.Enable()
	}
}

func (f *tunnelForm) save() {
	if f.busy {
		return
	}
	f.sent = true
	f.fault.hide()
	t, keep, first := f.wrong()
	f.sheet.Fit()
	if first != nil {
		f.w.win.Canvas().Focus(first)
		return
	}
	if f.lacks.Visible() {
		return
	}
	f.busy = true
	f.ready()
	f.w.work.Go(func() {
		err := f.keep(t, keep)
		f.w.do(func() {
			f.busy = false
			f.ready()
			if err != nil {
				f.w.failing(f.sheet, f.fault, "The address "+plain(t.Name)+" was not kept", err)
				return
			}
			f.sheet.Close()
			f.w.look(bridgeChanged)
		})
	})
}

// keep puts the secrets into the keychain, and the tunnel into the settings file.
func (f *tunnelForm) keep(t settings.Tunnel, keep secrets) error {
	if err := keep.keep(f.w.app); err != nil {
		return err
	}
	if f.old != "" {
		return f.w.app.ChangeTunnel(t)
	}
	return f.w.app.PutTunnel(t)
}
