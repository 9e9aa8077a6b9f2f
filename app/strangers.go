package app

import (
	"cmp"
	"errors"
	"net/http"

	"drawbridge/bridge/audit"
	"drawbridge/bridge/front"
	"drawbridge/internal/caller"
	"drawbridge/signin"
	"drawbridge/signin/authserver"
	"drawbridge/signin/token"
)

// What the record has of those who are not let in, and of people who sign in. None of it is anybody's own word alone, and
// none of it, however often it comes, fills the disk.

// refused is the outcome of what was not let in.
const refused = "refused"

// noteRefused writes down a request that the gate did not admit.
func (a *App) noteRefused(r *http.Request, why error) {
	e := audit.Entry{Kind: audit.SignIn, Address: r.RemoteAddr, Outcome: refused, Error: whyRefused(why)}
	if errors.Is(why, signin.ErrNoToken) {
		e.Kind = audit.Refused // nobody has tried to be somebody
	}
	a.strangers.Note(e)
}

// noteTurnedAway writes down a request that the fronts refuse before it is a message.
func (a *App) noteTurnedAway(r *http.Request, why error) {
	e := audit.Entry{Kind: audit.Refused, Address: r.RemoteAddr, Outcome: refused, Error: why.Error()}
	switch {
	case errors.Is(why, front.ErrHost):
		e.Name = audit.RedactText(r.Host)
	case errors.Is(why, front.ErrOrigin):
		e.Name = audit.RedactText(r.Header.Get("Origin"))
	}
	if who := caller.From(r.Context()); who != nil {
		e.Agent, e.Grant, e.User, e.Groups = who.Agent, who.Grant, who.User, who.Groups
	}
	a.strangers.Note(e)
}

// whyRefused is why in words that hold nothing of what was presented.
func whyRefused(why error) string {
	for _, known := range []error{
		signin.ErrNoToken, signin.ErrCredentials, signin.ErrAudience,
		token.ErrExpired, token.ErrUnknown, authserver.ErrExpired, authserver.ErrUnknown,
	} {
		if errors.Is(why, known) {
			return known.Error()
		}
	}
	return errUnknownToken.Error()
}

// noteAttempt writes down what the authorization server tells: who was refused there, and who has signed in.
func (a *App) noteAttempt(t authserver.Attempt) {
	e := audit.Entry{
		Kind: audit.SignIn, Address: t.Address, User: t.User.Subject, Groups: t.User.Groups, Method: t.Path,
		Name: audit.RedactText(cmp.Or(t.Client.Name, t.Client.ID)), Outcome: "ok",
	}
	if t.Code != "" {
		e.Outcome, e.Error = refused, t.Code+": "+audit.RedactText(t.Reason)
	}
	a.strangers.Note(e)
}
