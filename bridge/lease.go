package bridge

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"drawbridge/bridge/era"
	"drawbridge/internal/wire"
)

// How a session comes by a process: which key, which handshake, and again after a crash.

var (
	errNotOpen = errors.New("the session was not opened with initialize")
	errClosed  = errors.New("the session has ended")
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
	s.b.wg.Go(func() {
		l, err := s.link(s.ctx, c)
		if err != nil {
			s.mu.Lock()
			s.handshake.params = nil
			s.mu.Unlock()
			c.lost(err)
			return
		}
		asked, _ := wire.String(wire.Get(c.m.Params(), "protocolVersion"))
		offered, _ := wire.String(wire.Get(l.greeting, "protocolVersion"))
		agreed := era.Agree(asked, offered)
		s.mu.Lock()
		s.handshake.revision = agreed
		s.mu.Unlock()
		s.announce(clientName(wire.Get(c.m.Params(), "clientInfo")), era.Legacy)
		answer := wire.Reply(c.m.ID(), s.offered(wire.Set(l.greeting, wire.Quote(agreed), "protocolVersion")))
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
	if known&c.era == 0 {
		return nil, unequal(c.era, s.target.name())
	}
	if c.era == era.Modern {
		return s.leaseModern(ctx, c)
	}
	return s.leaseLegacy(ctx)
}

// unequal is the answer while the eras of agent and server differ. It names what the server speaks, so that
// a client of both eras tries the other.
func unequal(client era.Era, server string) *wire.Error {
	e := &wire.Error{
		Code:    wire.UnsupportedProtocolVersion,
		Message: fmt.Sprintf("server %q speaks only revision %s, which has no initialize", server, era.ModernRevision),
		Data:    object("supported", `["`+era.ModernRevision+`"]`),
	}
	if client == era.Modern {
		e.Message = fmt.Sprintf("server %q speaks only revisions up to %s, which open with initialize", server, era.LegacyRevision)
		e.Data = object("supported", string(wire.QuoteAll(era.LegacyRevisions())), "requested", quote(era.ModernRevision))
	}
	return e
}

// leaseModern takes a lease that fits what the client says of itself.
func (s *session) leaseModern(ctx context.Context, c *call) (*link, error) {
	key := Key{Owner: s.caller.Agent, ID: "modern"}
	l := &lease{}
	if share := s.target.share(era.Modern); share != ShareAll {
		l.info, l.capabilities = c.m.ClientInfo(), c.m.ClientCapabilities()
		key.ID = "modern " + digest(s.caller.Grant, s.caller.User, string(l.info), string(l.capabilities))
	}
	if err := s.target.open(ctx, l, key, era.Modern, false, nil); err != nil {
		return nil, err
	}
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
func (s *session) leaseLegacy(ctx context.Context) (*link, error) {
	s.mu.Lock()
	before, params := s.legacy, s.handshake.params
	s.mu.Unlock()
	key, private := Key{Owner: s.caller.Agent}, false
	switch s.target.share(era.Legacy) {
	case ShareAll:
		key.ID, params = "legacy", []byte(ownHandshake)
	case ShareAgent:
		key.ID = "legacy " + digest(s.caller.Grant, s.caller.User, string(params))
	default:
		key.ID, private = "session "+s.id, true
	}
	l := &lease{}
	if err := s.target.open(ctx, l, key, era.Legacy, private, params); err != nil {
		return nil, err
	}
	s.mu.Lock()
	closed := s.closed
	if !closed {
		s.legacy = l
	}
	level, subs := s.handshake.level, s.handshake.subs
	s.mu.Unlock()
	if closed {
		s.giveBack(l)
		return nil, errClosed
	}
	l.link.attach(s)
	if before != nil {
		before.release()
		l.link.initializedOnce()
		if level.Kind() != wire.Invalid {
			_, _ = l.link.do(ctx, level.Method(), level.Params())
		}
		for _, sub := range subs {
			_, _ = l.link.do(ctx, sub.Method(), sub.Params())
		}
	}
	return l.link, nil
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
