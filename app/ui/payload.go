package ui

import (
	"strings"

	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
)

// payload shows the arguments or the answer of a call: what a person reads of it, and the JSON as it is kept.
type payload struct {
	body  *fyne.Container
	parts *fyne.Container
	block *look.CodeBlock
	json  *folding
	note  *look.Text
	raw   string // as it is kept
	w     *window
	moved func() // what is around it needs another place
}

func newPayload(w *window, title string, moved func()) *payload {
	p := &payload{w: w, parts: look.Down(8), block: look.NewCodeBlock("").Selectable(), note: look.NewText("", look.Caption), moved: moved}
	p.json = newFolding(p.block, moved)
	head := look.Across(0, look.Fill(look.NewText(title, look.Strong)), look.NewButton(look.Ghost, "copy", "", func() { w.copy(p.raw) }))
	p.body = look.Down(4, head, p.parts, p.json.body, p.note)
	return p
}

// set shows another text, and above it what a person reads of it; "" shows nothing at all.
func (p *payload) set(raw string, pieces []piece) {
	p.raw = raw
	p.parts.Objects = nil
	for i := range pieces {
		if i == piecesMost {
			p.parts.Add(look.NewText("and "+count(len(pieces)-piecesMost, "more part"), look.Caption))
			break
		}
		p.parts.Add(pieces[i].drawn(p.w, p.moved))
	}
	p.note.SetText(hidden(raw))
	p.note.Hidden = p.note.Text() == ""
	p.body.Hidden = raw == ""
	p.json.set(tidy(raw))
	p.body.Refresh()
}

// hidden says what the record keeps to itself of a text; "" is nothing.
func hidden(raw string) string {
	n := strings.Count(raw, "[redacted]")
	if n == 0 {
		return ""
	}
	return count(n, "value") + " redacted: secrets are not kept"
}
