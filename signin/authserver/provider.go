package authserver

import (
	"context"
	"crypto"
	"errors"
	"net/url"
)

// ErrDenied is what a Provider returns for somebody whom it knows and who may not enter, or not any more.
var ErrDenied = errors.New("the identity provider does not let this user in")

// Provider is a company's identity provider. Its methods may be called by any number of goroutines,
// return soon after their context ends, and return ErrDenied where that is the answer; with every other error nothing is
// known, and nobody is let in or sent away for it.
type Provider interface {
	// Issuer is its address, the first half of the Subject of all its users. Name is for people.
	Issuer() string
	Name() string

	// Begin returns where to send a browser for sign-in, and what Finish has to be given again. The
	// provider sends the browser back to callback, with state.
	Begin(ctx context.Context, callback, state string) (address string, memory []byte, err error)
	// Finish checks the query that the browser came back with; its state has been checked already.
	Finish(ctx context.Context, callback string, memory []byte, answer url.Values) (SignIn, error)
	// Recheck asks about a user again, with the Session of the last SignIn. No two calls have the
	// same Session at the same time.
	Recheck(ctx context.Context, session []byte) (SignIn, error)
	// Keys returns the keys with that id that sign this provider's assertions; none where those are
	// not trusted.
	Keys(ctx context.Context, id string) ([]crypto.PublicKey, error)
}

// User is somebody who has signed in.
type User struct {
	Subject string   // `issuer|subject`
	Email   string   // for display only
	Groups  []string // for the owner's rules
}

// SignIn is what a provider says of a user.
type SignIn struct {
	User User
	// Session is what Recheck takes, kept under encryption. Without one nobody can ask again, so that
	// the grant ends after eight hours.
	Session []byte
}
