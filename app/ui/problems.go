package ui

import (
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/ui/look"
)

// problems are strips above the page, one for each thing that keeps the bridge from being as the owner chose.
type problems struct {
	w     *window
	strip *fyne.Container // one in the other's place
	list  *fyne.Container
	shown []app.Problem
}

func newProblems(w *window) *problems {
	p := &problems{w: w, list: look.Down(8)}
	p.strip = look.Inset(0, 28, 16, 28, p.list)
	p.strip.Hide()
	return p
}

// show brings the strips up to what is wrong in v.
func (p *problems) show(v *view) {
	all := slices.DeleteFunc(slices.Clone(v.problems), func(one app.Problem) bool { return one.With == "sign-in" }) // that is a question
	if slices.Equal(p.shown, all) {
		return
	}
	p.shown = all
	p.list.Objects = nil
	for _, one := range p.shown {
		p.list.Add(p.one(one))
	}
	visible(p.strip, len(p.shown) > 0)
	p.w.notice.moved()
}

// one says in plain words what is wrong; how it was found is a press away.
func (p *problems) one(one app.Problem) fyne.CanvasObject {
	title, note, act := p.words(one)
	found := look.NewProse(look.Block(one.Text, 2_000), look.Body, 600)
	found.Hide()
	more := look.NewButton(look.Ghost, "", "Details", nil)
	more.OnPress(func() {
		visible(found, !found.Visible())
		more.Set(look.Ghost, map[bool]string{true: "Hide details", false: "Details"}[found.Visible()])
		p.w.notice.moved()
	})
	acts := []fyne.CanvasObject{more}
	if act != nil {
		acts = append(acts, act)
	}
	return look.Strip(look.Warn, look.Down(3, look.NewText(title, look.Strong), look.NewProse(note, look.Note, 600), found), acts...)
}

// words are a problem's title, what it means, and what can be done about it here; nil is nothing.
func (p *problems) words(one app.Problem) (title, note string, act fyne.CanvasObject) {
	if name, ok := strings.CutPrefix(one.With, "tunnel "); ok {
		return "The tunnel " + plain(name) + " cannot be opened", "Agents cannot connect by it.",
			look.NewButton(look.Soft, "", "Show tunnels", func() { p.w.turn(settingsAt) })
	}
	switch one.With {
	case "settings":
		return "The settings file has a mistake", "What you chose before stays in force. The file is read again as soon as it is saved.",
			look.NewButton(look.Soft, "folder", "Open file", p.w.openConfig)
	case "address":
		return "Agents cannot connect", "The address that agents use cannot be opened. It is tried again every few seconds.",
			look.NewButton(look.Soft, "", "Change address", func() { p.w.turn(settingsAt) })
	case "watch":
		return "Edits of the settings file go unnoticed", "What you edit by hand takes effect when Drawbridge starts anew. Changes made here are not affected.", nil
	case "control":
		return "The command line cannot reach this window", "The commands of drawbridge in a terminal do not work. Everything can be done here meanwhile.", nil
	case "keychain":
		return "The keychain cannot be used", "Tokens can be neither made nor checked, so no agent gets in.", nil
	case "away":
		return "The bridge is raised while you are away", "You have it raised while the screen is locked or the computer sleeps. It lowers itself when you are back.",
			look.NewButton(look.Soft, "", "Lower it now", p.w.flip)
	case "confirm":
		return "Your sign-in is not confirmed yet", "The bridge is raised until your company's provider has said that you may still sign in.",
			look.NewButton(look.Soft, "", "Sign in", p.w.signIn)
	}
	return "Something needs a look: " + plain(one.With), "It was found while the bridge is at work.", nil
}

// openConfig opens config.json in the editor that the system has for it.
func (w *window) openConfig() {
	w.act("The settings file was not opened", func() error {
		s, err := w.app.Status()
		if err != nil {
			return err
		}
		return fyne.CurrentApp().OpenURL(fileURL(s.Config))
	})
}

// fileURL is a path as an address.
func fileURL(path string) *url.URL {
	path = filepath.ToSlash(path)
	if path != "" && path[0] != '/' {
		path = "/" + path
	}
	return &url.URL{Scheme: "file", Path: path}
}
