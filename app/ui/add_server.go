package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"drawbridge/app/ui/look"
)

// serverForm is the dialog for a new server.
type serverForm struct {
	w       *window
	sheet   *look.Sheet
	name    *look.Entry
	command *look.Entry
	env     *look.Entry
	fault   *fault
	add     *look.Button
}

// addServer opens the dialog for a new server.
func (w *window) addServer() {
	f := &serverForm{
		w: w, name: look.NewEntry("filesystem"),
		command: look.NewEntry("npx -y @modelcontextprotocol/server-filesystem /home/me/Documents"),
		env:     look.NewLines("API_KEY=${keychain:my-api-key}", 3), fault: newFault(518),
	}
	f.add = look.NewButton(look.Primary, "", "Add server", f.submit)
	f.name.OnSubmitted = func(string) { f.submit() }
	f.command.OnSubmitted = func(string) { f.submit() }
	body := look.Down(16,
		look.Field("Name", f.name, "Agents see it in addresses and in front of tool names"),
		look.Field("Command", f.command, "Started directly, without a shell: no pipes and no $VARIABLES"),
		look.Field("Environment", f.env, "One NAME=value a line. ${keychain:NAME} keeps a secret out of the file"),
	)
	f.sheet = &look.Sheet{
		Title: "Add a server", Note: "A program on this computer that speaks MCP on its standard input and output.",
		Width: 560, Body: body, Foot: f.fault.body,
	}
	f.fault.moved = f.sheet.Fit
	f.sheet.Acts = []fyne.CanvasObject{look.NewButton(look.Soft, "", "Cancel", f.sheet.Close), f.add}
	w.sheet(f.sheet, f.name)
}

func (f *serverForm) submit() {
	command, err := splitCommand(f.command.Text, onWindows)
	if err != nil {
		f.fault.show(err)
		return
	}
	env, err := splitEnv(f.env.Text)
	if err != nil {
		f.fault.show(err)
		return
	}
	name := f.name.Text
	f.add.Disable()
	f.w.work.Go(func() {
		err := f.w.app.AddServer(name, command, env)
		f.w.do(func() {
			f.add.Enable()
			if err != nil {
				f.fault.show(err)
				return
			}
			f.sheet.Close()
		})
	})
}

// logs opens what a server wrote to standard error.
func (w *window) logs(name string) {
	text := w.app.Logs(name)
	if text == "" {
		text = "It has written nothing to standard error."
	}
	text = look.Block(text, 64<<10)
	scroll := container.NewVScroll(look.NewCodeBlock(text).Selectable())
	scroll.SetMinSize(fyne.NewSize(0, 380))
	s := &look.Sheet{Title: "Logs of " + plain(name), Note: "What its processes wrote to standard error, latest at the end", Width: 760, Body: scroll}
	done := look.NewButton(look.Primary, "", "Done", s.Close)
	s.Acts = []fyne.CanvasObject{look.NewButton(look.Soft, "copy", "Copy", func() { w.copy(text) }), done}
	w.sheet(s, done)
	scroll.ScrollToBottom()
}
