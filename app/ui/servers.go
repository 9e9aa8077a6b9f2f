package ui

import (
	"maps"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"drawbridge/app/ui/look"
)

// serversPage shows the configured servers, a card each.
type serversPage struct {
	w    *window
	all  fyne.CanvasObject
	list *fyne.Container
	some *fyne.Container
	none *welcome

	joined, add *look.Button
	cards       map[string]*serverCard
}

func newServersPage(w *window) *serversPage {
	p := &serversPage{w: w, list: look.Down(12), cards: map[string]*serverCard{}}
	p.some = cardScroll(p.list)
	p.none = newWelcome(w)
	p.add = look.NewButton(look.Primary, "plus", "Add server", w.addServer)
	imported := look.NewButton(look.Soft, "download", "Import…", w.importServers)
	p.joined = look.NewButton(look.Soft, "share", "Share…", func() { w.share(nil) })
	p.all = look.Down(0, head("Servers", "MCP servers that this computer offers to your agents", p.joined, imported, p.add), look.Fill(look.Over(p.none.body, p.some)))
	return p
}

// cardScroll lets a list of cards scroll.
func cardScroll(list fyne.CanvasObject) *fyne.Container {
	return look.Wheeled(container.NewVScroll(cardRoom(list)))
}

// cardRoom is a list of cards with room for their shade.
func cardRoom(list fyne.CanvasObject) *fyne.Container { return look.Inset(2, 28, 24, 28, list) }

// visible shows o, or hides it.
func visible(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}

func (p *serversPage) body() fyne.CanvasObject { return p.all }

// due: uptimes count minutes, and the bars of calls move every half minute.
func (p *serversPage) due(*view) time.Duration { return 5 * time.Second }

func (p *serversPage) escape() {
	for _, c := range p.cards {
		c.expand(false)
	}
}

func (p *serversPage) show(v *view, c change) {
	if c&serversChanged != 0 {
		p.arrange(v)
	}
	for name, card := range p.cards {
		card.show(v, v.Servers[name])
	}
}

// arrange makes the cards those of v's servers, by name.
func (p *serversPage) arrange(v *view) {
	names := slices.Sorted(maps.Keys(v.Servers))
	visible(p.none.body, len(names) == 0)
	visible(p.joined, len(names) > 0)
	if len(names) == 0 {
		p.none.show()
	}
	visible(p.some, len(names) > 0)
	if slices.Equal(names, slices.Sorted(maps.Keys(p.cards))) {
		return
	}
	maps.DeleteFunc(p.cards, func(name string, _ *serverCard) bool { return !slices.Contains(names, name) })
	p.list.Objects = nil
	for _, name := range names {
		if p.cards[name] == nil {
			p.cards[name] = newServerCard(p.w, name)
		}
		p.list.Add(p.cards[name].body)
	}
	p.all.Refresh()
}
