package ui

import (
	"context"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"drawbridge/app/ui/look"
	"drawbridge/bridge"
)

// window is the one window: a sidebar, and the page that the owner chose.
type window struct {
	life   context.Context // ends with the desktop, and with it what dialogs follow or wait for
	app    App
	win    fyne.Window
	mirror *mirror
	do     func(func())   // the mirror's dispatcher
	quit   func()         // ends the desktop
	work   sync.WaitGroup // what the owner started and is not done

	choosing map[string]int // settings that are being given a value, by their keys

	view      *view // what was shown last
	hidden    bool
	letGo     func() // of what is said in calls, which is kept while the window is in sight
	pages     []page
	at        int // which of the pages
	sidebar   *sidebar
	notice    *notice
	trouble   *problems
	questions *questions
	announcer announcer       // nil where there is none
	themed    func(string)    // has the theme be another; nil is nobody
	room      *fyne.Container // holds the page
	tray      *tray           // nil where there is none
	sheets    []*look.Sheet   // open ones, the topmost last
	keys      fyne.ShortcutHandler
}

// The pages, in the order of the sidebar.
const (
	serversAt = iota
	agentsAt
	callsAt
	auditAt
	settingsAt
)

// stand looks at what no event tells of. The mirror calls it.
func (w *window) stand() standing {
	return standing{problems: w.app.Problems(), address: w.app.Address(), theme: w.app.Settings().Theme}
}

// page is one of the window's pages.
type page interface {
	body() fyne.CanvasObject
	// show brings the page up to v, of which c may have changed.
	show(v *view, c change)
	// due is how soon time alone changes the page.
	due(v *view) time.Duration
	// escape undoes the last thing opened on the page.
	escape()
}

// newWindow makes the window, not yet shown.
// When life ends, so does what the owner started in it.
func newWindow(life context.Context, f fyne.App, a App, do func(func()), quit func()) *window {
	w := &window{life: life, app: a, win: f.NewWindow("Drawbridge"), do: do, quit: quit, hidden: true, letGo: func() {}, choosing: map[string]int{}}
	w.view = &view{Snapshot: bridge.Snapshot{Raised: true}} // until the bridge says how it is
	w.mirror = newMirror(a, w.stand, do, w.show)
	w.pages = []page{newServersPage(w), newAgentsPage(w), newCallsPage(w), newAuditPage(w), newSettingsPage(w)}
	w.sidebar = newSidebar(w)
	w.notice = newNotice()
	w.trouble = newProblems(w)
	w.questions = newQuestions(w)
	w.room = look.Over(w.pages[0].body())
	right := look.Down(0, w.notice.strip, w.questions.strip, w.trouble.strip, look.Fill(w.room))
	w.notice.moved = right.Refresh
	w.win.SetContent(&fyne.Container{Layout: aside{}, Objects: []fyne.CanvasObject{w.sidebar.body, look.Inset(24, 0, 0, 0, right)}})
	w.win.SetPadded(false)
	w.win.Resize(usualSize())
	w.listen()
	w.turn(0)
	return w
}

// escape closes what was opened last.
func (w *window) escape() {
	if n := len(w.sheets); n > 0 {
		w.sheets[n-1].Close()
		return
	}
	w.pages[w.at].escape()
}

// turn shows page i.
func (w *window) turn(i int) {
	w.at = i
	w.notice.turned()
	w.room.Objects = []fyne.CanvasObject{w.pages[i].body()}
	w.sidebar.pick(i)
	w.look(everything)
	w.room.Refresh()
}

// show looks at v, of which c may have changed. The mirror calls it.
func (w *window) show(v *view, c change) {
	w.view = v
	w.look(c)
}

// look brings up to date what can be seen, and asks to be woken when time alone will change it.
func (w *window) look(c change) {
	v := w.view
	if c&bridgeChanged != 0 && w.themed != nil && v.theme != "" {
		w.themed(v.theme)
	}
	if c&everything != 0 {
		w.questions.show(v)
	}
	if w.tray != nil {
		w.tray.show(v)
	}
	var wake time.Time
	if w.tray != nil && v.inUse() {
		wake = v.now.Add(linger)
	}
	if !w.hidden {
		w.sidebar.show(v)
		w.trouble.show(v)
		w.pages[w.at].show(v, c)
		if at := v.now.Add(w.pages[w.at].due(v)); wake.IsZero() || at.Before(wake) {
			wake = at
		}
	}
	w.mirror.wakeAt(wake)
}

// open brings the window to the front.
func (w *window) open() {
	w.appear()
	w.win.RequestFocus()
}

// appear has the window be there, and leaves the keyboard where it is.
func (w *window) appear() {
	if w.hidden {
		w.hidden = false
		w.letGo = w.app.KeepPayloads()
		w.win.Show()
	}
	w.look(everything)
}

// hide takes the window away; the tray brings it back.
func (w *window) hide() {
	w.hidden = true
	w.letGo()
	w.win.Hide()
}

// act does something that may take a while. If it fails the owner reads why.
func (w *window) act(failed string, f func() error) {
	w.work.Go(func() {
		err := f()
		w.do(func() {
			if err != nil {
				w.notice.show(failed, err)
			}
		})
	})
}

// copy puts text on the clipboard.
func (w *window) copy(text string) { fyne.CurrentApp().Clipboard().SetContent(text) }

// copyFrom copies a text that may take a while to get, and tells what it is good for.
func (w *window) copyFrom(get func() (string, error), failed, title, note string) {
	w.act(failed, func() error {
		text, err := get()
		if err == nil {
			w.do(func() {
				w.copy(text)
				w.notice.tell(title, note)
			})
		}
		return err
	})
}

// sheet opens a dialog, with the keyboard on first.
func (w *window) sheet(s *look.Sheet, first fyne.Focusable) {
	s.Canvas = w.win.Canvas()
	closed := s.Closed
	s.Closed = func() {
		for i := range w.sheets {
			if w.sheets[i] == s {
				w.sheets = append(w.sheets[:i], w.sheets[i+1:]...)
				break
			}
		}
		if closed != nil {
			closed()
		}
	}
	w.sheets = append(w.sheets, s)
	s.Show(first)
}

// confirm asks before something that cannot be taken back.
func (w *window) confirm(title, note, verb string, yes func()) {
	w.confirmed(look.Danger, title, note, verb, yes)
}

// confirmed asks before something; how is what the button that does it looks like.
func (w *window) confirmed(how look.Kind, title, note, verb string, yes func()) {
	s := &look.Sheet{Title: title, Width: 440}
	s.Body = look.NewProse(note, look.Note, s.Inner())
	keep := look.NewButton(look.Soft, "", "Cancel", s.Close)
	s.Acts = []fyne.CanvasObject{keep, look.NewButton(how, "", verb, func() {
		s.Close()
		yes()
	})}
	w.sheet(s, keep)
}

// menu opens a menu below a button, flush with its right edge.
func (w *window) menu(below fyne.CanvasObject, items ...*fyne.MenuItem) {
	m := widget.NewPopUpMenu(fyne.NewMenu("", items...), w.win.Canvas())
	size := below.Size()
	m.ShowAtRelativePosition(fyne.NewPos(size.Width-m.MinSize().Width, size.Height+4), below)
}

// item is an entry of a menu, with an icon.
func item(icon, label string, f func()) *fyne.MenuItem {
	i := fyne.NewMenuItem(label, f)
	i.Icon = look.Tint(look.Drawing(icon), look.Muted)
	return i
}

// head is the top of a page.
func head(title, note string, acts ...fyne.CanvasObject) fyne.CanvasObject {
	words := look.Down(1, look.NewText(title, look.Heading), look.NewText(note, look.Note))
	row := look.Across(8, append([]fyne.CanvasObject{look.Fill(words)}, acts...)...)
	return look.Inset(0, 28, 16, 28, row)
}

// aside lays the sidebar beside the rest.
type aside struct{}

const asideWidth = 220

func (aside) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(880, fyne.Max(560, fyne.Max(o[0].MinSize().Height, o[1].MinSize().Height)))
}

func (aside) Layout(o []fyne.CanvasObject, size fyne.Size) {
	o[0].Move(fyne.Position{})
	o[0].Resize(fyne.NewSize(asideWidth, size.Height))
	o[1].Move(fyne.NewPos(asideWidth, 0))
	o[1].Resize(fyne.NewSize(size.Width-asideWidth, size.Height))
}
