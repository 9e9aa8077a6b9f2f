package ui

import (
	"cmp"

	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
	"drawbridge/bridge"
)

// pack shows which package a server's command starts, by what it would be known again, and locks it.
func (c *serverCard) pack(p bridge.Package) fyne.CanvasObject {
	rows := look.Down(4, look.NewProse(packageLine(p), look.Note, c.body.Size().Width-32))
	if p.Integrity != "" {
		rows.Add(look.NewProse(look.Plain(p.Integrity, 200), look.CodeNote, c.body.Size().Width-32))
	}
	if p.Note != "" {
		rows.Add(look.NewProse(look.Plain(p.Note, 400), look.Caption, c.body.Size().Width-32))
	}
	if lockable(p) {
		rows.Add(look.Inset(4, 0, 0, 0, look.Across(0, look.NewButton(look.Soft, "lock", "Lock to this version", c.lock))))
	}
	return rows
}

// lockable reports whether the owner can have a server ask for exactly the version of its package that runs.
func lockable(p bridge.Package) bool { return p.Version != "" && !p.Exact }

// packageLine says which package a server's command starts.
func packageLine(p bridge.Package) string {
	how := "the next start may take another version"
	if p.Exact {
		how = "locked to this version"
	}
	return dots(look.Plain(p.Name, 80), look.Plain(cmp.Or(p.Version, "version not known"), 40), how)
}

// lock asks whether the server's entry shall name the exact version of its package.
func (c *serverCard) lock() {
	p := c.server.Package
	note := "Its entry then asks for exactly " + look.Plain(p.Name, 80) + " " + look.Plain(p.Version, 40) + ", the version that ran last, and a newer one is not taken until you edit it. Its processes start anew."
	c.w.confirmed(look.Primary, "Lock "+plain(c.name)+" to this version?", note, "Lock", func() {
		c.w.act("Could not lock "+plain(c.name), func() error {
			p, err := c.w.app.LockServer(c.name)
			if err == nil {
				c.w.do(func() { c.w.notice.tell(plain(c.name)+" is locked", packageLine(p)+".") })
			}
			return err
		})
	})
}
