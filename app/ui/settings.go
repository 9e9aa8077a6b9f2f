package ui

import (
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"drawbridge/app"
	"drawbridge/app/share"
	"drawbridge/app/ui/look"
)

// settingsPage is what the owner chooses. Each choice takes effect at once, and is tried where it stands.
type settingsPage struct {
	w      *window
	all    fyne.CanvasObject
	scroll *container.Scroll
	chosen map[string]setting // by their keys
	login  *look.Check
	owner  *ownerCard
	paths  *tunnelsCard
	file   *fyne.Container // what is to be looked at in the settings file
	odd    *look.Prose
	reach  *look.Prose
	about  *look.Prose
	shown  bool
}

// setting is where one of the owner's choices stands on the page.
type setting interface{ show(app.Choice) }

func newSettingsPage(w *window) *settingsPage {
	p := &settingsPage{w: w, chosen: map[string]setting{}, owner: newOwnerCard(w), paths: newTunnelsCard(w)}
	p.chosen["signIn.ownerFirst"], p.chosen["signIn.accessToken"] = p.owner.first, p.owner.life
	p.chosen["signIn.providers"], p.chosen["signIn.approve"] = p.owner.at, p.owner.let
	p.login = look.NewCheck("Start Drawbridge when I log in, in the tray", p.atLogin)
	p.about = look.NewProse("", look.Note, 560)
	p.odd = look.NewProse("", look.Note, 560)
	p.file = look.Strip(look.Warn, look.Down(3, look.NewText("The settings file needs a look", look.Strong), p.odd), look.NewButton(look.Soft, "folder", "Open file", w.openConfig))
	p.file.Hide()
	cards := look.Down(12,
		p.file,
		card("Look", "", look.Across(0, p.looks())),
		card("Address", "", p.address()),
		p.paths.body,
		p.owner.body,
		card("Keychain", "Where the tokens of agents, and secrets of servers, are kept.",
			look.Down(10, newTest(w, "Can it keep a secret and give it back?", "Test", "It can", w.app.TryKeychain), newSecrets(w))),
		card("At login", "", look.Inset(-6, 0, -6, -6, p.login)),
		p.away(),
		card("Limits", "", p.limits()),
		card("Record and metrics", "", p.record()),
		card("About", "", look.Down(10, p.about, look.Across(8,
			look.NewButton(look.Soft, "folder", "Open settings file", w.openConfig),
			look.NewButton(look.Soft, "keyboard", "Keyboard shortcuts", w.showKeys)))),
	)
	p.scroll = container.NewVScroll(cardRoom(cards))
	p.all = look.Down(0, head("Settings", "Each takes effect at once, unless it says otherwise"), look.Fill(look.Wheeled(p.scroll)))
	return p
}

// card is a group of choices.
func card(title, note string, o fyne.CanvasObject) fyne.CanvasObject {
	words := look.Down(2, look.NewText(title, look.Title))
	if note != "" {
		words.Add(look.NewText(note, look.Note))
	}
	return look.Card(look.Down(12, words, o))
}

// field is a setting that is typed.
func (p *settingsPage) field(label, key, hint, note string, kind func(string) (any, error)) fyne.CanvasObject {
	f := newChoiceField(p.w, label, key, hint, note, kind)
	p.chosen[key] = f
	return f.body
}

// themes are the choices of the theme, as config.json has them.
var themes = []string{"system", "light", "dark"}

// looks are the themes of the window.
func (p *settingsPage) looks() fyne.CanvasObject {
	t := &themeSetting{w: p.w}
	t.all = look.NewSegments(t.pick, "As the system", "Light", "Dark")
	p.chosen["theme"] = t
	return t.all
}

// themeSetting is the choice of the window's look.
type themeSetting struct {
	w   *window
	all *look.Segments
}

func (t *themeSetting) show(now app.Choice) { t.all.Pick(slices.Index(themes, now.Text())) }

func (t *themeSetting) pick(i int) {
	if themes[i] != t.w.app.Settings().Theme {
		t.w.choose("theme", themes[i])
	}
}

// address is where agents reach the bridge.
func (p *settingsPage) address() fyne.CanvasObject {
	p.reach = look.NewProse("", look.Note, 560)
	return look.Down(14, p.reach,
		p.field("Address on this computer", "listen", "127.0.0.1:7040", "Of this computer alone; agents elsewhere come by a tunnel, or a proxy with TLS", text),
		p.field("Public address", "publicURL", "https://bridge.example.com", "Where agents elsewhere reach the bridge, if something with TLS stands in front of it", text),
		p.field("Web pages that may call", "origins", "https://app.example.com", "Their addresses, with commas between them, from the next start; agents that are programs need none", texts),
		newTest(p.w, "Is the bridge reachable by that address?", "Test", "It is", func() error { return p.w.app.TryAddress(p.w.life) }))
}

// away is what raises the bridge by itself.
func (p *settingsPage) away() fyne.CanvasObject {
	c := newAwayCard(p.w)
	p.chosen["raiseOn"] = c
	return c.body
}

// limits bound what callers and agents may use.
func (p *settingsPage) limits() fyne.CanvasObject {
	quotas := newSettingList(p.w, "limits.quotas", "Quotas", "Add a quota…", "None: nothing else bounds how much agents may use.", quotaWords, p.w.editQuota)
	p.chosen["limits.quotas"] = quotas
	return look.Down(14,
		twoOf(p.field("Open sessions", "limits.sessions", "256", "Of one caller at once", number), p.field("Calls at once", "limits.calls", "256", "Of one caller", number)),
		twoOf(p.field("Largest message", "limits.messageSize", "32MiB", "Either way, from the next start", text), look.Spring()),
		quotas.body)
}

// record is what is kept and counted, and who else gets it.
func (p *settingsPage) record() fyne.CanvasObject {
	ship := newSettingList(p.w, "audit.ship", "Collectors", "Add a collector…", "None: the record stays on this computer.", collectorWords, p.w.editCollector)
	p.chosen["audit.ship"] = ship
	return look.Down(14,
		twoOf(p.field("Keep the record for", "audit.keep", "For ever", "Such as 90d", text), p.field("Keep at most", "audit.keepSize", "As much as there is", "Such as 2GiB; the oldest goes first", text)),
		ship.body,
		p.field("Serve metrics at", "metrics", "Nowhere", "Such as 127.0.0.1:9464, for Prometheus; this computer's own addresses only", text))
}

func (p *settingsPage) body() fyne.CanvasObject { return p.all }
func (p *settingsPage) due(*view) time.Duration { return 5 * time.Second }
func (p *settingsPage) escape()                 {}

func (p *settingsPage) show(v *view, c change) {
	p.owner.show()
	p.paths.look()
	p.showFile()
	p.showChosen()
	if c&bridgeChanged == 0 && p.shown {
		return
	}
	p.shown = true
	p.reach.SetText("Agents use " + plain(p.w.app.Address()) + ". " + share.Reach(p.w.app.Address()))
	on, err := p.w.app.StartsAtLogin()
	p.login.Tick(on && err == nil)
	if status, err := p.w.app.Status(); err == nil {
		p.about.SetText("Drawbridge " + plain(status.Version) + "\nSettings: " + plain(status.Config) + "\nEverything else: " + plain(status.Home))
	}
	p.all.Refresh()
}

// showChosen shows what counts now. What is being chosen stays as the owner has it.
func (p *settingsPage) showChosen() {
	all, err := p.w.app.Choices()
	if err != nil {
		return // the bridge is ending
	}
	for _, c := range all {
		if s := p.chosen[c.Key]; s != nil && p.w.choosing[c.Key] == 0 {
			s.show(c)
		}
	}
}

// showFile shows what the settings file has that may not be meant, with its place.
func (p *settingsPage) showFile() {
	status, err := p.w.app.Status()
	if err != nil {
		return
	}
	p.odd.SetText(look.Block(strings.Join(status.Warnings, "\n"), 2_000))
	visible(p.file, len(status.Warnings) > 0)
}

// roll has something of the page stand that far below its top.
func (p *settingsPage) roll(o fyne.CanvasObject, below float32) {
	if y, found := look.Below(p.scroll.Content, o); found {
		p.scroll.ScrollToOffset(fyne.NewPos(0, y-below))
	}
}

func (p *settingsPage) atLogin(on bool) {
	p.w.act("Nothing was changed", func() error { return p.w.app.StartAtLogin(on) })
}

// twoOf gives two objects half the width each.
func twoOf(a, b fyne.CanvasObject) fyne.CanvasObject {
	return &fyne.Container{Layout: halves{16}, Objects: []fyne.CanvasObject{a, b}}
}

// halves gives two objects half the width each.
type halves struct{ gap float32 }

func (h halves) MinSize(o []fyne.CanvasObject) fyne.Size {
	a, b := o[0].MinSize(), o[1].MinSize()
	return fyne.NewSize(2*fyne.Max(a.Width, b.Width)+h.gap, fyne.Max(a.Height, b.Height))
}

func (h halves) Layout(o []fyne.CanvasObject, size fyne.Size) {
	w := (size.Width - h.gap) / 2
	for i, c := range o {
		c.Move(fyne.NewPos(float32(i)*(w+h.gap), 0))
		c.Resize(fyne.NewSize(w, size.Height))
	}
}
