package ui

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/settings"
	"drawbridge/app/ui/look"
)

// serverForm is the dialog for a new server, or for one that is there.
type serverForm struct {
	w       *window
	old     string // the name of the server that is edited; "" for a new one
	sheet   *look.Sheet
	name    *look.FormField
	command *look.FormField
	dir     *look.FormField
	env     *look.FormField
	share   *look.Segments
	hide    *look.Check // keeps secrets in the keychain
	secrets fyne.CanvasObject
	trial   *trial
	fault   *fault
	submit  *look.Button
}

// shares are who may share a process of a server, as config.json has it.
var shares = []struct{ label, value string }{{"Automatic", ""}, {"Each session", "session"}, {"Each agent", "agent"}, {"Everybody", "all"}}

const formWidth = 600

// addServer opens the dialog for a new server.
func (w *window) addServer() { w.serverForm(app.NewServer{}, "") }

// editServer opens the dialog for a server that is there.
func (w *window) editServer(name string) {
	s, err := w.app.ConfiguredServer(name)
	if err != nil {
		w.notice.show("Could not edit "+plain(name), err)
		return
	}
	w.serverForm(s, name)
}

func (w *window) serverForm(s app.NewServer, old string) *serverForm {
	f := &serverForm{w: w, old: old, fault: newFault(formWidth - 42)}
	f.name = look.NewFormField("Name", look.NewEntry("filesystem"), "Agents see it in addresses and in front of tool names")
	f.command = look.NewFormField("Command", look.NewEntry("npx -y @modelcontextprotocol/server-filesystem /home/me/Documents"), "Started directly, without a shell: no pipes and no $VARIABLES")
	f.env = look.NewFormField("Environment", look.NewLines("API_KEY=${keychain:my-api-key}", 3), "One NAME=value a line. ${keychain:NAME} stands for a secret")
	f.dir = look.NewFormField("Folder", look.NewEntry("Your home folder"), "Where it runs")
	labels := make([]string, len(shares))
	for i, s := range shares {
		labels[i] = s.label
	}
	f.share = look.NewSegments(func(int) {}, labels...)
	f.hide = look.NewCheck("", nil)
	f.hide.SetChecked(true)
	f.secrets = look.Inset(-6, 0, -4, -6, f.hide)
	f.trial = newTrial(w, formWidth-42, func() { f.sheet.Fit() })
	f.fill(s)
	for _, field := range f.fields() {
		field.Entry.OnChanged = func(string) { f.check() }
		field.Entry.OnSubmitted = func(string) { f.submit.Tapped(nil) }
	}
	f.open()
	return f
}

func (f *serverForm) fields() []*look.FormField {
	return []*look.FormField{f.name, f.command, f.env, f.dir}
}

// fill writes s into the fields.
func (f *serverForm) fill(s app.NewServer) {
	f.name.Entry.SetText(s.Name)
	if len(s.Command) > 0 {
		f.command.Entry.SetText(joinCommand(s.Command, onWindows))
	}
	f.env.Entry.SetText(joinEnv(s.Env))
	f.dir.Entry.SetText(s.Dir)
	for i := range shares {
		if shares[i].value == s.Share {
			f.share.Pick(i)
		}
	}
}

func (f *serverForm) open() {
	title, note, verb := "Add a server", "A program on this computer that speaks MCP on its standard input and output.", "Add server"
	parts := []fyne.CanvasObject{f.name.Body, f.command.Body, f.env.Body, f.secrets, f.dir.Body,
		look.Field("Processes", look.Across(0, f.share), "Who shares one. Automatic is each session for older servers, everybody for stateless ones"), f.trial.body}
	first := fyne.Focusable(f.name.Entry)
	if f.old != "" {
		title, note, verb = "Edit "+plain(f.old), "Its processes end when you save, and new ones start as they are needed.", "Save"
		parts, first = parts[1:], f.command.Entry
	}
	f.submit = look.NewButton(look.Primary, "", verb, f.save)
	f.sheet = &look.Sheet{Title: title, Note: note, Width: formWidth, Body: look.Down(16, parts...), Foot: f.fault.body, Closed: f.trial.stop}
	f.fault.moved = f.sheet.Fit
	f.sheet.Acts = []fyne.CanvasObject{
		look.NewButton(look.Soft, "play", "Try it", f.try), look.Spring(),
		look.NewButton(look.Soft, "", "Cancel", f.sheet.Close), f.submit,
	}
	f.check()
	f.w.sheet(f.sheet, first)
}

// check says beside each field what is wrong with what was typed so far. An empty field is not wrong yet.
func (f *serverForm) check() {
	f.fault.hide()
	f.name.Fault("")
	if name := f.name.Entry.Text; name != "" && f.old == "" {
		if err := settings.CheckName(name); err != nil {
			f.name.Fault(sentence(err))
		} else if _, taken := f.w.view.Servers[name]; taken {
			f.name.Fault("There is a server of that name already.")
		}
	}
	f.command.Fault("")
	words, err := splitCommand(f.command.Entry.Text, onWindows)
	if f.command.Entry.Text != "" && err != nil {
		f.command.Fault(err.Error())
	} else if app.SecretArguments(words) {
		f.command.Fault("This looks like a secret, and the settings file would have it as plain text. Most servers also take it from a variable.")
	}
	f.env.Fault("")
	env, err := splitEnv(f.env.Entry.Text)
	if err != nil {
		f.env.Fault(err.Error())
	}
	names := app.SecretVariables(env)
	visible(f.secrets, len(names) > 0)
	f.hide.SetText("Keep " + plain(listed(names, 3)) + " in the keychain, not in the settings file")
	if f.sheet != nil {
		f.sheet.Fit()
	}
}

// read is the server that the fields describe.
func (f *serverForm) read() (s app.NewServer, err error) {
	s.Name, s.Dir, s.Share = strings.TrimSpace(f.name.Entry.Text), strings.TrimSpace(f.dir.Entry.Text), shares[f.share.At()].value
	if s.Command, err = splitCommand(f.command.Entry.Text, onWindows); err != nil {
		return s, err
	}
	s.Env, err = splitEnv(f.env.Entry.Text)
	return s, err
}

// hidden are the variables whose values go into the keychain.
func (f *serverForm) hidden(s app.NewServer) []string {
	if !f.hide.Checked {
		return nil
	}
	return app.SecretVariables(s.Env)
}

func (f *serverForm) try() {
	s, err := f.read()
	if err != nil {
		f.fault.show(err)
		return
	}
	if s.Name == "" {
		s.Name = "new"
	}
	f.fault.hide()
	f.trial.start(s)
}

func (f *serverForm) save() {
	s, err := f.read()
	if err == nil && s.Name == "" {
		err = reason("Give the server a name.")
		f.w.win.Canvas().Focus(f.name.Entry)
	}
	if err != nil {
		f.fault.show(err)
		return
	}
	hide := f.hidden(s)
	f.submit.Disable()
	f.w.work.Go(func() {
		err := f.keep(s, hide)
		f.w.do(func() {
			f.submit.Enable()
			if err != nil {
				f.w.failing(f.sheet, f.fault, "The server was not kept", err)
				return
			}
			f.sheet.Close()
		})
	})
}

func (f *serverForm) keep(s app.NewServer, hide []string) error {
	if f.old == "" {
		return f.w.app.ImportServers([]app.Import{{Server: s, Hide: hide}})
	}
	for _, name := range hide {
		key := app.SecretName(s.Name, name)
		if err := f.w.app.SetSecret(key, s.Env[name]); err != nil {
			return err
		}
		s.Env[name] = "${keychain:" + key + "}"
	}
	return f.w.app.ChangeServer(s)
}

// joinEnv is the text that splitEnv takes apart into these variables again.
func joinEnv(env map[string]string) string {
	var lines []string
	for name, value := range env {
		lines = append(lines, name+"="+value)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// sentence is an error as one reads it under a field.
func sentence(err error) string {
	if err.Error() == "" {
		return ""
	}
	return capital(err.Error()) + "."
}

// capital begins a text with a capital letter.
func capital(text string) string {
	first, n := utf8.DecodeRuneInString(text)
	if n == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + text[n:]
}
