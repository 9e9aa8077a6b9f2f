package ui

import (
	"maps"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"drawbridge/app/ui/look"
	"drawbridge/bridge"
)

// agentsPage shows the approved agents, a card each.
type agentsPage struct {
	w     *window
	all   fyne.CanvasObject
	list  *fyne.Container
	some  *container.Scroll
	none  *fyne.Container
	cards map[string]*agentCard
	apply map[string]*applicantCard // by ID
}

func newAgentsPage(w *window) *agentsPage {
	p := &agentsPage{w: w, list: look.Down(12), cards: map[string]*agentCard{}, apply: map[string]*applicantCard{}}
	p.some = cardScroll(p.list)
	p.none = look.Empty("agents", "No agents yet",
		"An agent is a program, here or far away, that may call your servers. Share a server with it: it signs in, or gets a token, and you approve it here.",
		look.Across(8, look.NewButton(look.Soft, "key", "New token", w.newToken), look.NewButton(look.Primary, "share", "Share servers…", func() { w.share(nil) })))
	byCode := look.NewButton(look.Soft, "key", "Enter a code…", w.enterCode)
	add := look.NewButton(look.Primary, "plus", "New token", w.newToken)
	p.all = look.Down(0, head("Agents", "Who may call your servers, and what each may use", byCode, add), look.Fill(look.Over(p.none, p.some)))
	return p
}

func (p *agentsPage) body() fyne.CanvasObject { return p.all }
func (p *agentsPage) due(*view) time.Duration { return 5 * time.Second }
func (p *agentsPage) escape()                 {}
func (p *agentsPage) show(v *view, c change) {
	if c&agentsChanged != 0 {
		p.arrange(v)
	}
	open := v.connected()
	for name, card := range p.cards {
		card.show(v, v.Agents[name], open[name])
	}
	for id, card := range p.apply {
		card.show(v, v.Applying[id])
	}
}

// arrange makes the cards those of v's agents: who is connected first, then by name.
func (p *agentsPage) arrange(v *view) {
	open := v.connected()
	names := slices.SortedFunc(maps.Keys(v.Agents), func(a, b string) int {
		if x, y := len(open[a]) > 0, len(open[b]) > 0; x != y {
			if x {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	waiting := slices.SortedFunc(maps.Values(v.Applying), func(a, b bridge.Applicant) int { return a.Asked.Compare(b.Asked) })
	p.none.Hidden = len(names)+len(waiting) > 0
	visible(p.some, len(names)+len(waiting) > 0)
	cards := make([]fyne.CanvasObject, 0, len(names)+len(waiting))
	for _, a := range waiting {
		if p.apply[a.ID] == nil {
			p.apply[a.ID] = newApplicantCard(p.w, a)
		}
		cards = append(cards, p.apply[a.ID].body)
	}
	for _, name := range names {
		if p.cards[name] == nil {
			p.cards[name] = newAgentCard(p.w, name)
		}
		cards = append(cards, p.cards[name].body)
	}
	if slices.Equal(cards, p.list.Objects) {
		return
	}
	maps.DeleteFunc(p.apply, func(id string, _ *applicantCard) bool { _, here := v.Applying[id]; return !here })
	maps.DeleteFunc(p.cards, func(name string, _ *agentCard) bool { return !slices.Contains(names, name) })
	p.list.Objects = cards
	p.all.Refresh()
}

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

func (c *agentCard) askRotate() {
	c.w.confirm("Give "+plain(c.name)+" a new token?", "You get a second token to paste into the agent. The old one goes on working for a while, so that nothing breaks meanwhile.", "Rotate", c.rotate)
}

func (c *agentCard) revoke() {
	c.w.confirm("Revoke "+plain(c.name)+"?", "It is let in no more, and its open sessions and running calls end at once. It cannot come back unless you approve it again.", "Revoke", func() {
		c.w.act("Could not revoke "+plain(c.name), func() error { return c.w.app.RevokeAgent(c.name) })
	})
}

// rotate shows the agent's new token.
func (c *agentCard) rotate() {
	servers := c.w.view.Agents[c.name].Servers
	c.w.act("Could not rotate the token of "+plain(c.name), func() error {
		token, err := c.w.app.RotateAgent(c.name)
		if err == nil {
			c.w.do(func() { c.w.showToken(c.name, token, servers) })
		}
		return err
	})
}
