package ui

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
	"drawbridge/bridge/pin"
)

// changesShown is how many changes of a thing are shown before the owner asks for the others.
const changesShown = 8

// addChanges adds to body what changed, each as one draws it. moved is called when there is more of it.
func addChanges(body *fyne.Container, d pin.Diff, one func(pin.Change) fyne.CanvasObject, moved func()) {
	if d.Hidden {
		body.Add(look.Strip(look.Bad, look.NewProse("It has characters that cannot be seen. They are written out as ⟨…⟩ here.", look.Body, 560)))
	}
	first, rest := d.Changes, []pin.Change(nil)
	if len(first) > changesShown+1 {
		first, rest = first[:changesShown], first[changesShown:]
	}
	for _, c := range first {
		body.Add(one(c))
	}
	if len(rest) > 0 {
		others := look.Down(10)
		others.Add(look.Across(0, look.NewButton(look.Soft, "caret-down", fmt.Sprintf("Show %s", count(len(rest), "more change")), func() {
			others.Objects = nil
			for _, c := range rest {
				others.Add(one(c))
			}
			others.Refresh()
			moved()
		})))
		body.Add(others)
	}
	if d.More > 0 {
		body.Add(look.NewText(count(d.More, "further change")+" too many to be shown", look.Caption))
	}
	if d.Unseen {
		body.Add(look.NewProse("It has more text than is kept, and something differs that is not shown here.", look.Note, 560))
	}
}

// changed is one member that is not as it was: what was, and below it what is.
func changed(c pin.Change) fyne.CanvasObject {
	rows := look.Down(4)
	if c.Path != "" {
		rows.Add(look.NewText(look.Plain(c.Path, 100), look.CodeNote))
	}
	if c.Old != "" || c.What == pin.Removed {
		rows.Add(look.NewMarked(look.Bad, "−", marks(c, pin.Old)))
	}
	if c.New != "" || c.What == pin.Added {
		rows.Add(look.NewMarked(look.Good, "+", marks(c, pin.New)))
	}
	return rows
}

// told is one member as it was approved.
func told(c pin.Change) fyne.CanvasObject {
	rows := look.Down(4)
	if c.Path != "" {
		rows.Add(look.NewText(look.Plain(c.Path, 100), look.CodeNote))
	}
	rows.Add(look.NewMarked(look.Quiet, "", marks(c, pin.New)))
	return rows
}

// markMost bounds one stretch of a text, in bytes; alike bounds one that both texts have, in runes.
const markMost, alike = 12 << 10, 400

// marks is the old or the new text of a change, with what the other one does not have.
func marks(c pin.Change, side string) (all []look.Stretch) {
	if c.Pieces == nil {
		text := c.New
		if side == pin.Old {
			text = c.Old
		}
		return []look.Stretch{{Text: shortened(text)}}
	}
	for _, p := range c.Pieces {
		switch p.In {
		case side:
			all = append(all, look.Stretch{Text: shortened(p.Text), Loud: true})
		case pin.Both:
			all = append(all, look.Stretch{Text: squeezed(p.Text)})
		}
	}
	return all
}

// shortened is as much of a text as can be shown, and says what is not.
func shortened(text string) string {
	if len(text) <= markMost {
		return text
	}
	return strings.ToValidUTF8(text[:markMost], "") + fmt.Sprintf("… (%s more; the command drawbridge pins show has them)", count(len(text)-markMost, "byte"))
}

// squeezed is the beginning and the end of a text.
func squeezed(text string) string {
	if r := []rune(text); len(r) > alike {
		return string(r[:alike/2]) + " … " + string(r[len(r)-alike/2:])
	}
	return text
}
