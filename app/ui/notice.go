package ui

import (
	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
)

// notice is a strip above the page that says what did not work, or what was done out of sight, until the owner has read it.
type notice struct {
	strip *fyne.Container
	moved func() // what is below has another place; set by the window
	title *look.Text
	why   *look.Prose
	bad   fyne.CanvasObject
	good  fyne.CanvasObject
}

func newNotice() *notice {
	n := &notice{title: look.NewText("", look.Strong), why: look.NewProse("", look.Body, 740)}
	n.bad, n.good = n.toned(look.Bad), n.toned(look.Good)
	n.strip = look.Inset(0, 28, 16, 28, n.bad)
	n.strip.Hide()
	return n
}

func (n *notice) toned(t look.Tone) fyne.CanvasObject {
	return look.Strip(t, look.Down(3, n.title, n.why), look.NewButton(look.Ghost, "close", "", n.hide))
}

// show says what did not work.
func (n *notice) show(title string, err error) { n.say(n.bad, title, err.Error()) }

// tell says what was done.
func (n *notice) tell(title, text string) { n.say(n.good, title, text) }

func (n *notice) say(strip fyne.CanvasObject, title, text string) {
	n.title.SetText(title)
	n.why.SetText(look.Block(text, 1_000))
	n.strip.Objects[0] = strip
	n.strip.Show()
	n.strip.Refresh()
	n.moved()
}

// turned: what was done is read when the owner goes on to another page. What did not work stays.
func (n *notice) turned() {
	if n.strip.Visible() && n.strip.Objects[0] == n.good {
		n.hide()
	}
}

func (n *notice) hide() {
	n.strip.Hide()
	n.moved()
}
