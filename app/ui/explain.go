package ui

import (
	"maps"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/ui/look"
)

// explainBox answers what the rules make of a call that nobody makes.
type explainBox struct {
	w      *window
	body   fyne.CanvasObject
	agent  *look.Choice
	server *look.Choice
	kind   *look.Segments
	name   *look.Entry
	args   *look.Entry
	user   *look.Entry
	groups *look.Entry
	ask    *look.Button
	room   *fyne.Container // of the choices
	answer *fyne.Container

	agents, servers []string
}

// kinds are what a name can name, as app.PolicyQuestion has it.
var kinds = []string{"tool", "prompt", "resource"}

// passedShown is how many of the rules that do not apply are named.
const passedShown = 6

func newExplainBox(w *window) *explainBox {
	b := &explainBox{w: w, name: look.NewEntry("Name of the tool"), args: look.NewEntry(`Arguments, such as {"path": "/srv"} (optional)`), room: look.Down(0), answer: look.Down(6)}
	b.user, b.groups = look.NewEntry("User, as issuer|subject (optional)"), look.NewEntry("Groups of the user (optional)")
	b.kind = look.NewSegments(func(int) {}, "Tool", "Prompt", "Resource")
	b.ask = look.NewButton(look.Soft, "search", "Explain", b.explain)
	for _, e := range []*look.Entry{b.name, b.args, b.user, b.groups} {
		e.OnSubmitted = func(string) { b.explain() }
	}
	title := look.Down(2, look.NewText("What would become of a call?", look.Title), look.NewText("By the rules that are in force", look.Note))
	b.body = look.Card(look.Down(12, title, b.room, look.Across(8, b.kind, look.Fill(b.name)), &fyne.Container{Layout: halves{12}, Objects: []fyne.CanvasObject{b.user, b.groups}},
		look.Across(8, look.Fill(b.args), b.ask), b.answer))
	b.answer.Hide()
	return b
}

// show has the choices be those of v.
func (b *explainBox) show(v *view) {
	agents, servers := slices.Sorted(maps.Keys(v.Agents)), slices.Sorted(maps.Keys(v.Servers))
	if b.agent != nil && slices.Equal(agents, b.agents) && slices.Equal(servers, b.servers) {
		return
	}
	b.agents, b.servers = agents, servers
	b.agent, b.server = choiceOf(agents, "No agent yet"), choiceOf(servers, "No server yet")
	b.room.Objects = []fyne.CanvasObject{&fyne.Container{Layout: halves{12}, Objects: []fyne.CanvasObject{look.Field("Agent", b.agent, ""), look.Field("Server", b.server, "")}}}
	if len(agents)*len(servers) == 0 {
		b.ask.Disable()
	} else {
		b.ask.Enable()
	}
	b.room.Refresh()
}

func choiceOf(names []string, none string) *look.Choice {
	labels := []string{none}
	if len(names) > 0 {
		labels = nil
		for _, n := range names {
			labels = append(labels, plain(n))
		}
	}
	return look.NewChoice(labels, nil)
}

func (b *explainBox) explain() {
	if b.ask.Disabled() {
		return
	}
	q := app.PolicyQuestion{Agent: b.agents[b.agent.At()], Server: b.servers[b.server.At()], Kind: kinds[b.kind.At()], Name: strings.TrimSpace(b.name.Text), User: strings.TrimSpace(b.user.Text)}
	for group := range strings.SplitSeq(b.groups.Text, ",") {
		if group = strings.TrimSpace(group); group != "" {
			q.Groups = append(q.Groups, group)
		}
	}
	if args := strings.TrimSpace(b.args.Text); args != "" {
		q.Arguments = []byte(args)
	}
	if q.Name == "" {
		b.say(look.NewText("Type the name of what would be called.", look.Note))
		b.w.win.Canvas().Focus(b.name)
		return
	}
	b.w.work.Go(func() {
		a, err := b.w.app.ExplainPolicy(q)
		b.w.do(func() {
			if err != nil {
				b.say(look.NewProse(look.Block(err.Error(), 800), look.Body, 640).Tinted(look.Bad.Strong()))
				return
			}
			b.tell(a)
		})
	})
}

// tell shows the verdict, the rule that gives it, and why the ones above it do not.
func (b *explainBox) tell(a app.PolicyAnswer) {
	word, tone := verdictChip(a.Verdict)
	parts := []fyne.CanvasObject{look.Across(10, look.NewChip(word, tone), look.Fill(look.Down(0, look.Spring(), look.NewProse(capital(plain(a.Why)), look.Body, 560), look.Spring())))}
	for i, r := range a.Passed {
		if i == passedShown {
			parts = append(parts, look.NewText("and "+some(len(a.Passed)-i)+" more that do not apply", look.Caption))
			break
		}
		parts = append(parts, look.NewProse("Not rule "+some(r.Rule)+": "+plain(r.Why), look.Caption, 640))
	}
	if a.Note != "" {
		parts = append(parts, look.NewProse(plain(a.Note)+".", look.Note, 640))
	}
	b.say(parts...)
}

func (b *explainBox) say(parts ...fyne.CanvasObject) {
	b.answer.Objects = []fyne.CanvasObject{look.Rule(), look.Down(6, parts...)}
	b.answer.Show()
	b.w.room.Refresh()
}
