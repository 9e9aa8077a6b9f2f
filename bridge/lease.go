package bridge

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"drawbridge/bridge/era"
	"drawbridge/internal/wire"
)

// How a session comes by a process: which key, which handshake, and again after a crash.

var (
	errNotOpen       = errors.New("the session was not opened with initialize")
	errRemovedMethod = errors.New("no method of this revision")
	errClosed        = errors.New("the session has ended")
	errTooMany       = errors.New("more subscriptions than a session may have")
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
		h, err := s.link(s.ctx, c)
		h.letGo()
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

// patience is how long a call waits for a process. Clients give up after a minute and would never see why;
// what the bridge has begun for the call goes on.
const patience = 50 * time.Second

func errNotYet(sv *server) error {
	return &wire.Error{Code: wire.InternalError, Message: fmt.Sprintf("server %q is busy or still starting; try again in a moment, or ask its owner to look at its log", sv.name())}
}

// link gets the process for c, started and opened.
func (s *session) link(ctx context.Context, c *call) (hold, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errNotYet(s.target))
	defer cancel()
	known, err := s.target.era(ctx)
	switch {
	case err != nil:
		return hold{}, err
	case c.era == era.Legacy:
		h, err := s.linkLegacy(ctx, known)
		if err != nil || !h.lease.link.takesTurns(c) {
			return h, err
		}
		return h.waitTurn(ctx)
	case known&era.Modern != 0:
		return s.leaseModern(ctx, c)
	case s.target.oneAtATime(c):
		return s.leaseTurn(ctx, c)
	}
	l, err := s.openForeign(ctx, c, 0)
	if err != nil {
		return hold{}, err
	}
	return s.keep(l)
}

// linkLegacy is a hold on the session's process, which is started and opened if it is not there.
func (s *session) linkLegacy(ctx context.Context, known era.Era) (hold, error) {
	select {
	case s.opening <- struct{}{}:
		defer func() { <-s.opening }()
	case <-ctx.Done():
		return hold{}, context.Cause(ctx)
	}
	if h := s.readyLegacy(); h.lease != nil {
		return h, nil
	}
	h, err := s.leaseLegacy(ctx, known)
	if err != nil && known == era.Both { // it may have turned out to be modern alone
		if left, _ := s.target.era(ctx); left == era.Modern {
			return s.leaseLegacy(ctx, left)
		}
	}
	return h, err
}

// lease is a session's right to a process, which it shares with its calls: who lets go of it last gives it back.
type lease struct {
	link    *link
	release func() // gives it back to the backend
	holders atomic.Int32
	// What the client said of itself when the lease was taken; for modern requests on a process that is not
	// everybody's.
	info, capabilities []byte
	greeting           []byte // what the server says of itself, for a legacy client
}

// hold is one more holder.
func (l *lease) hold() hold {
	l.holders.Add(1)
	return hold{lease: l}
}

func (l *lease) drop() {
	if l.holders.Add(-1) == 0 {
		l.release()
	}
}

// fits reports whether a modern request may use the lease: the process is everybody's, or the client says the
// same of itself.
func (l *lease) fits(m wire.Message) bool {
	return l.link.shared || bytes.Equal(l.info, m.ClientInfo()) && bytes.Equal(l.capabilities, m.ClientCapabilities())
}

// leaseModern takes a lease that fits what the client says of itself.
func (s *session) leaseModern(ctx context.Context, c *call) (hold, error) {
	info, capabilities := c.m.ClientInfo(), c.m.ClientCapabilities()
	w := want{key: Key{Owner: s.owner().Agent, ID: "modern"}, era: era.Modern, shared: s.target.share(era.Modern) == ShareAll}
	if !w.shared {
		w.key.ID += " " + digest(s.owner().Grant, s.owner().User, string(info), string(capabilities))
	}
	l, err := s.target.open(ctx, w)
	if err != nil {
		return hold{}, err
	}
	l.info, l.capabilities = bytes.Clone(info), bytes.Clone(capabilities)
	return s.keep(l)
}

// keep holds a lease for later calls of clients that say the same of themselves, unless one like it is held
// already; the oldest one makes room. It returns a hold for the call that needed it.
func (s *session) keep(l *lease) (hold, error) {
	s.mu.Lock()
	closed := s.closed
	var gone []*lease
	if !closed {
		for i, old := range s.modern {
			if !old.link.alive() || len(s.modern)-i >= maxLeases || old.link == l.link && old.same(l) {
				gone = append(gone, old)
			}
		}
		s.modern = append(slices.DeleteFunc(s.modern, func(old *lease) bool { return slices.Contains(gone, old) }), l)
	}
	h := l.hold()
	s.mu.Unlock()
	for _, old := range gone {
		old.drop()
	}
	if closed {
		h.letGo()
		l.drop()
		return hold{}, errClosed
	}
	return h, nil
}

// same reports whether two leases are of clients that say the same of themselves.
func (l *lease) same(other *lease) bool {
	return l.link.shared || bytes.Equal(l.info, other.info) && bytes.Equal(l.capabilities, other.capabilities)
}

// leaseLegacy takes a lease on a process that is opened with this session's handshake, and says again what a
// process before it had been told.
func (s *session) leaseLegacy(ctx context.Context, known era.Era) (hold, error) {
	s.mu.Lock()
	before, params := s.legacy, s.handshake.params
	s.mu.Unlock()
	l, err := s.target.open(ctx, s.wantLegacy(known, params))
	if err != nil {
		return hold{}, err
	}
	if err := s.greet(ctx, l); err != nil {
		s.giveBack(l)
		return hold{}, err
	}
	s.mu.Lock()
	closed := s.closed
	if !closed {
		s.legacy = l
	}
	h := l.hold()
	s.mu.Unlock()
	if closed {
		h.letGo()
		s.giveBack(l)
		return hold{}, errClosed
	}
	if l.link.era == era.Legacy {
		l.link.attach(s)
	}
	if before != nil {
		before.drop()
		s.replay(l.link)
	}
	return h, nil
}

// wantLegacy is the process that a legacy session with those params of initialize needs.
func (s *session) wantLegacy(known era.Era, params []byte) want {
	e := known & era.Legacy
	if e == era.Unknown {
		e = era.Modern
	}
	w := want{key: Key{Owner: s.owner().Agent, ID: e.String()}, era: e, params: params}
	switch s.target.share(e) {
	case ShareAll:
		w.params, w.shared = []byte(ownHandshake), true
	case ShareAgent:
		w.key.ID += " " + digest(s.owner().Grant, s.owner().User, string(params))
	default:
		w.key.ID, w.key.Once, w.only = "session "+s.id, true, s
	}
	return w
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
