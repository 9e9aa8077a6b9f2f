package ui

import (
	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
)

// notice is a strip above the page that says what did not work, until the owner has read it.
type notice struct {
	strip *fyne.Container
	moved func() // what is below has another place; set by the window
	title *look.Text
	why   *look.Prose
}

func newNotice() *notice {
	n := &notice{title: look.NewText("", look.Strong), why: look.NewProse("", look.Body, 740)}
	words := look.Down(3, n.title, n.why)
	row := look.Across(12, look.NewIcon(look.Drawing("warning"), 20, look.Bad.Strong()), look.Fill(words), look.NewButton(look.Ghost, "close", "", n.hide))
	n.strip = look.Inset(0, 28, 16, 28, look.Over(look.NewPanel(look.Bad.Soft(), 10), look.Inset(10, 10, 10, 14, row)))
	n.strip.Hide()
	return n
}

func (n *notice) show(title string, err error) {
	n.title.SetText(title)
	n.why.SetText(look.Block(err.Error(), 1_000))
	n.strip.Show()
	n.moved()
}

func (n *notice) hide() {
	n.strip.Hide()
	n.moved()
}
