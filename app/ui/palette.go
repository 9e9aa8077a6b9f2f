package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"drawbridge/app/ui/look"
)

// palette is the dialog in which everything can be done by typing what it is.
type palette struct {
	w     *window
	sheet *look.Sheet
	entry *look.Entry
	all   []deedEntry
	found []int // of all
	at    int   // which of found
	list  *fyne.Container
	room  *container.Scroll
}

// paletteShown is how many deeds fit into sight.
const paletteShown = 9

// openPalette opens the palette, or closes it.
func (w *window) openPalette() {
	p := &palette{w: w, all: w.deeds(), entry: look.NewEntry("What do you want to do?"), list: look.Down(0)}
	p.entry.OnChanged = func(string) { p.sift() }
	p.entry.OnSubmitted = func(string) { p.do() }
	p.entry.OnKey = p.key
	p.room = container.NewVScroll(p.list)
	p.room.SetMinSize(fyne.NewSize(0, paletteShown*paletteRow))
	p.sheet = &look.Sheet{Width: 560, Body: look.Down(10, p.entry, p.room), Rolls: p.room, Bare: true}
	p.sift()
	w.sheet(p.sheet, p.entry)
}

// sift lists what has all the words that were typed.
func (p *palette) sift() {
	words := strings.Fields(strings.ToLower(p.entry.Text))
	p.found, p.at = nil, 0
	for i, d := range p.all {
		label := strings.ToLower(d.label)
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(label, w) }) {
			p.found = append(p.found, i)
		}
	}
	p.draw()
}

func (p *palette) draw() {
	p.list.Objects = nil
	for n, i := range p.found {
		p.list.Add(newPaletteRow(p.all[i], n == p.at, func() {
			p.at = n
			p.do()
		}))
	}
	if len(p.found) == 0 {
		p.list.Add(look.Inset(12, 8, 0, 12, look.NewText("Nothing is called that.", look.Note)))
	}
	p.list.Refresh()
	top := float32(p.at) * paletteRow
	if top < p.room.Offset.Y || top+paletteRow > p.room.Offset.Y+p.room.Size().Height {
		p.room.ScrollToOffset(fyne.NewPos(0, max(0, top-(paletteShown-1)*paletteRow/2)))
	}
}

// key moves the choice.
func (p *palette) key(key fyne.KeyName) bool {
	step := map[fyne.KeyName]int{fyne.KeyUp: -1, fyne.KeyDown: 1, fyne.KeyPageUp: -paletteShown, fyne.KeyPageDown: paletteShown}[key]
	if step == 0 || len(p.found) == 0 {
		return step != 0
	}
	p.at = min(max(p.at+step, 0), len(p.found)-1)
	p.draw()
	return true
}

func (p *palette) do() {
	if p.at >= len(p.found) {
		return
	}
	do := p.all[p.found[p.at]].do
	p.sheet.Close()
	do()
}

const paletteRow = 36

// newPaletteRow is a deed in the list; the one that Enter does is marked.
func newPaletteRow(d deedEntry, picked bool, do func()) fyne.CanvasObject {
	back := look.NewPanel(map[bool]fyne.ThemeColorName{true: look.Picked}[picked], 7)
	row := look.Across(11, look.NewIcon(look.Drawing(d.icon), 17, look.Muted), look.Fill(look.NewText(d.label, look.Body)), look.NewText(d.keys, look.CodeNote))
	return look.Sized(0, paletteRow, look.NewTappable(look.Over(back, look.Inset(0, 12, 0, 12, row)), do))
}
