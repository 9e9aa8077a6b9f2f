package ui

import (
	"strings"

	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
)

const (
	foldAbove = 24 // lines as they are drawn
	foldTo    = 14
	foldWidth = 46 // characters of a line
)

// folding is a text of many lines, of which the beginning is shown where it is long, until the owner wants more.
type folding struct {
	body  *fyne.Container
	text  interface{ SetText(string) }
	more  *look.Button
	whole string
	open  bool
	moved func() // what is around it needs another place
}

// newFolding makes a text out of what draws it.
func newFolding(text interface {
	fyne.CanvasObject
	SetText(string)
}, moved func()) *folding {
	f := &folding{text: text, moved: moved}
	f.more = look.NewButton(look.Ghost, "", "", func() {
		f.open = !f.open
		f.fold()
		f.moved()
	})
	f.body = look.Down(4, text, look.Across(0, look.Spring(), f.more))
	return f
}

// set shows another text, folded.
func (f *folding) set(text string) *folding {
	f.whole, f.open = text, false
	f.fold()
	return f
}

func (f *folding) fold() {
	begin, rest := folded(f.whole)
	f.body.Objects[1].(*fyne.Container).Hidden = rest == 0
	switch {
	case f.open:
		f.text.SetText(f.whole)
		f.more.Set(look.Ghost, "Show less")
	case rest == 0:
		f.text.SetText(f.whole)
	default:
		f.text.SetText(begin)
		f.more.Set(look.Ghost, "Show "+count(rest, "more line"))
	}
	f.body.Refresh()
}

// folded is the beginning of a text, and about how many lines are left out; 0 where it is short and begin all of it.
func folded(text string) (begin string, rest int) {
	if drawnLines(text) <= foldAbove {
		return text, 0
	}
	room := foldTo
	for line := range strings.Lines(text) {
		need := drawnLines(strings.TrimSuffix(line, "\n"))
		if need > room {
			if room > 0 { // a part of a long line
				begin += string([]rune(line)[:room*foldWidth-1]) + "…"
			}
			break
		}
		begin, room = begin+line, room-need
	}
	begin = strings.TrimSuffix(begin, "\n")
	return begin, max(1, drawnLines(text)-drawnLines(begin))
}

// drawnLines is about how many lines a text is drawn in.
func drawnLines(text string) (n int) {
	for line := range strings.SplitSeq(text, "\n") {
		n += 1 + max(0, len([]rune(line))-1)/foldWidth
	}
	return n
}
