package ui

import (
	"runtime"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"drawbridge/app/ui/look"
)

// shortcut is a key, with Ctrl or Command, that works wherever the keyboard is.
type shortcut struct {
	key   fyne.KeyName
	shift bool
	says  string // as a person reads it
	what  string
	do    func(*window)
}

// shortcuts are all of them, in the order of the list that the owner can open.
func shortcuts() []shortcut {
	turn := func(i int) func(*window) { return func(w *window) { w.turn(i) } }
	return []shortcut{
		{fyne.KeyK, false, "K", "Do anything by typing what it is", (*window).openPalette},
		{fyne.Key1, false, "1", "Servers", turn(serversAt)},
		{fyne.Key2, false, "2", "Agents", (*window).showAgents},
		{fyne.Key3, false, "3", "Live calls", turn(callsAt)},
		{fyne.Key4, false, "4", "Audit", turn(auditAt)},
		{fyne.Key5, false, "5", "Settings", turn(settingsAt)},
		{fyne.KeyComma, false, ",", "Settings", turn(settingsAt)},
		{fyne.KeyR, false, "R", "Rules", (*window).showRules},
		{fyne.KeyR, true, "Shift+R", "Add a rule", (*window).addRule},
		{fyne.KeyN, false, "N", "New token", (*window).newToken},
		{fyne.KeyN, true, "Shift+N", "Add a server", (*window).addServer},
		{fyne.KeyS, true, "Shift+S", "Share all servers", func(w *window) { w.share(nil) }},
		{fyne.KeyF, false, "F", "Search, on pages that have a search", (*window).search},
		{fyne.KeyB, false, "B", "Raise or lower the bridge", (*window).flip},
		{fyne.KeySlash, false, "/", "This list", (*window).showKeys},
		{fyne.KeyQ, false, "Q", "Quit", func(w *window) { w.leave() }},
	}
}

// chord is a key with the modifier that this system has for programs.
func chord(key string) string {
	if runtime.GOOS == "darwin" {
		return strings.ReplaceAll("⌘"+key, "Shift+", "⇧")
	}
	return "Ctrl+" + key
}

// listen sets the window's keys: shortcuts, which rest while a dialog is open, and Escape.
func (w *window) listen() {
	c := w.win.Canvas()
	for _, s := range shortcuts() {
		modifier := fyne.KeyModifierShortcutDefault
		if s.shift {
			modifier |= fyne.KeyModifierShift
		}
		typed := &desktop.CustomShortcut{KeyName: s.key, Modifier: modifier}
		w.keys.AddShortcut(typed, func(fyne.Shortcut) {
			if len(w.sheets) == 0 {
				s.do(w)
			}
		})
		c.AddShortcut(typed, w.keys.TypedShortcut)
	}
	c.SetOnTypedKey(func(key *fyne.KeyEvent) {
		if key.Name == fyne.KeyEscape {
			w.escape()
		}
	})
}

// search puts the keyboard into the page's search field.
func (w *window) search() {
	if p, ok := w.pages[w.at].(interface{ searched() fyne.Focusable }); ok {
		w.win.Canvas().Focus(p.searched())
	}
}

// showKeys lists the shortcuts.
func (w *window) showKeys() {
	rows := look.Down(9)
	line := func(keys, what string) {
		rows.Add(look.Across(12, look.Sized(120, 0, look.Across(0, look.Tag(keys))), look.Fill(look.NewText(what, look.Body))))
	}
	for _, s := range shortcuts() {
		line(chord(s.says), s.what)
	}
	line("Tab", "To the next thing; Shift+Tab to the one before")
	line("Enter, Space", "Press what the keyboard is on")
	line("Escape", "Close what was opened last")
	s := &look.Sheet{Title: "Keyboard", Width: 460, Body: rows}
	done := look.NewButton(look.Primary, "", "Done", s.Close)
	s.Acts = []fyne.CanvasObject{done}
	w.sheet(s, done)
}
