package ui

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/ui/look"
	"drawbridge/assets"
	"drawbridge/bridge"
)

// trayHost is the part of Fyne's desktop.App that shows an icon in the system's tray.
type trayHost interface {
	SetSystemTrayMenu(*fyne.Menu)
	SetSystemTrayIcon(fyne.Resource)
}

// trayState is what the icon says at a glance.
type trayState string

const (
	trayRaised  trayState = "raised"
	trayLowered trayState = "lowered"
	trayInUse   trayState = "in-use"
	trayNeeds   trayState = "needs-you"
)

// tray is the icon in the system's tray and its menu. Every set-up of the menu builds a new one in the
// system, so it is set only when it would say something else.
type tray struct {
	w     *window
	host  trayHost
	plain bool // the system colours the icon itself, as macOS does
	state trayState
	said  string    // what the menu says
	menu  fyne.Menu // always this one: Fyne, as it starts, sets the one that it was given first once more
}

// show brings the tray up to v.
func (t *tray) show(v *view) {
	if s := stateOf(v); s != t.state {
		t.state = s
		t.host.SetSystemTrayIcon(t.icon(s))
	}
	t.menu.Items = t.items(v)
	if said := says(&t.menu); said != t.said {
		t.said = said
		t.host.SetSystemTrayMenu(&t.menu)
	}
}

// stateOf is the state of the bridge at a glance: what needs the owner first, then what is shut.
func stateOf(v *view) trayState {
	switch {
	case v.troubled() > 0, v.held() > 0, len(v.problems) > 0, len(v.Applying) > 0, len(v.Questions) > 0:
		return trayNeeds
	case v.Raised:
		return trayRaised
	case v.inUse():
		return trayInUse
	}
	return trayLowered
}

func (t *tray) icon(s trayState) fyne.Resource {
	if t.plain {
		return look.Tint(look.Mark(s == trayRaised), look.Ink)
	}
	data, err := assets.Tray.ReadFile("tray/" + string(s) + ".png")
	if err != nil {
		panic(fmt.Sprintf("tray icon %q: %v", s, err))
	}
	return fyne.NewStaticResource(string(s)+".png", data)
}

// who are the lines that say who is connected.
func who(v *view) []string {
	const most = 6
	open := v.connected()
	if len(open) == 0 {
		return []string{"Nobody is connected"}
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(open)) {
		if len(lines) == most {
			return append(lines, fmt.Sprintf("and %d more", len(open)-most))
		}
		lines = append(lines, look.Plain(name, 40)+servers(open[name]))
	}
	return lines
}

// servers are those that an agent's sessions are with, in words that follow its name.
func servers(open []bridge.SessionInfo) string {
	var names []string
	for _, s := range open {
		name := look.Plain(s.Server, 40)
		if name == "" {
			return " uses all servers"
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return " uses " + listed(names, 3)
}

// says is what a menu says, for comparing.
func says(m *fyne.Menu) string {
	var lines []string
	for _, i := range m.Items {
		lines = append(lines, i.Label)
	}
	return strings.Join(lines, "\n")
}

// items are the entries of the menu.
func (t *tray) items(v *view) []*fyne.MenuItem {
	w := t.w
	state := "Bridge lowered — agents can call"
	turn := "Raise the bridge"
	if v.Raised {
		state, turn = "Bridge raised — nobody can call", "Lower the bridge"
	}
	said := func(text string) *fyne.MenuItem {
		i := fyne.NewMenuItem(text, nil)
		i.Disabled = true
		return i
	}
	items := []*fyne.MenuItem{fyne.NewMenuItem("Open Drawbridge", w.open), fyne.NewMenuItemSeparator(), said(state)}
	for _, l := range who(v) {
		items = append(items, said(l))
	}
	if waiting := t.waiting(v); len(waiting) > 0 {
		items = append(append(items, fyne.NewMenuItemSeparator()), waiting...)
	}
	quit := fyne.NewMenuItem("Quit", w.quit)
	quit.IsQuit = true
	items = append(items, fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem(turn, w.flip),
		fyne.NewMenuItem("Copy address", func() { w.copy(w.app.Address()) }))
	if o, err := w.app.Owner(); err == nil && o.Provider != "" {
		items = append(items, t.signing(o))
	}
	return append(items, fyne.NewMenuItemSeparator(), quit)
}

// signing is the entry that signs the owner in or out.
func (t *tray) signing(o app.Owner) *fyne.MenuItem {
	if o.Subject == "" {
		return fyne.NewMenuItem("Sign in…", t.w.signIn)
	}
	return fyne.NewMenuItem("Sign out "+look.Plain(o.Email, 40), t.w.signOut)
}

// waiting are the entries of what waits for the owner; each opens it.
func (t *tray) waiting(v *view) (items []*fyne.MenuItem) {
	const most = 5
	all := asked(v)
	for i, q := range all {
		if i == most {
			return append(items, fyne.NewMenuItem(fmt.Sprintf("and %d more…", len(all)-most), t.w.open))
		}
		title, _ := q.brief()
		items = append(items, fyne.NewMenuItem(look.Plain(title, 60)+"…", func() {
			t.w.open()
			t.w.questions.ask(q)
		}))
	}
	if len(v.problems) > 0 {
		items = append(items, fyne.NewMenuItem("Something needs a look…", t.w.open))
	}
	return items
}
