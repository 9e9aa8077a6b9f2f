package ui

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
)

// sidebar turns the pages, and holds the bridge itself: its state, its switch and its address.
type sidebar struct {
	w    *window
	body fyne.CanvasObject
	navs []*look.Nav

	mark    *look.Icon
	state   *look.Text
	note    *look.Text
	turn    *look.Button
	address *look.Text
}

func newSidebar(w *window) *sidebar {
	s := &sidebar{
		w: w, mark: look.NewIcon(look.Mark(true), 26, look.Muted),
		state: look.NewText("", look.Strong), note: look.NewText("", look.Caption),
		address: look.NewText(shortAddress(w.app.Address()), look.CodeNote),
	}
	s.navs = []*look.Nav{
		look.NewNav("servers", "Servers", func() { w.turn(serversAt) }),
		look.NewNav("agents", "Agents", w.showAgents),
		look.NewNav("calls", "Live calls", func() { w.turn(callsAt) }),
		look.NewNav("audit", "Audit", func() { w.turn(auditAt) }),
		look.NewNav("settings", "Settings", func() { w.turn(settingsAt) }),
	}
	s.turn = look.NewButton(look.Primary, "", "Lower the bridge", s.flip)
	name := look.NewText("Drawbridge", look.Title)
	list := look.Down(2, look.Inset(4, 0, 18, 8, look.Across(10, look.NewIcon(look.Mark(false), 24, look.Accent), name)))
	for _, n := range s.navs {
		list.Add(n)
	}
	list.Add(look.Spring())
	list.Add(s.bridge())
	s.body = look.Over(look.NewPanel(look.Sidebar, 0), look.Inset(18, 12, 12, 12, list))
	return s
}

// bridge is the card at the foot.
func (s *sidebar) bridge() fyne.CanvasObject {
	words := look.Down(1, s.state, s.note)
	copied := look.NewButton(look.Ghost, "copy", "", func() { s.w.copy(s.w.app.Address()) })
	card := look.Down(12,
		look.Across(11, s.mark, look.Fill(words)),
		s.turn,
		look.Inset(-6, -8, -6, 0, look.Across(4, look.Fill(s.address), copied)),
	)
	return look.Over(look.NewPanel(look.Paper, 12).Edged(look.Line).Raised(), look.Inset(14, 14, 10, 14, card))
}

// flip raises the bridge when it is lowered, and lowers it when it is raised.
func (s *sidebar) flip() { s.w.flip() }

// flip turns the bridge's switch. Neither way asks: raising must be quick, and lowering lets in only
// whom the owner approved.
func (w *window) flip() {
	raise := w.app.Raise
	if w.view.Raised {
		raise = w.app.Lower
	}
	w.act("The bridge did not move", func() error {
		raise()
		return nil
	})
}

func (s *sidebar) pick(i int) {
	for j, n := range s.navs {
		n.Pick(i == j)
	}
}

func (s *sidebar) show(v *view) {
	state, note := bridgeWords(v)
	s.state.SetText(state)
	s.note.SetText(note)
	if v.Raised {
		s.mark.Set(look.Mark(true), look.Muted)
		s.turn.Set(look.Primary, "Lower the bridge")
	} else {
		s.mark.Set(look.Mark(false), look.Good.Strong())
		s.turn.Set(look.Soft, "Raise the bridge")
	}
	s.address.SetText(shortAddress(s.w.app.Address()))
	if n := v.troubled(); n > 0 {
		s.navs[serversAt].Badge(some(n), look.Bad)
	} else {
		s.navs[serversAt].Badge(some(v.held()), look.Warn)
	}
	if n := len(v.Applying); n > 0 {
		s.navs[agentsAt].Badge(some(n), look.Warn)
	} else {
		s.navs[agentsAt].Badge(some(len(v.connected())), look.Good)
	}
	s.navs[callsAt].Badge(some(v.running()), look.Busy)
}

// bridgeWords say what the bridge's state means.
func bridgeWords(v *view) (state, note string) {
	if v.Raised {
		return "Bridge raised", "Nobody can call"
	}
	if n := len(v.connected()); n > 0 {
		return "Bridge lowered", count(n, "agent") + " connected"
	}
	return "Bridge lowered", "Agents can call"
}

// some is a number worth showing.
func some(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// shortAddress is an address without what goes without saying.
func shortAddress(url string) string {
	return plain(strings.TrimPrefix(strings.TrimPrefix(url, "http://"), "https://"))
}
