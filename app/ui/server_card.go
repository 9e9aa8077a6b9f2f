package ui

import (
	"reflect"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/layout"

	"drawbridge/app/share"
	"drawbridge/app/ui/look"
	"drawbridge/bridge"
)

// serverCard shows one server. It opens to show processes, tools and the last words of a dead process.
type serverCard struct {
	w    *window
	name string
	body fyne.CanvasObject

	server  bridge.Server   // as shown
	row     *fyne.Container // what is always there
	chip    *look.Chip
	held    *look.Chip // how many things wait for the owner
	command *look.Text
	line    *look.Text
	spark   *look.Spark
	look    *look.Button // at what is held
	power   *look.Button
	more    *look.Button
	caret   *look.Button
	rest    *fyne.Container // what the open card adds
}

func newServerCard(w *window, name string) *serverCard {
	c := &serverCard{
		w: w, name: name, chip: look.NewChip("", look.Quiet), held: look.NewChip("", look.Warn), command: look.NewText("", look.CodeNote),
		line: look.NewText("", look.Caption), spark: look.NewSpark(pulseBeats), rest: look.Down(14),
	}
	c.look = look.NewButton(look.Primary, "", "Look…", func() { c.w.lookAtPins(name) })
	c.power = look.NewButton(look.Soft, "stop", "", c.turn)
	c.more = look.NewButton(look.Ghost, "more", "", c.menu)
	flip := func() { c.expand(!c.rest.Visible()) }
	c.caret = look.NewButton(look.Ghost, "caret-right", "", flip)
	c.rest.Hide()
	c.held.Hide()
	c.look.Hide()
	title := look.Across(9, look.NewText(plain(name), look.Title), c.chip, look.Fill(c.held))
	words := look.NewTappable(look.Inset(0, 4, 0, 4, look.Down(5, title, c.command, c.line)), flip)
	c.row = look.Across(4, look.Inset(0, -2, 0, -6, c.caret), look.Fill(words), look.Inset(0, 14, 0, 14, c.spark), c.look, c.power, c.more)
	c.body = look.Card(look.Down(14, c.row, c.rest))
	return c
}

// show brings the card up to s.
func (c *serverCard) show(v *view, s bridge.Server) {
	beats, calls := v.servers.beats(c.name, v.now)
	c.spark.Set(beats)
	word, tone := condition(s.State)
	c.chip.Set(word, tone)
	waiting := s.Waiting()
	c.held.Set(some(waiting)+" held", look.Warn)
	visible(c.held, waiting > 0)
	visible(c.look, waiting > 0)
	if c.server.State != s.State || c.server.Waiting() != waiting {
		c.row.Refresh() // what is beside them moves
	}
	c.command.SetText(plain(joinCommand(s.Command, onWindows)))
	if s.Error != "" {
		c.line.SetText(plain(s.Error))
		c.line.SetColour(look.Bad.Strong())
	} else {
		c.line.SetText(summary(s, calls))
		c.line.SetColour(look.Muted)
	}
	switch s.State {
	case bridge.Stopped:
		c.power.SetIcon("play")
	case bridge.Failed, bridge.CrashLoop:
		c.power.SetIcon("restart")
	default:
		c.power.SetIcon("stop")
	}
	changed := !reflect.DeepEqual(s, c.server)
	c.server = s
	if changed && c.rest.Visible() {
		c.fill(v)
	}
}

// summary is a server in a line.
func summary(s bridge.Server, calls int) string {
	var parts []string
	if n := len(s.Processes); n > 0 {
		parts = append(parts, count(n, "process"))
	}
	if s.Tools != nil {
		parts = append(parts, count(len(s.Tools), "tool"))
	}
	if calls > 0 {
		parts = append(parts, count(calls, "call")+" in the last 15 min")
	}
	if len(parts) == 0 && s.State == bridge.Idle {
		parts = append(parts, "Starts when an agent needs it")
	}
	return dots(parts...)
}

// turn is the button beside the bars.
func (c *serverCard) turn() {
	switch c.server.State {
	case bridge.Stopped:
		c.start()
	case bridge.Failed, bridge.CrashLoop:
		c.restart()
	default:
		c.stop()
	}
}

func (c *serverCard) start() {
	c.w.act("Could not start "+plain(c.name), func() error { return c.w.app.StartServer(c.name) })
}

func (c *serverCard) stop() {
	c.w.act("Could not stop "+plain(c.name), func() error { return c.w.app.StopServer(c.name) })
}

func (c *serverCard) restart() {
	c.w.act("Could not restart "+plain(c.name), func() error { return c.w.app.RestartServer(c.name) })
}

func (c *serverCard) menu() {
	power := item("stop", "Stop", c.stop)
	if c.server.State == bridge.Stopped {
		power = item("play", "Start", c.start)
	}
	items := []*fyne.MenuItem{power}
	if len(c.server.Held) > 0 {
		items = append(items, item("search", "What changed…", func() { c.w.lookAtPins(c.name) }))
	}
	items = append(items, item("check", "What you approved…", func() { c.w.showPins(c.name) }))
	if lockable(c.server.Package) {
		items = append(items, item("lock", "Lock its package…", c.lock))
	}
	c.w.menu(c.more, append(items,
		item("restart", "Restart", c.restart),
		item("logs", "Logs…", func() { c.w.logs(c.name) }),
		item("share", "Share…", func() { c.w.share([]string{c.name}) }),
		item("copy", "Copy address", func() { c.w.copy(share.Endpoint(c.w.app.Address(), []string{c.name})) }),
		item("edit", "Edit…", func() { c.w.editServer(c.name) }),
		fyne.NewMenuItemSeparator(),
		item("trash", "Remove…", c.remove),
	)...)
}

func (c *serverCard) remove() {
	c.w.confirm("Remove "+plain(c.name)+"?", "Its sessions end, and agents can no longer use it. Its entry leaves your configuration; the program itself stays where it is.", "Remove", func() {
		c.w.act("Could not remove "+plain(c.name), func() error { return c.w.app.RemoveServer(c.name) })
	})
}

// expand opens or closes the card.
func (c *serverCard) expand(on bool) {
	if on == c.rest.Visible() {
		return
	}
	if on {
		c.caret.SetIcon("caret-down")
		c.rest.Show()
		c.fill(c.w.view)
	} else {
		c.caret.SetIcon("caret-right")
		c.rest.Hide()
	}
	c.w.room.Refresh()
}

// fill makes what the open card adds.
func (c *serverCard) fill(v *view) {
	s := c.server
	c.rest.Objects = []fyne.CanvasObject{look.Rule()}
	part := func(title string, o fyne.CanvasObject) {
		c.rest.Add(look.Down(6, look.NewText(title, look.Strong), o))
	}
	if s.Error != "" {
		part("What is wrong", c.wrong(s.Error))
	}
	if s.Stderr != "" {
		part("Last words on standard error", look.NewCodeBlock(look.Block(s.Stderr, 8_000)).Selectable())
	}
	part("Processes", processes(s, v))
	if s.Package.Manager != "" {
		part("Package", c.pack(s.Package))
	}
	part("Tools", tools(s))
	if len(s.Held) > 0 {
		part("Not as you approved it", c.heldThings(s))
	}
	if s.Noise > 0 {
		c.rest.Add(look.NewText(count(s.Noise, "line")+" on standard output that were no messages; the logs have them", look.Caption))
	}
	c.rest.Refresh()
}

// wrong is what is wrong with the server, and what can be done about it here.
func (c *serverCard) wrong(text string) fyne.CanvasObject {
	words := look.NewProse(look.Block(text, 2_000), look.Note, c.body.Size().Width-32)
	if !missing(text) {
		return words
	}
	note := "A program started from the desktop may not have the PATH of your terminal. Drawbridge asks your login shell; after an installation it can ask again."
	return look.Down(8, words, look.NewProse(note, look.Note, c.body.Size().Width-32),
		look.Across(0, look.NewButton(look.Soft, "restart", "Look again and restart", func() {
			c.w.app.RescanPrograms()
			c.restart()
		})))
}

// processes says which process serves whom.
func processes(s bridge.Server, v *view) fyne.CanvasObject {
	if len(s.Processes) == 0 {
		return look.NewText("None now. One starts when an agent calls.", look.Note)
	}
	rows := look.Down(4)
	for _, p := range s.Processes {
		serves := "A spare, for the next session"
		if p.Serves != "" {
			serves = "Serves " + plain(p.Serves)
		}
		rows.Add(look.Across(10,
			look.Sized(80, 0, look.NewText("pid "+strconv.Itoa(p.PID), look.CodeNote)),
			look.Fill(look.NewText(serves, look.Body)),
			look.NewText("for "+span(v.now.Sub(p.Started)), look.Caption),
		))
	}
	return rows
}

// toolsShown is how many tools of a server are named.
const toolsShown = 60

// tools shows the names of a server's tools.
func tools(s bridge.Server) fyne.CanvasObject {
	if s.Tools == nil {
		return look.NewText("Not known yet. The bridge asks when the server starts for the first time.", look.Note)
	}
	names := &fyne.Container{Layout: layout.NewRowWrapLayoutWithCustomPadding(6, 6)}
	for i, t := range s.Tools {
		if i == toolsShown {
			names.Add(look.NewText("and "+strconv.Itoa(len(s.Tools)-toolsShown)+" more", look.Caption))
			break
		}
		names.Add(look.Tag(look.Plain(t.Name, 60)))
	}
	return names
}

// pinWord is how a held thing is, in a word.
func pinWord(h bridge.Held) (string, look.Tone) {
	switch {
	case h.Rejected:
		return "Rejected by you", look.Quiet
	case h.Unsteady:
		return "Keeps changing", look.Bad
	case h.New:
		return "New", look.Warn
	}
	return "Changed", look.Warn
}

// heldThings names what is not as the owner approved it, and leads to what changed.
func (c *serverCard) heldThings(s bridge.Server) fyne.CanvasObject {
	const most = 20
	rows := look.Down(4)
	for i, h := range s.Held {
		if more := len(s.Held) - most + s.HeldMore; i == most {
			rows.Add(look.NewText("and "+strconv.Itoa(more)+" more", look.Caption))
			break
		}
		word, _ := pinWord(h)
		rows.Add(look.NewText(dots(string(h.Kind)+" "+look.Plain(h.Name, 60), strings.ToLower(word)), look.Body))
	}
	rows.Add(look.Inset(4, 0, 0, 0, look.Across(0, look.NewButton(look.Soft, "search", "See what changed", func() { c.w.lookAtPins(c.name) }))))
	return rows
}
