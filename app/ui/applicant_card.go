package ui

import (
	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
	"drawbridge/bridge"
)

// applicantCard shows an agent that waits to be let in.
type applicantCard struct {
	body fyne.CanvasObject
	from *look.Text
	line *look.Text
}

func newApplicantCard(w *window, a bridge.Applicant) *applicantCard {
	c := &applicantCard{from: look.NewText("", look.CodeNote), line: look.NewText("", look.Caption)}
	title := look.Across(9, look.NewText(called(a), look.Title), look.Fill(look.NewChip("Waiting for you", look.Warn)))
	tile := look.Sized(40, 40, look.Over(look.NewPanel(look.Warn.Soft(), 10), look.NewIcon(look.Drawing("question"), 22, look.Warn.Strong())))
	deny := look.NewButton(look.Soft, "", "Deny", func() {
		w.act("Could not refuse "+called(a), func() error { return w.app.DenyAgent(a.ID) })
	})
	answer := look.NewButton(look.Primary, "", "Look…", func() { w.questions.ask(applicantQuestion{a}) })
	c.body = look.Card(look.Across(8, look.Inset(0, 6, 0, 0, tile), look.Fill(look.Down(5, title, c.from, c.line)), deny, answer))
	return c
}

func (c *applicantCard) show(v *view, a bridge.Applicant) {
	c.from.SetText(dots(plain(a.Email), plain(a.Address), "code "+plain(a.Code)))
	wants := "Asks for every server"
	if len(a.Servers) > 0 {
		wants = "Asks for " + plain(listed(a.Servers, 4))
	}
	c.line.SetText(dots(wants, "asked "+ago(a.Asked, v.now), "waits until "+a.Ends.Local().Format("15:04")))
}
