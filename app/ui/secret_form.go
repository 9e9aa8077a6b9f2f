package ui

import (
	"strings"

	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
)

// newSecrets is where the owner keeps what ${keychain:NAME} stands for in the settings file.
func newSecrets(w *window) fyne.CanvasObject {
	return look.Across(8, look.Fill(look.NewText("Values of ${keychain:NAME} in the settings file", look.Body)),
		look.NewButton(look.Soft, "", "Remove a secret…", w.removeSecret), look.NewButton(look.Soft, "", "Keep a secret…", w.keepSecret))
}

// secretForm is the dialog that puts a secret into the keychain, or takes one out.
type secretForm struct {
	w     *window
	sheet *look.Sheet
	name  *look.FormField
	value *look.FormField // nil where one is taken out
	fault *fault
	do    *look.Button
}

const secretWidth = 480

// keepSecret opens the dialog that puts a secret into the keychain.
func (w *window) keepSecret() {
	f := w.newSecretForm("Keep a secret", "The keychain has it from then on. One of that name is replaced; a server that runs has the old one until it starts anew.")
	f.value = look.NewFormField("Secret", look.NewSecret(""), "It is not shown again")
	f.open(look.Primary, "Keep")
}

// removeSecret opens the dialog that takes a secret out of the keychain.
func (w *window) removeSecret() {
	w.newSecretForm("Remove a secret", "Servers and tunnels that name it no longer start.").open(look.Danger, "Remove")
}

func (w *window) newSecretForm(title, note string) *secretForm {
	f := &secretForm{w: w, fault: newFault(secretWidth - 42)}
	f.name = look.NewFormField("Name", look.NewEntry("my-api-key"), "What stands in ${keychain:NAME}")
	f.sheet = &look.Sheet{Title: title, Note: note, Width: secretWidth, Foot: f.fault.body}
	f.fault.moved = f.sheet.Fit
	return f
}

func (f *secretForm) open(k look.Kind, verb string) {
	body := look.Down(16, f.name.Body)
	f.name.Entry.OnSubmitted = func(string) { f.do.Tapped(nil) }
	if f.value != nil {
		body.Add(f.value.Body)
		f.value.Entry.OnSubmitted = f.name.Entry.OnSubmitted
	}
	f.sheet.Body = body
	f.do = look.NewButton(k, "", verb, f.submit)
	f.sheet.Acts = []fyne.CanvasObject{look.NewButton(look.Soft, "", "Cancel", f.sheet.Close), f.do}
	f.w.sheet(f.sheet, f.name.Entry)
}

func (f *secretForm) submit() {
	name := strings.TrimSpace(f.name.Entry.Text)
	if name == "" {
		f.name.Fault("Type its name.")
		f.w.win.Canvas().Focus(f.name.Entry)
		return
	}
	do := func() error { return f.w.app.RemoveSecret(name) }
	title, then := plain(name)+" is no longer in the keychain", "What names it in the settings file needs another value."
	if f.value != nil {
		value := f.value.Entry.Text
		do = func() error { return f.w.app.SetSecret(name, value) }
		title, then = plain(name)+" is in the keychain", "The settings file may say ${keychain:"+plain(name)+"} in its place."
	}
	f.do.Disable()
	f.w.work.Go(func() {
		err := do()
		f.w.do(func() {
			f.do.Enable()
			if err != nil {
				f.w.failing(f.sheet, f.fault, "The keychain is as it was", err)
				return
			}
			f.sheet.Close()
			f.w.notice.tell(title, then)
		})
	})
}
