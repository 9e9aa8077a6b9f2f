package bridge

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"drawbridge/bridge/front"
	"drawbridge/internal/caller"
	"drawbridge/internal/wire"
)

// The books: which sessions are open, whose they are, and who finds them by what.

// opened is a session with one server, or the joined one.
type opened interface {
	front.Session
	owner() *caller.Caller
	server() *server // nil is the joined endpoint
	// meet notes that the session is wanted again, and what its caller may do by now. It reports false when the
	// session has ended.
	meet(who *caller.Caller) bool
	charge(a *account) // before anybody can find it
	end(why error)
	endIdle(now time.Time, limit time.Duration)
	wait() // until nothing of it runs, once it has ended
}

// account is what the sessions of one grant hold together.
type account struct {
	sessions int          // guarded by Bridge.mu
	calls    atomic.Int64 // in flight
}

// take takes one more call, unless that makes more than most.
func (a *account) take(most int64) bool {
	if a.calls.Add(1) <= most {
		return true
	}
	a.calls.Add(-1)
	return false
}

// endpoint is the server's name in a session's address; "" is the joined one.
func endpoint(s opened) string {
	if sv := s.server(); sv != nil {
		return sv.name()
	}
	return ""
}

// sharedKey says which modern requests share a session.
type sharedKey struct{ grant, user, server string }

// enroll takes a session into the books, where its id finds it and, under a key, the modern requests that
// share it. It returns the session that has the key, which may be another. After what ends sessions none is
// taken in that it would have ended.
func (b *Bridge) enroll(ctx context.Context, s opened, key *sharedKey) (opened, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.refuses(ctx, s.owner().Agent, s.server()); err != nil {
		return nil, err
	}
	if key != nil && b.shared[*key] != nil {
		return b.shared[*key], nil
	}
	grant := s.owner().Grant
	a := b.accounts[grant]
	if a == nil {
		a = &account{}
	}
	if int64(a.sessions) >= b.mostSessions.Load() {
		return nil, &wire.Error{Code: wire.InternalError, Message: fmt.Sprintf("this agent has %d sessions open already; close some first", a.sessions)}
	}
	a.sessions++
	b.accounts[grant] = a
	s.charge(a)
	b.byID[s.ID()] = s
	b.sessions[s] = struct{}{}
	if key != nil {
		b.shared[*key] = s
	}
	return s, nil
}

// enter takes a session into the books that only its joined session finds. It reports false when its server
// is there no more.
func (b *Bridge) enter(s *session, a *account) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuses(s.ctx, s.owner().Agent, s.target) != nil {
		return false
	}
	s.charge(a)
	b.sessions[s] = struct{}{}
	return true
}

// refuses is why no session of an agent may begin with sv, nil for the joined endpoint, on behalf of ctx. Called with b.mu held.
func (b *Bridge) refuses(ctx context.Context, agent string, sv *server) error {
	if b.closed {
		return &wire.Error{Code: wire.InternalError, Message: errClosing.Error()}
	}
	if e := b.barred(agent); e != nil {
		return e
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case sv != nil && !slices.Contains(b.servers, sv):
		return fmt.Errorf("%w: %w", front.ErrNoServer, &wire.Error{Code: wire.InvalidRequest, Message: errRemoved.Error()})
	}
	return nil
}

// rule gives a session in the books the rules of who is behind it.
func (b *Bridge) rule(s opened, who *caller.Caller) {
	b.ruling.Lock()
	defer b.ruling.Unlock()
	if s, ok := s.(*session); ok {
		s.caller.Store(who)
		s.rules.Store(b.policy.Load().For(who, s.target.name()))
	}
}

// leave takes a session that has ended out of the books: nobody finds it any more.
func (b *Bridge) leave(s opened) {
	who := s.owner()
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.work.start(func() { s.wait(); b.forget(s) }) {
		delete(b.sessions, s)
	}
	if b.byID[s.ID()] == s {
		delete(b.byID, s.ID())
		a := b.accounts[who.Grant]
		if a.sessions--; a.sessions == 0 {
			delete(b.accounts, who.Grant)
		}
	}
	if key := (sharedKey{who.Grant, who.User, endpoint(s)}); b.shared[key] == s {
		delete(b.shared, key)
	}
}

// forget drops a session of which nothing runs any more.
func (b *Bridge) forget(s opened) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.sessions, s)
}

// everySession are all sessions, joined ones first: who ends them in that order leaves no joined one a moment in which it has an answer
// without its members.
func (b *Bridge) everySession() []opened {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]opened, 0, len(b.sessions))
	for _, first := range []bool{true, false} {
		for s := range b.sessions {
			if _, joins := s.(*joined); joins == first {
				all = append(all, s)
			}
		}
	}
	return all
}

// single are the sessions with one server, members of joined ones included.
func (b *Bridge) single() []*session {
	var all []*session
	for _, s := range b.everySession() {
		if s, ok := s.(*session); ok {
			all = append(all, s)
		}
	}
	return all
}
