package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"
)

// Store keeps one secret: an entry of the keychain.
type Store interface {
	Load() (string, error) // "" is that there is none
	Save(value string) error
	Clear() error // nil, too, where there is none
}

// OwnerConfig is what the owner's sign-in needs.
type OwnerConfig struct {
	Provider *Provider // required
	Store    Store     // required
	// Callback is where the provider sends the browser, as it was told when this bridge was registered
	// there: http on 127.0.0.1 or localhost. Without a port, each sign-in has one that is free. "" is
	// http://127.0.0.1/callback.
	Callback string
	// Patience is how long a sign-in waits for the browser; zero is five minutes.
	Patience time.Duration
}

// Owner is the owner's own sign-in. Its methods may be called by any number of goroutines.
type Owner struct {
	cfg  OwnerConfig
	turn chan struct{} // holds one: who may change what is kept; never closed

	mu     sync.Mutex // guards the fields below
	status Status
	cancel context.CancelCauseFunc // ends the sign-in that waits for the browser; nil when there was none
	flight *flight                 // the refresh under way; nil when there is none
}

// Status is what is known of the owner.
type Status struct {
	Who     Identity  // who is signed in, without Session; zero is nobody
	Checked time.Time // when the provider last said so; zero is not since the start
	Until   time.Time // when the owner has to sign in again, as nobody can be asked; zero is never
	Known   bool      // the store was read: where Who is zero, nobody is signed in
	Err     error     // why the last sign-in or refresh failed; nil when it did not
}

// SignedIn reports whether somebody is signed in at that time. How old Checked may be is up to the caller.
func (s Status) SignedIn(now time.Time) bool {
	return s.Who.Subject != "" && (s.Until.IsZero() || now.Before(s.Until))
}

// unasked is how long a sign-in is good for when the provider gave no refresh token.
const unasked = 8 * time.Hour

// errReplaced ends a sign-in when another begins: the owner has closed the first page.
var errReplaced = errors.New("another sign-in has begun")

// NewOwner returns the owner, of whom nothing is known until the first Refresh or SignIn.
func NewOwner(cfg OwnerConfig) (*Owner, error) {
	if cfg.Provider == nil || cfg.Store == nil {
		return nil, errors.New("owner's sign-in: a provider and a store are needed")
	}
	if cfg.Callback == "" {
		cfg.Callback = "http://127.0.0.1/callback"
	}
	if cfg.Patience <= 0 {
		cfg.Patience = 5 * time.Minute
	}
	if _, err := parseCallback(cfg.Callback); err != nil {
		return nil, fmt.Errorf("owner's sign-in: %w", err)
	}
	return &Owner{cfg: cfg, turn: make(chan struct{}, 1)}, nil
}

// Status returns what is known now. It asks nobody.
func (o *Owner) Status() Status {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.status
}

// kept is the owner's sign-in as the store has it.
type kept struct {
	session
	Email string `json:"email,omitempty"`
	Name  string `json:"name,omitempty"`
}

// SignIn sends the owner's browser to the provider and returns who came back. open shows the owner an http or https
// address in the browser, without a shell; it does not wait for more. SignIn ends an earlier one that still waits. Its error is ErrDenied, ErrUnavailable, the store's, or says that nobody came back in time.
func (o *Owner) SignIn(ctx context.Context, open func(address string) error) (Identity, error) {
	ctx, end := o.begin(ctx)
	defer end()
	var who Identity
	err := o.browse(ctx, open, func(callback string, memory []byte, answer url.Values) error {
		came, refresh, err := o.cfg.Provider.finish(ctx, callback, memory, answer)
		if err != nil {
			return err
		}
		who = came
		return o.keep(ctx, who, refresh)
	})
	if err == nil {
		return who, nil
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	err = fmt.Errorf("sign in at %q: %w", o.cfg.Provider.Name(), err)
	if !errors.Is(err, errReplaced) {
		o.note(err)
	}
	return Identity{}, err
}

// begin makes this the sign-in that waits for the browser.
func (o *Owner) begin(parent context.Context) (ctx context.Context, end func()) {
	timed, stop := context.WithTimeoutCause(parent, o.cfg.Patience,
		fmt.Errorf("nobody signed in within %v: try again", o.cfg.Patience))
	ctx, cancel := context.WithCancelCause(timed)
	o.mu.Lock()
	earlier := o.cancel
	o.cancel = cancel
	o.mu.Unlock()
	if earlier != nil {
		earlier(errReplaced)
	}
	return ctx, func() { cancel(nil); stop() }
}

// keep saves a new sign-in. The one that it replaces is forgotten, here only.
func (o *Owner) keep(ctx context.Context, who Identity, refresh string) error {
	if err := o.enter(ctx); err != nil {
		return err
	}
	defer o.leave()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	s := Status{Who: who, Checked: time.Now(), Known: true}
	if refresh == "" {
		s.Until = s.Checked.Add(unasked)
		if err := o.cfg.Store.Clear(); err != nil {
			return err
		}
	} else if err := o.save(kept{session{who.Subject, refresh}, who.Email, who.Name}); err != nil {
		return err
	}
	o.set(s)
	return nil
}

// Refresh asks the provider whether the owner may still sign in; those who call it meanwhile share
// the answer. It is how a sign-in goes on after a restart.
//
// ErrSignedOut is that nobody is signed in, ErrDenied that the provider has ended it. With any other
// error the sign-in stays as it was: ErrUnavailable, or the keychain's, which may be locked.
func (o *Owner) Refresh(ctx context.Context) (Identity, error) {
	o.mu.Lock()
	f := o.flight
	if f == nil {
		f = &flight{done: make(chan struct{})}
		o.flight = f
		o.mu.Unlock()
		f.who, f.err = o.lead(ctx)
		o.mu.Lock()
		o.flight = nil
		close(f.done)
	}
	o.mu.Unlock()
	select {
	case <-f.done:
		return f.who, f.err
	case <-ctx.Done():
		return Identity{}, unavailable(context.Cause(ctx))
	}
}

// flight is a refresh under way.
type flight struct {
	done chan struct{} // closed by the goroutine that asks, when the fields below are set
	who  Identity
	err  error
}

// lead refreshes for all who wait. The end of one caller's context does not end it: the provider's
// answer has to be kept even if nobody waits for it any more.
func (o *Owner) lead(ctx context.Context) (Identity, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recheckTime)
	defer cancel()
	if err := o.enter(ctx); err != nil {
		return Identity{}, err
	}
	defer o.leave()
	who, err := o.refresh(ctx)
	switch {
	case err == nil:
		return who, nil
	case errors.Is(err, ErrSignedOut):
		o.set(Status{Known: true})
	case errors.Is(err, ErrDenied):
		err = fmt.Errorf("refresh the sign-in at %q: %w", o.cfg.Provider.Name(), errors.Join(err, o.cfg.Store.Clear()))
		o.set(Status{Known: true, Err: err})
	default:
		err = fmt.Errorf("refresh the sign-in at %q: %w", o.cfg.Provider.Name(), err)
		o.note(err)
	}
	return Identity{}, err
}

// refresh asks with the turn held.
func (o *Owner) refresh(ctx context.Context) (Identity, error) {
	if s := o.Status(); !s.Until.IsZero() {
		if s.SignedIn(time.Now()) {
			return s.Who, nil
		}
		return Identity{}, ErrSignedOut
	}
	k, err := o.load()
	if err != nil {
		return Identity{}, err
	}
	if o.Status().Who.Subject == "" {
		o.set(Status{Who: Identity{Subject: k.Subject, Email: k.Email, Name: k.Name}, Known: true})
	}
	who, err := o.cfg.Provider.recheck(ctx, k.session, func(refresh string) error {
		if refresh == k.Refresh {
			return nil
		}
		k.Refresh = refresh
		return o.save(k)
	})
	if err != nil {
		return Identity{}, err
	}
	who.Session = nil
	o.set(Status{Who: who, Checked: time.Now(), Known: true})
	return who, nil
}

// SignOut forgets the sign-in and tells the provider. An error that is ErrUnavailable is about
// the latter only: nobody is signed in here any more. With another one the keychain still has it.
func (o *Owner) SignOut(ctx context.Context) error {
	if err := o.enter(ctx); err != nil {
		return err
	}
	defer o.leave()
	o.mu.Lock()
	if o.cancel != nil {
		o.cancel(ErrSignedOut)
	}
	o.mu.Unlock()
	k, err := o.load()
	if err == nil || !errors.Is(err, ErrSignedOut) {
		if err := o.cfg.Store.Clear(); err != nil {
			return fmt.Errorf("sign out: %w", err)
		}
	}
	o.set(Status{Known: true})
	if err != nil {
		return nil // there was nothing, or nothing that the provider would know
	}
	if err := o.cfg.Provider.revoke(ctx, k.Refresh); err != nil {
		return fmt.Errorf("signed out here, but %q could not be told: %w", o.cfg.Provider.Name(), err)
	}
	return nil
}

func (o *Owner) load() (kept, error) {
	var k kept
	text, err := o.cfg.Store.Load()
	switch {
	case err != nil:
		return k, err
	case text == "":
		return k, ErrSignedOut
	}
	if err := json.Unmarshal([]byte(text), &k); err != nil {
		return k, fmt.Errorf("%w: the keychain's entry is damaged", ErrDenied)
	}
	k.session, err = parseSession([]byte(text), o.cfg.Provider.Issuer())
	return k, err
}

func (o *Owner) save(k kept) error {
	text, err := json.Marshal(k)
	if err != nil {
		return err
	}
	return o.cfg.Store.Save(string(text))
}

// enter waits for the turn to change what is kept; leave gives it on.
func (o *Owner) enter(ctx context.Context) error {
	select {
	case o.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return unavailable(context.Cause(ctx))
	}
}

func (o *Owner) leave() { <-o.turn }

func (o *Owner) set(s Status) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.status = s
}

// note keeps why something failed, and who is signed in as it was.
func (o *Owner) note(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.status.Err = err
}
