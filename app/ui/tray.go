package ui

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

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
	lines := who(v)
	state, note := bridgeWords(v)
	if said := strings.Join(append(lines, state, note), "\n"); said != t.said {
		t.said = said
		t.menu.Items = t.items(v, lines)
		t.host.SetSystemTrayMenu(&t.menu)
	}
}

// stateOf is the state of the bridge at a glance: what needs the owner first, then what is shut.
func stateOf(v *view) trayState {
	switch {
	case v.troubled() > 0:
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

// items are the entries of the menu.
func (t *tray) items(v *view, lines []string) []*fyne.MenuItem {
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
	for _, l := range lines {
		items = append(items, said(l))
	}
	quit := fyne.NewMenuItem("Quit", w.quit)
	quit.IsQuit = true
	return append(items, fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem(turn, w.flip),
		fyne.NewMenuItem("Copy address", func() { w.copy(w.app.Address()) }),
		fyne.NewMenuItemSeparator(), quit)
}
