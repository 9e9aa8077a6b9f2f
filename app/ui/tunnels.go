package ui

import (
	"reflect"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/ui/look"
)

// tunnelsCard shows the addresses by which agents elsewhere reach the bridge.
type tunnelsCard struct {
	w    *window
	body fyne.CanvasObject
	list *fyne.Container
	none fyne.CanvasObject
	foot fyne.CanvasObject // where there is a tunnel by SSH
	rows map[string]*tunnelRow
	all  []app.Tunnel // as shown
	busy bool         // they are being looked at
}

func newTunnelsCard(w *window) *tunnelsCard {
	c := &tunnelsCard{w: w, list: look.Down(10), rows: map[string]*tunnelRow{}}
	c.none = look.NewProse("There are none. For agents elsewhere add an address: on your own network, at a relay of yours, in a tailnet, or by a tool such as cloudflared.", look.Note, 560)
	c.foot = look.Across(8, look.Fill(look.NewText("A relay has to know this computer's public key", look.Note)), look.NewButton(look.Soft, "copy", "Copy key", w.copyDeviceKey))
	c.foot.Hide()
	c.list.Hide()
	words := look.Down(2, look.NewText("Tunnels", look.Title), look.NewText("Addresses by which agents on other computers connect", look.Note))
	add := look.NewButton(look.Soft, "plus", "Add address…", func() { w.addTunnel() })
	c.body = look.Card(look.Down(12, look.Across(8, look.Fill(words), add), c.none, c.list, c.foot))
	return c
}

// look finds out how the tunnels are, and shows it.
func (c *tunnelsCard) look() {
	if c.busy {
		return
	}
	c.busy = true
	c.w.work.Go(func() {
		all, err := c.w.app.Tunnels()
		c.w.do(func() {
			c.busy = false
			if err == nil {
				c.show(all)
			}
		})
	})
}

// show brings the card up to all.
func (c *tunnelsCard) show(all []app.Tunnel) {
	if c.all != nil && reflect.DeepEqual(all, c.all) {
		return
	}
	c.all = append([]app.Tunnel{}, all...)
	rows := map[string]*tunnelRow{}
	c.list.Objects = nil
	bySSH := false
	for _, t := range all {
		r := c.rows[t.Name]
		if r == nil {
			r = newTunnelRow(c.w, t.Name, c.look)
		}
		rows[t.Name] = r
		r.show(t)
		c.list.Add(r.body)
		bySSH = bySSH || t.Status.Driver == "ssh"
	}
	c.rows = rows
	visible(c.none, len(all) == 0)
	visible(c.list, len(all) > 0)
	visible(c.foot, bySSH)
	c.w.room.Refresh()
}
