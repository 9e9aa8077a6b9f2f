package ui

import (
	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
)

// fault is the part of a form that says what is wrong with it.
type fault struct {
	body  *fyne.Container
	text  *look.Prose
	moved func() // what is around it needs another place; nil is nothing to do
}

// newFault makes one that says nothing, for a form of that width.
func newFault(width float32) *fault {
	f := &fault{text: look.NewProse("", look.Body, width-24).Tinted(look.Bad.Strong())}
	f.body = look.Over(look.NewPanel(look.Bad.Soft(), 8), look.Inset(8, 12, 8, 12, f.text))
	f.body.Hide()
	return f
}

func (f *fault) show(err error) {
	f.text.SetText(look.Block(err.Error(), 1_000))
	f.body.Show()
	if f.moved != nil {
		f.moved()
	}
}

func (f *fault) hide() { f.body.Hide() }

// failing says in a dialog why what it was to do failed, or above the page where the owner has closed the dialog meanwhile.
func (w *window) failing(s *look.Sheet, in *fault, failed string, err error) {
	if s.Open() {
		in.show(err)
		return
	}
	w.notice.show(failed, err)
}

// reason is an error in words for the owner: a whole sentence.
type reason string

func (r reason) Error() string { return string(r) }
