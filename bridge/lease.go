package bridge

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"

	"drawbridge/bridge/era"
	"drawbridge/internal/wire"
)

// How a session comes by a process: which key, which handshake, and again after a crash.

var (
	errNotOpen       = errors.New("the session was not opened with initialize")
	errRemovedMethod = errors.New("no method of this revision")
	errClosed        = errors.New("the session has ended")
)

// maxLeases bounds the processes that one session of modern requests holds, one for each kind of client seen in it.
const maxLeases = 8

// ownHandshake opens processes that serve everybody: all that an agent could be asked, and refused
// for the agent whose client cannot.
const ownHandshake = `{"protocolVersion":"` + era.LegacyRevision + `","capabilities":{"roots":{"listChanged":true},"sampling":{"context":{},"tools":{}},"elicitation":{"form":{},"url":{}}},"clientInfo":{"name":"drawbridge","title":"Drawbridge","version":"1"}}`

// initialize answers a legacy client's opening from the handshake of the process it gets.
func (s *session) initialize(c *call) {
	s.mu.Lock()
	again := s.handshake.params != nil
	if !again {
		s.handshake.params = c.m.Params()
	}
	s.mu.Unlock()
	if again {
		c.refuse(&wire.Error{Code: wire.InvalidRequest, Message: "this session is open already"}, errNotOpen)
		return
	}
	s.work.start(func() {
		_, err := s.link(s.ctx, c)
		if err != nil {
			s.mu.Lock()
			s.handshake.params = nil
			s.mu.Unlock()
			c.lost(err)
			return
		}
		asked, _ := wire.String(wire.Get(c.m.Params(), "protocolVersion"))
		offered, _ := wire.String(wire.Get(s.greeting(), "protocolVersion"))
		agreed := era.Agree(asked, offered)
		s.mu.Lock()
		s.handshake.revision = agreed
		s.mu.Unlock()
		s.announce(clientName(wire.Get(c.m.Params(), "clientInfo")), era.Legacy)
		answer := wire.Reply(c.m.ID(), s.offered(wire.Set(s.greeting(), wire.Quote(agreed), "protocolVersion")))
		c.finish(answer, outcome(answer))
	})
}

// link gets the process for c, started and opened; it takes as long as that takes.
func (s *session) link(ctx context.Context, c *call) (*link, error) {
	s.opening.Lock()
	defer s.opening.Unlock()
	if l := s.ready(c); l != nil {
		return l, nil
	}
	known, err := s.target.era(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case c.era == era.Legacy:
		l, err := s.leaseLegacy(ctx, known)
		if err != nil && known == era.Both { // it may have turned out to be modern alone
			if left, _ := s.target.era(ctx); left == era.Modern {
				return s.leaseLegacy(ctx, left)
			}
		}
		return l, err
	case known&era.Modern != 0:
		return s.leaseModern(ctx, c)
	default:
		return s.leaseForeign(ctx, c)
	}
}

// leaseModern takes a lease that fits what the client says of itself.
func (s *session) leaseModern(ctx context.Context, c *call) (*link, error) {
	key := Key{Owner: s.owner().Agent, ID: "modern"}
	l := &lease{}
	shared := s.target.share(era.Modern) == ShareAll
	if !shared {
		l.info, l.capabilities = c.m.ClientInfo(), c.m.ClientCapabilities()
		key.ID = "modern " + digest(s.owner().Grant, s.owner().User, string(l.info), string(l.capabilities))
	}
	if err := s.target.open(ctx, l, want{key: key, era: era.Modern, shared: shared}); err != nil {
		return nil, err
	}
	return s.keep(l)
}

// keep holds a lease for later calls of clients that say the same of themselves; the oldest one makes room.
func (s *session) keep(l *lease) (*link, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		l.release()
		return nil, errClosed
	}
	keep := s.modern[:0]
	for i, old := range s.modern {
		if !old.link.alive() || len(s.modern)-i >= maxLeases {
			old.release()
			continue
		}
		keep = append(keep, old)
	}
	s.modern = append(keep, l)
	return l.link, nil
}

// leaseLegacy takes a lease on a process that is opened with this session's handshake, and says again what a
// process before it had been told.
func (s *session) leaseLegacy(ctx context.Context, known era.Era) (*link, error) {
	s.mu.Lock()
	before, params := s.legacy, s.handshake.params
	s.mu.Unlock()
	e, l := known&era.Legacy, &lease{}
	if e == era.Unknown {
		e = era.Modern
	}
	w := want{key: Key{Owner: s.owner().Agent, ID: e.String()}, era: e, params: params}
	switch share := s.target.share(e); {
	case share == ShareAll:
		w.params, w.shared = []byte(ownHandshake), true
	case share == ShareAgent || e == era.Modern:
		w.key.ID += " " + digest(s.owner().Grant, s.owner().User, string(params))
	default:
		w.key.ID, w.key.Once, w.private = "session "+s.id, true, true
	}
	if err := s.target.open(ctx, l, w); err != nil {
		return nil, err
	}
	if err := s.greet(ctx, l); err != nil {
		l.release()
		return nil, err
	}
	s.mu.Lock()
	closed := s.closed
	if !closed {
		s.legacy = l
	}
	s.mu.Unlock()
	if closed {
		s.giveBack(l)
		return nil, errClosed
	}
	if e == era.Legacy {
		l.link.attach(s)
	}
	if before != nil {
		before.release()
		s.replay(ctx, l.link)
	}
	return l.link, nil
}

// greet learns what the server says of itself, as a legacy client wants it.
func (s *session) greet(ctx context.Context, l *lease) error {
	if l.link.era == era.Legacy {
		l.greeting = l.link.greeting
		return nil
	}
	m, err := l.link.do(ctx, "server/discover", s.client().Params())
	if err != nil {
		return err
	}
	l.greeting = era.Greeting(m.Result(), era.LegacyRevision)
	return nil
}

// replay tells a new process what the one before it had been told.
func (s *session) replay(ctx context.Context, l *link) {
	s.opened(l)
	if l.era == era.Modern {
		return
	}
	s.mu.Lock()
	level, subs := s.handshake.level, slices.Collect(maps.Values(s.handshake.subs))
	s.mu.Unlock()
	if level.Kind() != wire.Invalid {
		_, _ = l.do(ctx, level.Method(), level.Params())
	}
	for _, sub := range subs {
		_, _ = l.do(ctx, sub.Method(), sub.Params())
	}
}

// attach puts a legacy session on the link, so that it hears what belongs to no call.
func (l *link) attach(s *session) {
	l.mu.Lock()
	l.sessions[s] = struct{}{}
	l.mu.Unlock()
}

func (l *link) detach(s *session) {
	l.mu.Lock()
	delete(l.sessions, s)
	l.mu.Unlock()
}

// initializedOnce tells the process that the handshake is over, the first time it is called.
func (l *link) initializedOnce() {
	l.mu.Lock()
	first := !l.initialized
	l.initialized = true
	l.mu.Unlock()
	if first {
		l.tell(wire.NewNotification("notifications/initialized", nil), wire.Edit{})
	}
}

// digest is a short name for a list of texts; no two lists that differ have the same one.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:18])
}
