package authserver

import (
	"context"
	"errors"
	"time"

	"go.etcd.io/bbolt"
)

// recheckEvery is how long what a provider said of a user holds, so that clients that refresh from
// several processes at once ask it once.
const recheckEvery = 30 * time.Second

// recheck asks the provider whether a grant's user may still enter, and ends the grant if not. Where
// the provider cannot be asked nothing is known, and nothing changes.
func (s *Server) recheck(ctx context.Context, g *grant) error {
	g.checking.Lock()
	defer g.checking.Unlock()
	_, r, ok := s.index.get(g.id)
	if !ok || r.User.Subject == "" || len(r.Session) == 0 || time.Since(g.checked) < recheckEvery {
		return nil
	}
	in, err := s.askAgain(ctx, &r)
	if errors.Is(err, ErrDenied) {
		if err := s.end(ctx, r.ID); err != nil {
			return err
		}
		return problemSignedOn
	}
	if err != nil {
		s.log.Warn("ask again about a user", "provider", r.Provider, "error", err)
		return problemDown
	}
	if len(in.Session) == 0 {
		r.Limit = time.Now().UTC().Add(unchecked)
	}
	r.User, r.Session = in.User, s.keys.seal(in.Session, r.ID)
	if err := s.save(ctx, r); err != nil {
		return err
	}
	g.checked = time.Now()
	return nil
}

// askAgain returns what the provider says now; ErrDenied if there is no such provider any more.
func (s *Server) askAgain(ctx context.Context, r *grantRecord) (SignIn, error) {
	session, err := s.keys.open(r.Session, r.ID)
	if err != nil {
		return SignIn{}, ErrDenied
	}
	for _, p := range s.providers() {
		if p.Issuer() != r.Provider {
			continue
		}
		// A provider may give a new session for the old one, so that the answer must not be lost
		// because the client has gone.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTime)
		defer cancel()
		in, err := p.Recheck(ctx, session)
		if err == nil && in.User.Subject != r.User.Subject {
			return SignIn{}, ErrDenied
		}
		return in, err
	}
	return SignIn{}, ErrDenied
}

// save writes what was learnt about a grant's user, unless the grant has ended meanwhile.
func (s *Server) save(ctx context.Context, r grantRecord) error {
	return s.store.write(ctx, func(_ context.Context, tx *bbolt.Tx) error {
		_, now, ok := s.index.get(r.ID)
		if !ok {
			return problemSignedOn
		}
		now.User, now.Session, now.Limit = r.User, r.Session, r.Limit
		return s.store.putGrant(tx, now)
	})
}

// end ends one grant.
func (s *Server) end(ctx context.Context, id string) error {
	return s.store.write(ctx, func(ctx context.Context, _ *bbolt.Tx) error {
		return s.store.endGrant(within(ctx), id)
	})
}
