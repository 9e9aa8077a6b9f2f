package ui

import (
	"encoding/json"
	"slices"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/ui/look"
)

// awayCard is what raises the bridge by itself.
type awayCard struct {
	body  fyne.CanvasObject
	lock  *look.Check
	sleep *look.Check
}

func newAwayCard(w *window) *awayCard {
	c := &awayCard{}
	chosen := func(bool) {
		var on []string
		if c.lock.Checked {
			on = append(on, "lock")
		}
		if c.sleep.Checked {
			on = append(on, "sleep")
		}
		if on == nil {
			w.choose("raiseOn", nil)
			return
		}
		w.choose("raiseOn", on)
	}
	c.lock = look.NewCheck("While my screen is locked", chosen)
	c.sleep = look.NewCheck("While this computer sleeps", chosen)
	c.body = card("Raise the bridge by itself", "It is lowered again when you are back, unless you had raised it yourself",
		look.Inset(-6, 0, -6, -6, look.Down(0, c.lock, c.sleep)))
	return c
}

func (c *awayCard) show(now app.Choice) {
	var on []string
	_ = json.Unmarshal(now.Value, &on) // nothing is a list of none
	c.lock.Tick(slices.Contains(on, "lock"))
	c.sleep.Tick(slices.Contains(on, "sleep"))
}
