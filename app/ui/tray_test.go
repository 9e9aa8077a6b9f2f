package ui

import (
	"bytes"
	"image/png"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"drawbridge/bridge"
)

// hostLog is a system's tray that writes down what it is told.
type hostLog struct {
	icons []string
	menus []string // each a line an entry
	menu  *fyne.Menu
}

func (h *hostLog) SetSystemTrayIcon(r fyne.Resource) { h.icons = append(h.icons, r.Name()) }

func (h *hostLog) SetSystemTrayMenu(m *fyne.Menu) {
	var lines []string
	for _, i := range m.Items {
		switch {
		case i.IsSeparator:
			lines = append(lines, "-")
		case i.Disabled:
			lines = append(lines, "("+i.Label+")")
		default:
			lines = append(lines, i.Label)
		}
	}
	h.menu, h.menus = m, append(h.menus, strings.Join(lines, "\n"))
}

func (h *hostLog) choose(label string) {
	for _, i := range h.menu.Items {
		if i.Label == label {
			i.Action()
		}
	}
}

func TestTrayMenu(t *testing.T) {
	r := newRig(t, newFake().state)
	h := &hostLog{}
	r.tray = &tray{w: r.window, host: h}
	r.look(everything)
	want := "Open Drawbridge\n-\n(Bridge raised — nobody can call)\n(Nobody is connected)\n-\nLower the bridge\nCopy address\n-\nQuit"
	if got := h.menus[0]; got != want {
		t.Errorf("menu:\n%s\nwant:\n%s", got, want)
	}
	h.choose("Lower the bridge")
	r.asked("lower")
	r.until("the menu to say so", func() bool { return strings.Contains(h.menus[len(h.menus)-1], "Bridge lowered — agents can call") })
	r.fake.publish(
		bridge.SessionOpened{Session: bridge.SessionInfo{ID: 1, Agent: "claude", Server: "time"}},
		bridge.SessionOpened{Session: bridge.SessionInfo{ID: 2, Agent: "claude", Server: "github"}},
		bridge.SessionOpened{Session: bridge.SessionInfo{ID: 3, Agent: "zed\u202e"}})
	r.until("who is connected", func() bool {
		last := h.menus[len(h.menus)-1]
		return strings.Contains(last, "(claude uses github and time)\n(zed\\u202e uses all servers)")
	})
	h.choose("Copy address")
	if got := fyne.CurrentApp().Clipboard().Content(); got != r.fake.Address() {
		t.Errorf("copied %q", got)
	}
	r.hide()
	h.choose("Open Drawbridge")
	h.choose("Quit")
	if r.hidden || r.quit != 1 {
		t.Errorf("hidden %v, quit %d times", r.hidden, r.quit)
	}
}

// TestTrayMenuIsBuiltOnChange: calls come and go, the menu stays.
func TestTrayMenuIsBuiltOnChange(t *testing.T) {
	r := newRig(t, house(time.Now()))
	h := &hostLog{}
	r.tray = &tray{w: r.window, host: h}
	r.look(everything)
	for id := range uint64(20) {
		r.fake.publish(begun(1_000+id, "x"), ended(1_000+id))
	}
	r.until("the calls", func() bool { return r.view.Call(1_019) != nil })
	if len(h.menus) != 1 || len(h.icons) != 1 {
		t.Errorf("%d menus and the icons %v, want one each", len(h.menus), h.icons)
	}
}

func TestTrayStates(t *testing.T) {
	now := time.Now()
	lowered := func(events ...bridge.Event) *view {
		v := &view{Snapshot: newFake().state, now: now}
		v.foldAll(append([]bridge.Event{bridge.Raised{Raised: false}}, events...))
		return v
	}
	for want, v := range map[trayState]*view{
		trayRaised:  {Snapshot: newFake().state, now: now},
		trayLowered: lowered(),
		trayInUse:   lowered(bridge.CallStarted{Call: bridge.CallInfo{ID: 1, Started: now}}),
		trayNeeds:   lowered(bridge.ServerChanged{Server: bridge.Server{Name: "x", State: bridge.CrashLoop}}),
	} {
		if got := stateOf(v); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestTrayIcons: each state has a picture of its own, and macOS gets one that it can colour.
func TestTrayIcons(t *testing.T) {
	test.NewTempApp(t)
	seen := map[string]trayState{}
	for _, s := range []trayState{trayRaised, trayLowered, trayInUse, trayNeeds} {
		data := (&tray{}).icon(s).Content()
		if _, err := png.Decode(bytes.NewReader(data)); err != nil {
			t.Errorf("%s: %v", s, err)
		}
		if other, ok := seen[string(data)]; ok {
			t.Errorf("%s looks like %s", s, other)
		}
		seen[string(data)] = s
	}
	if name := (&tray{plain: true}).icon(trayRaised).Name(); !strings.HasSuffix(name, "mark-raised.svg") {
		t.Errorf("macOS gets %s", name)
	}
}
