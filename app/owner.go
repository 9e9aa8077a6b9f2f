package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"drawbridge/signin/keychain"
	"drawbridge/signin/oidc"
)

// Owner is the owner's own sign-in.
type Owner struct {
	Provider string    // where the owner signs in; "" is nowhere, as no provider is configured
	Required bool      // the bridge is raised while nobody is signed in
	Subject  string    // who is signed in, `issuer|subject`; "" is nobody
	Email    string    // for display only
	Name     string    // for display only
	Checked  time.Time // when the provider last said so; zero is not since the start
	Until    time.Time // when the owner has to sign in again; zero is never
	Problem  string    // why the last sign-in or check failed; "" when it did not
}

const errSignInFirst = notice("the bridge is raised until you sign in; run `drawbridge signin`, or press Sign in")

var errNoProvider = errors.New(`no identity provider is configured: add one to "signIn" in config.json`)

// Owner is who is signed in here.
func (a *App) Owner() (Owner, error) {
	s := a.signIn.Load()
	if s.owner == nil {
		return Owner{}, nil
	}
	status := s.owner.Status()
	o := Owner{Provider: s.providers[0].Name(), Required: s.chosen.OwnerFirst, Checked: status.Checked, Until: status.Until}
	if status.SignedIn(time.Now()) {
		o.Subject, o.Email, o.Name = status.Who.Subject, status.Who.Email, status.Who.Name
	}
	if status.Err != nil {
		o.Problem = status.Err.Error()
	}
	return o, nil
}

// SignIn sends the owner to the company's sign-in page, which open shows in a browser on this machine,
// and waits until they are back.
func (a *App) SignIn(ctx context.Context, open func(address string) error) (Owner, error) {
	s := a.signIn.Load()
	if err := a.isRunning(); err != nil {
		return Owner{}, err
	}
	if s.owner == nil {
		return Owner{}, errNoProvider
	}
	who, err := s.owner.SignIn(ctx, open)
	if err != nil {
		return Owner{}, err
	}
	a.note("signed in as " + who.Subject)
	a.holdForSignIn(s)
	return a.Owner()
}

// SignOut forgets the owner's sign-in, here and at the provider. An error means that the provider could not be told,
// or that the keychain still has it; it says which.
func (a *App) SignOut(ctx context.Context) error {
	s := a.signIn.Load()
	if err := a.isRunning(); err != nil {
		return err
	}
	if s.owner == nil {
		return errNoProvider
	}
	err := s.owner.SignOut(ctx)
	a.note("signed out")
	a.holdForSignIn(s)
	return err
}

// checkOwnerEvery is how often the provider is asked whether the owner may still sign in.
const checkOwnerEvery = 5 * time.Minute

// checkOwner asks the provider about the owner, now and then, and raises the bridge when it says no and the owner wants
// that. A provider that gives no answer changes nothing.
func (a *App) checkOwner(ctx context.Context) {
	s := a.signIn.Load()
	if s.owner == nil {
		a.holdForSignIn(s)
		return
	}
	if before := s.owner.Status(); time.Since(before.Checked) >= checkOwnerEvery {
		_, err := s.owner.Refresh(ctx)
		known := before.Err != nil && err != nil && before.Err.Error() == err.Error()
		if err != nil && !known && !errors.Is(err, oidc.ErrSignedOut) {
			a.log.Warn("check the owner's sign-in", "err", err)
		}
	}
	a.holdForSignIn(s)
}

// holdForSignIn keeps the bridge raised while the owner has to sign in first, and says so.
func (a *App) holdForSignIn(s *signIn) {
	a.holding.Lock()
	defer a.holding.Unlock()
	var out, unsure error
	if s.owner != nil && s.chosen.OwnerFirst {
		switch status, now := s.owner.Status(), time.Now(); {
		case status.SignedIn(now) && now.Sub(status.Checked) < uncheckedFor:
		case status.Known && !status.SignedIn(now):
			out = errSignInFirst
		default:
			unsure = unconfirmed(s.providers[0].Name(), status.Err)
		}
	}
	a.holdOne(bySignIn, out != nil || unsure != nil)
	a.wrong("sign-in", out)
	a.wrong("confirm", unsure)
}

// unconfirmed is the notice while the provider has not confirmed a sign-in from before; why is what keeps it from that, nil
// while it is on its way.
func unconfirmed(provider string, why error) notice {
	text := "the bridge is raised until " + provider + " has confirmed your sign-in"
	if why != nil {
		text += "; it is asked again every few seconds, or you sign in anew: " + why.Error()
	}
	return notice(text)
}

// uncheckedFor is how long a sign-in counts that the provider has not confirmed again. One from before the start of the
// bridge counts when the provider has confirmed it once.
const uncheckedFor = 8 * time.Hour

// ownerSession keeps the owner's sign-in in the keychain.
type ownerSession struct{ vault func() (*vault, error) }

const ownerEntry = "owner/session"

func (o ownerSession) Load() (string, error) {
	v, err := o.vault()
	if err != nil {
		return "", err
	}
	text, err := v.keychain.Get(ownerEntry)
	if errors.Is(err, keychain.ErrNotFound) {
		return "", nil
	}
	return text, err
}

func (o ownerSession) Save(text string) error {
	v, err := o.vault()
	if err != nil {
		return err
	}
	return v.keychain.Set(ownerEntry, text)
}

func (o ownerSession) Clear() error {
	v, err := o.vault()
	if err != nil {
		return err
	}
	if err := v.keychain.Delete(ownerEntry); err != nil && !errors.Is(err, keychain.ErrNotFound) {
		return fmt.Errorf("forget the sign-in: %w", err)
	}
	return nil
}
