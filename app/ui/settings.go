package ui

import (
	"context"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"drawbridge/app/share"
	"drawbridge/app/ui/look"
)

// settingsPage is what the owner chooses. Each choice takes effect at once, and is tried where it stands.
type settingsPage struct {
	w      *window
	all    fyne.CanvasObject
	scroll *container.Scroll
	theme  *look.Segments
	listen *choiceField
	public *choiceField
	limits []*choiceField
	login  *look.Check
	owner  *ownerCard
	paths  *tunnelsCard
	file   *fyne.Container // what is to be looked at in the settings file
	odd    *look.Prose
	reach  *look.Prose
	about  *look.Prose
	shown  bool
}

// themes are the choices of the theme, as config.json has them.
var themes = []string{"system", "light", "dark"}

func newSettingsPage(w *window) *settingsPage {
	p := &settingsPage{w: w, owner: newOwnerCard(w), paths: newTunnelsCard(w)}
	p.theme = look.NewSegments(func(i int) { p.choose("theme", themes[i]) }, "As the system", "Light", "Dark")
	p.login = look.NewCheck("Start Drawbridge when I log in, in the tray", p.atLogin)
	p.reach = look.NewProse("", look.Note, 560)
	p.about = look.NewProse("", look.Note, 560)
	p.odd = look.NewProse("", look.Note, 560)
	p.file = look.Strip(look.Warn, look.Down(3, look.NewText("The settings file needs a look", look.Strong), p.odd), look.NewButton(look.Soft, "folder", "Open file", w.openConfig))
	p.file.Hide()
	p.listen = newChoiceField(w, "Address on this computer", "listen", "127.0.0.1:7040", "This computer's own addresses only: what comes from outside comes through a tunnel or a proxy with TLS", text)
	p.public = newChoiceField(w, "Public address", "publicURL", "https://bridge.example.com", "Where agents elsewhere reach the bridge, if something with TLS stands in front of it", text)
	p.limits = []*choiceField{
		newChoiceField(w, "Open sessions", "limits.sessions", "256", "Of one caller at once", number),
		newChoiceField(w, "Calls at once", "limits.calls", "256", "Of one caller", number),
		newChoiceField(w, "Largest message", "limits.messageSize", "32MiB", "Either way", text),
		newChoiceField(w, "Keep the record for", "audit.keep", "For ever", "Such as 90d", text),
	}
	cards := look.Down(12,
		p.file,
		p.card("Look", "", look.Across(0, p.theme)),
		p.card("Address", "", look.Down(14, p.reach, p.listen.body, p.public.body,
			newTest(w, "Is the bridge reachable by that address?", "Test", "It is", func() error { return w.app.TryAddress(context.Background()) }))),
		p.paths.body,
		p.owner.body,
		p.card("Keychain", "Where the tokens of agents, and secrets of servers, are kept.",
			look.Down(10, newTest(w, "Can it keep a secret and give it back?", "Test", "It can", w.app.TryKeychain), newSecrets(w))),
		p.card("At login", "", look.Inset(-6, 0, -6, -6, p.login)),
		p.card("Limits", "They take effect when Drawbridge starts anew.", p.grid()),
		p.card("About", "", look.Down(10, p.about, look.Across(8,
			look.NewButton(look.Soft, "folder", "Open settings file", w.openConfig),
			look.NewButton(look.Soft, "keyboard", "Keyboard shortcuts", w.showKeys)))),
	)
	p.scroll = container.NewVScroll(cardRoom(cards))
	p.all = look.Down(0, head("Settings", "Each takes effect at once, unless it says otherwise"), look.Fill(look.Wheeled(p.scroll)))
	return p
}

// card is a group of choices.
func (p *settingsPage) card(title, note string, o fyne.CanvasObject) fyne.CanvasObject {
	words := look.Down(2, look.NewText(title, look.Title))
	if note != "" {
		words.Add(look.NewText(note, look.Note))
	}
	return look.Card(look.Down(12, words, o))
}

// grid has two limits a line.
func (p *settingsPage) grid() fyne.CanvasObject {
	rows := look.Down(14)
	for i := 0; i < len(p.limits); i += 2 {
		rows.Add(&fyne.Container{Layout: halves{16}, Objects: []fyne.CanvasObject{p.limits[i].body, p.limits[i+1].body}})
	}
	return rows
}

func (p *settingsPage) body() fyne.CanvasObject { return p.all }
func (p *settingsPage) due(*view) time.Duration { return 5 * time.Second }
func (p *settingsPage) escape()                 {}

func (p *settingsPage) show(v *view, c change) {
	p.owner.show()
	p.paths.look()
	p.showFile()
	if c&bridgeChanged == 0 && p.shown {
		return
	}
	p.shown = true
	s := p.w.app.Settings()
	for i, t := range themes {
		if t == s.Theme {
			p.theme.Pick(i)
		}
	}
	p.listen.show(s.Listen)
	p.public.show(s.PublicURL)
	p.limits[0].show(strconv.Itoa(s.Limits.Sessions))
	p.limits[1].show(strconv.Itoa(s.Limits.Calls))
	p.limits[2].show(sizeSetting(s.Limits.MessageSize))
	p.limits[3].show(keepSetting(s.Audit.Keep))
	p.reach.SetText("Agents use " + plain(p.w.app.Address()) + ". " + share.Reach(p.w.app.Address()))
	p.login.OnChanged = nil
	on, err := p.w.app.StartsAtLogin()
	p.login.SetChecked(on && err == nil)
	p.login.OnChanged = p.atLogin
	if status, err := p.w.app.Status(); err == nil {
		p.about.SetText("Drawbridge " + plain(status.Version) + "\nSettings: " + plain(status.Config) + "\nEverything else: " + plain(status.Home))
	}
	p.all.Refresh()
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

// choose gives a setting a value, unless that is what it is.
func (p *settingsPage) choose(key, value string) {
	if key == "theme" && p.w.app.Settings().Theme == value {
		return
	}
	p.w.act("The choice was not kept", func() error { return p.w.app.Choose(key, value) })
}

func (p *settingsPage) atLogin(on bool) {
	p.w.act("Nothing was changed", func() error { return p.w.app.StartAtLogin(on) })
}

// sizeSetting is a number of bytes as config.json may have it.
func sizeSetting(n int64) string {
	for _, u := range []struct {
		name  string
		bytes int64
	}{{"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if n >= u.bytes && n%u.bytes == 0 {
			return strconv.FormatInt(n/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10)
}

// keepSetting is a length of time as config.json may have it; "" is for ever.
func keepSetting(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d == 0:
		return ""
	case d%day == 0:
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	return d.String()
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
