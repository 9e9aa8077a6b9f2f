package ui

import (
	"maps"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
	"drawbridge/bridge"
)

// agentsPage shows the approved agents, a card each, and the rules for them.
type agentsPage struct {
	w     *window
	all   fyne.CanvasObject
	tabs  *look.Segments
	room  *fyne.Container // holds the agents, or the rules
	rules *rulesView
	list  *fyne.Container
	some  *fyne.Container
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
	p.rules = newRulesView(w)
	people := look.Over(p.none, p.some)
	p.room = look.Over(people)
	byCode := look.NewButton(look.Soft, "key", "Enter a code…", w.enterCode)
	add := look.NewButton(look.Primary, "plus", "New token", w.newToken)
	addRule := look.NewButton(look.Primary, "plus", "Add rule", w.addRule)
	addRule.Hide()
	p.tabs = look.NewSegments(func(i int) {
		p.room.Objects = []fyne.CanvasObject{[]fyne.CanvasObject{people, p.rules.all}[i]}
		visible(byCode, i == 0)
		visible(add, i == 0)
		visible(addRule, i == 1)
		w.look(agentsChanged)
		p.all.Refresh()
	}, "Agents", "Rules")
	p.all = look.Down(0, head("Agents", "Who may call your servers, and what each may use", p.tabs, byCode, add, addRule), look.Fill(p.room))
	return p
}

// showAgents turns to the agents, and showRules to the rules for them.
func (w *window) showAgents() { w.showOfAgents(0) }
func (w *window) showRules()  { w.showOfAgents(1) }

func (w *window) showOfAgents(tab int) {
	w.turn(agentsAt)
	w.pages[agentsAt].(*agentsPage).tabs.Pick(tab)
}

func (p *agentsPage) body() fyne.CanvasObject { return p.all }
func (p *agentsPage) due(*view) time.Duration { return 5 * time.Second }
func (p *agentsPage) escape()                 {}
func (p *agentsPage) show(v *view, c change) {
	if c&agentsChanged != 0 {
		p.arrange(v)
	}
	if p.tabs.At() == 1 {
		p.rules.show()
		return
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
