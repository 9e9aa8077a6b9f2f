package bridge

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strconv"

	"drawbridge/bridge/era"
	"drawbridge/internal/wire"
)

// What a call needs beyond other words when agent and server are of different eras: what the one era has as a
// method and the other as state. Modern agent, legacy server here; the reverse is in round.go.

// sendLegacy sends a modern call to a legacy process.
func (c *call) sendLegacy(l *link) {
	switch c.m.Method() {
	case "server/discover":
		answer := wire.Reply(c.m.ID(), era.Discover(l.greeting))
		c.finish(c.shape(answer), outcome(answer))
		return
	case "subscriptions/listen":
		l.listen(c)
		return
	}
	m := era.ToLegacy(c.m)
	switch {
	case m.Kind() == wire.Invalid:
		e := &wire.Error{Code: wire.MethodNotFound, Message: "Method not found: " + c.m.Method()}
		c.finish(e.Reply(c.m.ID()), Outcome{Result: Failure, Error: e.Message})
		return
	case wire.Get(c.m.Params(), "requestState") != nil && !c.retry:
		c.refuse(errBadState, errBadState)
		return
	}
	if c.askFirst(l) {
		return
	}
	l.verbose(c.m.LogLevel())
	c.write(m)
}

// askFirst puts to the agent what the process asked while no call was running, before this one goes down:
// roots as a rule, which a server wants to know as soon as it is open. It reports whether it did; the retry
// is the call.
func (c *call) askFirst(l *link) bool {
	if !mayAsk(c.m.Method()) {
		return false
	}
	var asks []*ask
	for _, a := range l.idleAsks() {
		if ok, _ := a.fitsClient(c.m.ClientCapabilities()); ok {
			asks = append(asks, a)
		}
	}
	if len(asks) == 0 {
		return false
	}
	b := c.session.b
	p := &parked{number: c.info.ID, caller: c.session.owner(), server: c.session.target, digest: requestDigest(c.m), asks: asks}
	if !b.parking.add(p, b) {
		p.refuse("too many calls of this agent wait for its answers")
		return false
	}
	if !c.finish(p.required(c.m.ID()), Outcome{Result: InputRequired}) {
		b.parking.drop(p)
		p.stop(errCancelled)
	}
	return true
}

// idleAsks takes the held questions that came while no call was running and still wait for the next one.
func (l *link) idleAsks() (idle []*ask) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = slices.DeleteFunc(l.held, func(a *ask) bool {
		if a.upTo != math.MaxUint64 || l.busy(a) > 0 {
			return false
		}
		idle = append(idle, a)
		return true
	})
	return idle
}

// askURLs ends a call with the questions of a legacy error -32042. The server has ended its call: the retry
// is a new one.
func (c *call) askURLs(requests []wire.Member) {
	if first := era.LegacyRequest("0", requests[0].Value, ""); !era.Declares(c.m.ClientCapabilities(), first) {
		c.fail(era.MissingCapability(first))
		return
	}
	p := &parked{number: c.info.ID, caller: c.session.owner(), server: c.session.target, digest: requestDigest(c.m), urls: requests}
	if !c.session.b.parking.add(p, c.session.b) {
		e := &wire.Error{Code: wire.InternalError, Message: "too many calls of this agent wait for its answers"}
		c.refuse(e, e)
		return
	}
	c.finish(wire.Reply(c.m.ID(), era.InputRequired(requests, p.handle)), Outcome{Result: InputRequired})
}

// filter is what a modern client's subscription on a legacy process is told.
type filter struct {
	changes []string // methods of notifications
	uris    []string
}

// listen is a modern client's subscription to a legacy process. It is acknowledged first, with what the
// server can tell.
func (l *link) listen(c *call) {
	wanted := wire.Get(c.m.Params(), "notifications")
	var f filter
	var granted []string
	for _, what := range []string{"tools", "prompts", "resources"} {
		asked := string(wire.Get(wanted, what+"ListChanged")) == "true"
		if asked && string(wire.Get(l.server.greeted(l.greeting), "capabilities", what, "listChanged")) == "true" {
			f.changes = append(f.changes, "notifications/"+what+"/list_changed")
			granted = append(granted, what+"ListChanged", "true")
		}
	}
	if string(wire.Get(l.greeting, "capabilities", "resources", "subscribe")) == "true" {
		for raw := range wire.Elements(wire.Get(wanted, "resourceSubscriptions")) {
			if uri, ok := wire.String(raw); ok && len(uri) <= uriMax && len(f.uris) < c.session.b.limits.Subscriptions {
				f.uris = append(f.uris, uri)
			}
		}
		if len(f.uris) > 0 {
			granted = append(granted, "resourceSubscriptions", string(wire.QuoteAll(f.uris)))
		}
	}
	c.send(wire.NewNotification("notifications/subscriptions/acknowledged",
		object("_meta", subscriptionMeta(c.m.ID()), "notifications", string(object(granted...)))))
	l.mu.Lock()
	first := l.firstFor(f.uris)
	dead := l.dead
	if dead == nil {
		l.streams[c] = f
	}
	l.mu.Unlock()
	if dead != nil {
		c.lost(dead)
		return
	}
	for _, uri := range first {
		_, _ = l.start("resources/subscribe", object("uri", quote(uri)))
	}
	if c.ended.Load() {
		l.unlisten(c)
	}
}

// firstFor are those of uris that no stream has subscribed to. Called with l.mu held.
func (l *link) firstFor(uris []string) (first []string) {
	for _, uri := range uris {
		taken := false
		for _, f := range l.streams {
			taken = taken || slices.Contains(f.uris, uri)
		}
		if !taken {
			first = append(first, uri)
		}
	}
	return first
}

// unlisten ends a subscription; the process is told of the resources that nobody listens to any more.
func (l *link) unlisten(c *call) {
	l.mu.Lock()
	f := l.streams[c]
	delete(l.streams, c)
	l.mu.Unlock()
	for _, uri := range f.uris {
		l.unsubscribe(uri)
	}
}

// publish tells the subscriptions of modern clients of a change.
func (l *link) publish(m wire.Message) {
	l.mu.Lock()
	var told []*call
	for c, f := range l.streams {
		if slices.Contains(f.changes, m.Method()) || slices.Contains(f.uris, m.URI()) && c.session.mayRead(m.URI()) {
			told = append(told, c)
		}
	}
	l.mu.Unlock()
	for _, c := range told {
		c.send(m.With(wire.Edit{Meta: []wire.Member{{Key: "io.modelcontextprotocol/subscriptionId", Value: []byte(c.m.ID())}}}))
	}
}

// slots bounds the processes of one key that a client's calls spread over while others of its calls are parked, or
// were cancelled and may still ask.
const slots = 8

// openForeign takes a lease on a legacy process for a modern call, opened with what the client says of itself.
func (s *session) openForeign(ctx context.Context, c *call, slot int) (*lease, error) {
	w := want{
		key:    Key{Owner: s.owner().Agent, ID: "legacy"},
		era:    era.Legacy,
		shared: s.target.share(era.Legacy) == ShareAll,
		params: []byte(ownHandshake),
	}
	if !w.shared {
		w.params = era.Handshake(c.m.ClientInfo(), c.m.ClientCapabilities())
		w.key.ID += " " + digest(s.owner().Grant, s.owner().User, string(w.params))
	}
	if slot > 0 {
		w.key.ID += " " + strconv.Itoa(slot)
	}
	l, err := s.target.open(ctx, w)
	if err != nil {
		return nil, err
	}
	l.info, l.capabilities = bytes.Clone(c.m.ClientInfo()), bytes.Clone(c.m.ClientCapabilities())
	l.link.initializedOnce()
	return l, nil
}

// leaseTurn takes a lease and its turn on a legacy process for a call that must be the only one there. It
// waits for calls that run, but not for those that wait themselves: past them it takes another process. A call in which
// people have been asked before does so past those that were cancelled, too, if another process is to be had; every other one
// stays with what the agent has in the process.
func (s *session) leaseTurn(ctx context.Context, c *call) (hold, error) {
	h, ghosts, err := s.leaseSlot(ctx, c, !s.target.prompts(c))
	if err != nil && ghosts && ctx.Err() == nil {
		h, _, err = s.leaseSlot(ctx, c, true)
	}
	return h, err
}

// leaseSlot is leaseTurn in the first process that has a place: anyhow, or only where no call was cancelled that may still ask.
// Otherwise it reports whether there were such ones.
func (s *session) leaseSlot(ctx context.Context, c *call, anyhow bool) (h hold, ghosts bool, err error) {
	for slot := range slots {
		l, err := s.openForeign(ctx, c, slot)
		if err != nil {
			return hold{}, ghosts, err
		}
		place, err := l.link.takeTurn(ctx, anyhow)
		if place == free {
			return hold{l, true}, false, nil
		}
		ghosts = ghosts || place == haunted
		l.drop()
		if err != nil {
			return hold{}, ghosts, err
		}
	}
	return hold{}, ghosts, &wire.Error{Code: wire.InternalError, Message: "too many calls to this server wait for answers; answer them first"}
}

// oneAtATime reports whether calls such as c must not run beside each other in one process.
func (sv *server) oneAtATime(c *call) bool {
	if !mayAsk(c.m.Method()) {
		return false
	}
	canBeAsked := c.canBeAsked()
	sv.mu.Lock()
	defer sv.mu.Unlock()
	switch sv.config.Parallel {
	case ParallelAlways:
		return false
	case ParallelNever:
		return true
	}
	return canBeAsked && sv.learned.Asks
}

// canBeAsked reports whether the client of c answers any questions.
func (c *call) canBeAsked() bool {
	capabilities := c.m.ClientCapabilities()
	if c.era == era.Legacy {
		capabilities = c.session.client().Capabilities
	}
	return slices.ContainsFunc([]string{"elicitation", "sampling", "roots"}, func(name string) bool {
		return wire.Get(capabilities, name) != nil
	})
}

// asks remembers that the server asks agents in the middle of calls.
func (sv *server) asks() {
	sv.mu.Lock()
	first := !sv.learned.Asks
	sv.learned.Asks = true
	name, version, learned := sv.config.Name, sv.config.Version, sv.learned
	sv.mu.Unlock()
	if first && learned.Era != era.Unknown {
		sv.b.memory.Remember(name, version, learned)
	}
}
