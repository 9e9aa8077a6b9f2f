package ui

import (
	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
)

// showToken shows a new token, the only time, with what to paste into the agent.
func (w *window) showToken(agent, token string, servers []string) {
	name, url := "drawbridge", endpoint(w.app.Address(), servers)
	if len(servers) == 1 {
		name = servers[0]
	}
	known := clients()
	config := known[0].text(name, url, token)
	block, hint := look.NewCodeBlock(config), look.NewText(known[0].hint, look.Caption)
	copied := look.NewButton(look.Primary, "copy", "Copy for "+known[0].name, nil)
	names := make([]string, len(known))
	for i, c := range known {
		names[i] = c.name
	}
	pick := look.NewSegments(func(i int) {
		config = known[i].text(name, url, token)
		block.SetText(config)
		hint.SetText(known[i].hint)
		copied.Set(look.Primary, "Copy for "+known[i].name)
	}, names...)
	copied.OnPress(func() {
		w.copy(config)
		copied.Set(look.Primary, "Copied")
	})
	bare := look.NewButton(look.Soft, "copy", "Copy", nil)
	bare.OnPress(func() {
		w.copy(token)
		bare.Set(look.Soft, "Copied")
	})
	body := look.Down(18,
		look.Field("Token", look.NewCodeBlock(token).With(bare), "Copy it now: it is not shown again. Whoever has it is "+plain(agent)+"."),
		look.Field("Connect it", look.Down(10, look.Across(0, pick), look.Sized(0, 168, block), hint), ""),
	)
	s := &look.Sheet{Title: plain(agent) + " may come in", Note: "Paste this into the agent. It can call as soon as the bridge is lowered.", Width: 620, Body: body}
	if !w.view.Raised {
		s.Note = "Paste this into the agent. The bridge is lowered: it can call at once."
	}
	s.Acts = []fyne.CanvasObject{look.NewButton(look.Soft, "", "Done", s.Close), copied}
	w.sheet(s, copied)
}
