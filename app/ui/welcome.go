package ui

import (
	"os"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/found"
	"drawbridge/app/share"
	"drawbridge/app/ui/look"
)

// welcome stands in the place of the servers while there is none: what the owner has elsewhere, ready to be taken over.
type welcome struct {
	w     *window
	body  *fyne.Container // empty until it is known what there is
	asked bool
}

func newWelcome(w *window) *welcome { return &welcome{w: w, body: look.Over(look.Down(0))} }

// show looks for servers, once.
func (o *welcome) show() {
	if o.asked {
		return
	}
	o.asked = true
	o.w.work.Go(func() {
		sources := o.w.app.FindServers()
		o.w.do(func() { o.fill(sources) })
	})
}

// demo is the way to try the bridge without a server of one's own.
func (o *welcome) demo() *look.Button {
	return look.NewButton(look.Soft, "play", "Try the demo server", func() {
		o.w.act("The demo server was not added", func() error {
			self, err := os.Executable()
			if err != nil {
				return err
			}
			return o.w.app.PutServer(app.NewServer{Name: "demo", Command: []string{self, "demo-server"}})
		})
	})
}

func (o *welcome) fill(sources []found.Source) {
	add := look.NewButton(look.Soft, "plus", "Add another", o.w.addServer)
	reach := share.Reach(o.w.app.Address())
	if described(sources) == "" {
		add.Set(look.Primary, "Add server")
		o.body.Objects = []fyne.CanvasObject{look.Empty("servers", "No servers yet",
			"Add an MCP server that runs on this computer. The agents that you approve can then use it through the bridge. "+reach,
			look.Across(8, o.demo(), add))}
		o.body.Refresh()
		return
	}
	f := newImportForm(o.w, sources, 780)
	f.changed = o.body.Refresh
	head := look.Down(4,
		look.NewText("Which of your servers shall agents use?", look.Title),
		look.NewProse("Drawbridge found "+described(sources)+". Their files are left as they are, and no agent gets in until you approve it. "+reach, look.Note, 780))
	acts := look.Across(8, look.Spring(), o.demo(), add, f.take)
	o.body.Objects = []fyne.CanvasObject{cardScrollHead(look.Down(14, head, f.body), acts)}
	o.body.Refresh()
}

// cardScrollHead lets cards scroll above buttons that stay in sight.
func cardScrollHead(list, acts fyne.CanvasObject) fyne.CanvasObject {
	return look.Down(0, look.Fill(cardScroll(list)), look.Inset(0, 28, 20, 28, acts))
}
