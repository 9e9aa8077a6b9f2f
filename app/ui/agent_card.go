package ui

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/ui/look"
	"drawbridge/bridge"
)

// agentCard shows one agent.
type agentCard struct {
	w    *window
	name string
	body fyne.CanvasObject

	chip   *look.Chip
	lower  *look.Button // there while it is
	client *look.Text
	access *look.Text
	spark  *look.Spark
	more   *look.Button
	row    *fyne.Container
	open   bool // it has sessions
}

func newAgentCard(w *window, name string) *agentCard {
	c := &agentCard{
		w: w, name: name, chip: look.NewChip("", look.Quiet), client: look.NewText("", look.CodeNote),
		access: look.NewText("", look.Caption), spark: look.NewSpark(pulseBeats),
	}
	c.more = look.NewButton(look.Ghost, "more", "", c.menu)
	c.lower = look.NewButton(look.Primary, "", "Lower", func() { c.raise(false) })
	c.lower.Hide()
	title := look.Across(9, look.NewText(plain(name), look.Title), look.Fill(c.chip))
	tile := look.Sized(40, 40, look.Over(look.NewPanel(look.Busy.Soft(), 10), look.NewIcon(look.Drawing("agents-fill"), 22, look.Accent)))
	words := look.Down(5, title, c.client, c.access)
	c.row = look.Across(14, tile, look.Fill(words), look.Inset(0, 6, 0, 10, c.spark), c.lower, c.more)
	c.body = look.Card(c.row)
	return c
}

// show brings the card up to a and its sessions.
func (c *agentCard) show(v *view, a bridge.Agent, open []bridge.SessionInfo) {
	beats, calls := v.agents.beats(c.name, v.now)
	c.spark.Set(beats)
	c.open = len(open) > 0
	up := v.RaisedFor[c.name]
	if up != c.lower.Visible() {
		visible(c.lower, up)
		c.row.Refresh() // what is beside it moves
	}
	switch {
	case up:
		c.chip.Set("Raised for it", look.Warn)
	case !a.Expires.IsZero() && !v.now.Before(a.Expires):
		c.chip.Set("Expired", look.Bad)
	case c.open:
		c.chip.Set("Connected", look.Good)
	case a.LastUsed.IsZero():
		c.chip.Set("Never used", look.Quiet)
	default:
		c.chip.Set("Not connected", look.Quiet)
	}
	c.client.SetText(dots(identity(a), through(open)))
	recent := ""
	if calls > 0 {
		recent = count(calls, "call") + " in the last 15 min"
	} else if !a.LastUsed.IsZero() {
		recent = "last used " + ago(a.LastUsed, v.now)
	}
	c.access.SetText(dots(access(a), expiry(a, v.now), recent))
}

// identity is what an agent is let in by: its token's key, or a sign-in and who did it.
func identity(a bridge.Agent) string {
	if a.Hint != "" {
		return plain(a.Hint)
	}
	return dots(plain(a.Client), plain(listed(a.Users, 3)))
}

// through is what an agent's sessions come through: the client's own name for itself, and the fronts.
func through(open []bridge.SessionInfo) string {
	var clients, fronts []string
	for _, s := range open {
		if name := plain(s.Client); name != "" && !slices.Contains(clients, name) {
			clients = append(clients, name)
		}
		if name := front(s.Front); !slices.Contains(fronts, name) {
			fronts = append(fronts, name)
		}
	}
	slices.Sort(clients)
	slices.Sort(fronts)
	over := ""
	if len(fronts) > 0 {
		over = count(len(open), "session") + " over " + listed(fronts, 3)
	}
	return dots(listed(clients, 3), over)
}

// access is what an agent may use.
func access(a bridge.Agent) string {
	may := "May use every server"
	if a.Servers != nil {
		may = "May use " + plain(listed(a.Servers, 4))
		if len(a.Servers) == 0 {
			may = "May use no server"
		}
	}
	if a.Tools == nil {
		return may
	}
	if len(a.Tools) == 0 {
		return may + ", no tool"
	}
	return may + ", only tools " + plain(listed(a.Tools, 4))
}

// expiry is when an agent's token ends.
func expiry(a bridge.Agent, now time.Time) string {
	switch left := a.Expires.Sub(now); {
	case a.Expires.IsZero():
		return ""
	case left <= 0:
		return "expired " + ago(a.Expires, now)
	default:
		return "expires in " + span(left)
	}
}

func (c *agentCard) menu() {
	gone := item("disconnect", "Disconnect", c.disconnect)
	gone.Disabled = !c.open
	turn := item("hand", "Raise the bridge for it", func() { c.raise(true) })
	if c.w.view.RaisedFor[c.name] {
		turn = item("hand", "Lower the bridge for it", func() { c.raise(false) })
	}
	items := []*fyne.MenuItem{turn, gone}
	if c.w.view.Agents[c.name].Hint != "" {
		items = append(items, item("restart", "Rotate token…", c.askRotate))
	}
	c.w.menu(c.more, append(items, fyne.NewMenuItemSeparator(), item("trash", "Revoke…", c.revoke))...)
}

// raise has nothing of the agent pass, while others may call, or lets it in again.
func (c *agentCard) raise(up bool) {
	c.w.act("The bridge did not move for "+plain(c.name), func() error { return c.w.app.SetRaised(c.name, up) })
}

func (c *agentCard) disconnect() {
	c.w.act("Could not disconnect "+plain(c.name), func() error { return c.w.app.DisconnectAgent(c.name) })
}

// overlaps are how long an old token can go on beside a new one.
var overlaps = []struct {
	label string
	time  time.Duration
}{{"Another day", app.Overlap}, {"Another hour", time.Hour}, {"It ends now", 0}}

func (c *agentCard) askRotate() {
	s := &look.Sheet{Title: "Give " + plain(c.name) + " a new token?", Note: "You get a second token to paste into the agent.", Width: 440}
	labels := make([]string, len(overlaps))
	for i, o := range overlaps {
		labels[i] = o.label
	}
	old := look.NewSegments(func(int) {}, labels...)
	s.Body = look.Field("The old one works for", look.Across(0, old), "So that nothing breaks meanwhile. End it now if others may have it")
	keep := look.NewButton(look.Soft, "", "Cancel", s.Close)
	s.Acts = []fyne.CanvasObject{keep, look.NewButton(look.Danger, "", "Rotate", func() {
		s.Close()
		c.rotate(overlaps[old.At()].time)
	})}
	c.w.sheet(s, keep)
}

func (c *agentCard) revoke() {
	c.w.confirm("Revoke "+plain(c.name)+"?", "It is let in no more, and its open sessions and running calls end at once. It cannot come back unless you approve it again.", "Revoke", func() {
		c.w.act("Could not revoke "+plain(c.name), func() error { return c.w.app.RevokeAgent(c.name) })
	})
}

// rotate shows the agent's new token. The old one goes on for that time.
func (c *agentCard) rotate(overlap time.Duration) {
	servers := c.w.view.Agents[c.name].Servers
	c.w.act("Could not rotate the token of "+plain(c.name), func() error {
		token, err := c.w.app.RotateToken(c.name, overlap)
		if err == nil {
			c.w.do(func() { c.w.showToken(c.name, token, servers) })
		}
		return err
	})
}
