package ui

import (
	"context"
	"net/url"
	"time"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/ui/look"
)

// ownerCard is the owner's own sign-in at the company's identity provider.
type ownerCard struct {
	w     *window
	body  fyne.CanvasObject
	chip  *look.Chip
	line  *look.Prose
	turn  *look.Button
	first choiceCheck
	ahead fyne.CanvasObject // the same, with what is around it
	life  *choiceField
	at    *settingList // the providers
	let   *settingList // who is let in unasked
	shown app.Owner
	fresh bool // nothing is shown yet
}

func newOwnerCard(w *window) *ownerCard {
	c := &ownerCard{w: w, chip: look.NewChip("", look.Quiet), line: look.NewProse("", look.Note, 560), fresh: true}
	c.turn = look.NewButton(look.Soft, "shield", "Sign in now", c.flip)
	c.first = newChoiceCheck(w, "Keep the bridge raised until I am signed in", "signIn.ownerFirst")
	c.life = newChoiceField(w, "Access tokens of agents last", "signIn.accessToken", "10m", "From 5s to 1h, from the next start; who leaves the company is out after that at most", text)
	c.ahead = look.Inset(-6, 0, -6, -6, c.first.box)
	c.at = newSettingList(w, "signIn.providers", "Identity providers", "Add a provider…", "None: you approve each agent yourself.", providerWords, w.editProvider)
	c.let = newSettingList(w, "signIn.approve", "Let in unasked", "Let agents in…", "Nobody: you are asked about each agent.", approveWords, w.editApprove)
	c.at.ordered, c.let.ordered = true, true // you sign in at the first; the first that fits decides
	head := look.Across(10, look.NewText("Sign-in", look.Title), look.Fill(c.chip), c.turn)
	c.body = look.Card(look.Down(12, head, c.line, c.ahead, c.at.body, c.let.body, c.life.body))
	return c
}

func (c *ownerCard) show() {
	o, err := c.w.app.Owner()
	if err != nil || o == c.shown && !c.fresh {
		return
	}
	c.shown, c.fresh = o, false
	visible(c.turn, o.Provider != "")
	visible(c.ahead, o.Provider != "")
	switch {
	case o.Provider == "":
		c.chip.Set("Not set up", look.Quiet)
		c.line.SetText("Without an identity provider you approve each agent yourself. With one, agents come in only with people of your company behind them.")
	case o.Subject == "":
		c.chip.Set("Signed out", look.Warn)
		c.line.SetText("You sign in at " + plain(o.Provider) + "." + problemOf(o))
		c.turn.Set(look.Primary, "Sign in now")
	default:
		c.chip.Set("Signed in", look.Good)
		who := o.Email
		if who == "" {
			who = o.Subject
		}
		line := plain(who) + " at " + plain(o.Provider)
		if !o.Until.IsZero() {
			line += ", until " + o.Until.Local().Format("2006-01-02 15:04")
		}
		c.line.SetText(line + "." + problemOf(o))
		c.turn.Set(look.Soft, "Sign out")
	}
}

func problemOf(o app.Owner) string {
	if o.Problem == "" {
		return ""
	}
	return " The last try failed: " + plain(o.Problem)
}

func (c *ownerCard) flip() {
	if c.shown.Subject != "" {
		c.w.signOut()
		return
	}
	c.w.signIn()
}

// signOut forgets the sign-in, here and at the provider.
func (w *window) signOut() {
	w.act("Not signed out everywhere", func() error { return w.app.SignOut(context.Background()) })
}

// signIn opens the provider's page in the browser, and waits until the owner is back.
func (w *window) signIn() {
	w.act("Not signed in", func() error {
		ctx, cancel := context.WithTimeout(w.life, 10*time.Minute)
		defer cancel()
		_, err := w.app.SignIn(ctx, func(address string) error {
			u, err := url.Parse(address)
			if err != nil {
				return err
			}
			return fyne.CurrentApp().OpenURL(u)
		})
		return err
	})
}
