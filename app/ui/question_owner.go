package ui

import (
	"time"

	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
)

// ownerQuestion asks the owner to sign in again: until then nobody can call.
type ownerQuestion struct{ text string }

func (ownerQuestion) key() string      { return "sign-in" }
func (ownerQuestion) since() time.Time { return time.Time{} }

func (q ownerQuestion) brief() (title, text string) {
	return "Sign in to lower the bridge", "No agent can call until you have signed in"
}

func (q ownerQuestion) open(w *window) *look.Sheet {
	s := &look.Sheet{Title: "Sign in to lower the bridge", Width: 440}
	s.Body = look.NewProse("Your company lets agents call only while you are signed in. Your browser opens for that.", look.Note, s.Inner())
	put := look.NewButton(look.Soft, "", "Later", s.Close)
	sign := look.NewButton(look.Primary, "", "Sign in", func() {
		s.Close() // the strip goes on asking until it is done
		w.signIn()
	})
	guard(sign)
	s.Acts = []fyne.CanvasObject{put, sign}
	w.sheet(s, put)
	return s
}

// ownerOut is the question for an owner who has to sign in; nil when there is none.
func (v *view) ownerOut() *ownerQuestion {
	for _, p := range v.problems {
		if p.With == "sign-in" {
			return &ownerQuestion{p.Text}
		}
	}
	return nil
}
