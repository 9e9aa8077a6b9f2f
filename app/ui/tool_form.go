package ui

import (
	"encoding/json"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/settings"
	"drawbridge/app/ui/look"
)

// toolForm is the dialog that shows the tunnel tools that are known, and has the bridge run one.
type toolForm struct {
	w     *window
	tools []app.TunnelTool
	sheet *look.Sheet
	fault *fault
	add   *look.Button

	tool    *look.Choice
	note    *look.Prose
	reader  *fyne.Container
	name    *look.FormField
	url     *look.FormField
	command *look.FormField
	secret  *look.FormField // there where the tool has one
	block   *look.CodeBlock // the entry in the settings file
}

const toolWidth = 620

// tunnelTools opens the dialog.
func (w *window) tunnelTools() *toolForm {
	f := &toolForm{w: w, tools: app.TunnelTools(), fault: newFault(toolWidth - 42), note: look.NewProse("", look.Note, toolWidth-42), reader: look.Down(0)}
	var names []string
	for _, t := range f.tools {
		names = append(names, t.Name)
	}
	f.tool = look.NewChoice(names, func(int) { f.fill() })
	f.url = look.NewFormField("Public address", look.NewEntry("https://bridge.example.com"), "Where agents will reach it: the host name that the tool gives you")
	f.command = look.NewFormField("Command", look.NewEntry(""), "{address}, {port}, {url} and {host} are filled in when it starts")
	f.secret = look.NewFormField("Token", look.NewSecret(""), "")
	f.name = look.NewFormField("Name of the tunnel", look.NewEntry(""), "How you will recognise it here")
	f.block = look.NewCodeBlock("")
	f.block.With(look.NewButton(look.Ghost, "copy", "", func() { w.copy(f.block.Text()) }))
	for _, field := range f.fields() {
		field.Entry.OnChanged = func(string) { f.check() }
		field.Entry.OnSubmitted = func(string) { f.save() }
	}
	f.open()
	return f
}

func (f *toolForm) fields() []*look.FormField {
	return []*look.FormField{f.url, f.command, f.secret, f.name}
}

func (f *toolForm) open() {
	body := look.Down(16, look.Field("Tool", look.Down(8, f.tool, f.note), ""), f.reader, f.url.Body, f.command.Body, f.secret.Body, f.name.Body,
		look.Field("In the settings file", f.block, "Below \"tunnels\": paste it there yourself, or have it added"))
	f.sheet = &look.Sheet{Title: "Other tunnel tools", Note: "A tool that you have gives the bridge an address. Drawbridge starts it, and ends it when the tunnel is turned off.", Width: toolWidth, Body: body, Foot: f.fault.body}
	f.fault.moved = f.sheet.Fit
	f.add = look.NewButton(look.Primary, "plus", "Add tunnel", f.save)
	f.sheet.Acts = []fyne.CanvasObject{look.NewButton(look.Soft, "", "Cancel", f.sheet.Close), f.add}
	f.fill()
	f.w.sheet(f.sheet, f.tool)
}

// fill writes the tool that is chosen into the fields. What was typed as the address stays.
func (f *toolForm) fill() {
	t := f.tools[f.tool.At()]
	name, entry := t.Entry.Beside(f.w.app.Settings().Tunnels)
	f.note.SetText(t.Note)
	f.reader.Objects = []fyne.CanvasObject{reader(entry.End())}
	f.name.Entry.SetText(name)
	f.command.Entry.SetText(joinCommand(entry.Command, onWindows))
	f.secret.Entry.SetText("")
	variable, key := entry.Secret()
	visible(f.secret.Body, variable != "")
	f.secret.Hint("The keychain keeps it as " + key + ". Leave it empty if it is there already")
	f.check()
}

// read is the entry that the fields describe; of what is empty yet it has the example.
func (f *toolForm) read() (entry app.TunnelEntry, err error) {
	_, entry = f.tools[f.tool.At()].Entry.Beside(f.w.app.Settings().Tunnels)
	if url := strings.TrimSpace(f.url.Entry.Text); url != "" {
		entry.URL = url
	}
	words, err := splitCommand(f.command.Entry.Text, onWindows)
	if err == nil {
		entry.Command = words
	}
	return entry, err
}

// check shows what the settings file would have, and says beside each field what is wrong with what was typed. An empty field is not
// wrong yet.
func (f *toolForm) check() {
	f.fault.hide()
	for _, field := range f.fields() {
		field.Fault("")
	}
	entry, err := f.read()
	if err != nil {
		f.command.Fault(err.Error())
	} else if app.SecretArguments(entry.Command) {
		f.command.Fault("This looks like a secret, and the settings file would have it as plain text.")
	}
	name := f.called()
	if slices.ContainsFunc(f.w.app.Settings().Tunnels, func(t settings.Tunnel) bool { return t.Name == name }) {
		f.name.Fault("There is a tunnel of that name already.")
	} else if fits := settings.FitName(name); name != "" && fits != name {
		f.name.Fault("A name is made of a-z, 0-9 and -, such as " + fits + ".")
	}
	f.block.SetText(entryText(name, entry))
	f.sheet.Fit()
}

// called is the name that was typed.
func (f *toolForm) called() string { return strings.TrimSpace(f.name.Entry.Text) }

// entryText is an entry as a person would write it below "tunnels".
func entryText(name string, e app.TunnelEntry) string {
	var lines []string
	add := func(key string, value any) {
		text, _ := json.Marshal(value) // of text
		lines = append(lines, "  \""+key+"\": "+strings.ReplaceAll(string(text), "\",\"", "\", \""))
	}
	add("driver", e.Driver)
	add("url", e.URL)
	add("listen", e.Listen)
	if e.TLSEnd != "" {
		add("tlsEnd", e.TLSEnd)
	}
	lines = append(lines, "  \"command\": "+wordList(e.Command))
	if len(e.Env) > 0 {
		add("env", e.Env)
	}
	return "\"" + name + "\": {\n" + strings.Join(lines, ",\n") + "\n}"
}

// wordList is a list of words as JSON, on lines that are not cut.
func wordList(words []string) string {
	const most = 64
	text, line := "[", 14 // what stands before it
	for i, w := range words {
		quoted, _ := json.Marshal(w) // of text
		if i > 0 {
			text += ","
			if line += len(quoted) + 2; line > most {
				text, line = text+"\n    ", 4+len(quoted)
			} else {
				text += " "
			}
		} else {
			line += len(quoted)
		}
		text += string(quoted)
	}
	return text + "]"
}

// missing says beside a field what has still to be written.
func (f *toolForm) missing(entry app.TunnelEntry) {
	if blank := entry.Blank(); blank != "" {
		f.command.Fault("Write your own in place of " + blank + ".")
	}
	if strings.TrimSpace(f.url.Entry.Text) == "" {
		f.url.Fault("Write the address that agents will use.")
	}
	if f.called() == "" {
		f.name.Fault("Give the tunnel a name.")
	}
	f.sheet.Fit()
}

func (f *toolForm) save() {
	f.check()
	entry, _ := f.read() // what is wrong with it stands beside the field
	f.missing(entry)
	for _, field := range f.fields() {
		if field.Wrong() != "" {
			f.w.win.Canvas().Focus(field.Entry)
			return
		}
	}
	name, secret := f.called(), f.secret.Entry.Text
	f.add.Disable()
	f.w.work.Go(func() {
		err := f.keep(name, secret, entry)
		f.w.do(func() {
			f.add.Enable()
			if err != nil {
				f.fault.show(err)
				return
			}
			f.sheet.Close()
			f.w.look(bridgeChanged)
		})
	})
}

// keep puts the tool's secret into the keychain, if there is one, and the tunnel into the settings file.
func (f *toolForm) keep(name, secret string, entry app.TunnelEntry) error {
	if _, key := entry.Secret(); key != "" && secret != "" {
		if err := f.w.app.SetSecret(key, secret); err != nil {
			return err
		}
	}
	return f.w.app.Choose("tunnels."+name, entry.JSON())
}
