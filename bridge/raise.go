package bridge

import (
	"errors"

	"drawbridge/internal/wire"
)

var (
	errRaised    = errors.New("the bridge is raised: its owner lets nothing pass at the moment")
	errRaisedFor = errors.New("the bridge is raised for this agent: its owner lets nothing of it pass at the moment")
)

// Raise lets nothing pass: every session ends, and new ones are refused until Lower. When it returns nothing
// of any agent runs in the bridge. That processes end is the backend's.
func (b *Bridge) Raise() {
	b.raised.Store(true)
	b.publish(Raised{Raised: true})
	b.endAll(errRaised, func(opened) bool { return true }, func(*parked) bool { return true })
	b.questions.forget(errRaised, func(sameCall) bool { return true }, b)
}

// Lower lets agents in again. They need no new approval.
func (b *Bridge) Lower() {
	b.raised.Store(false)
	b.publish(Raised{Raised: false})
}

// Raised reports whether the bridge is raised for everybody.
func (b *Bridge) Raised() bool { return b.raised.Load() }

// RaiseFor is Raise for one agent, whose own processes end too. The others notice nothing.
func (b *Bridge) RaiseFor(agent string) {
	b.raisedFor.Store(agent, struct{}{})
	b.publish(Raised{true, agent})
	b.cut(agent, errRaisedFor)
}

// LowerFor takes RaiseFor back.
func (b *Bridge) LowerFor(agent string) {
	b.raisedFor.Delete(agent)
	b.publish(Raised{false, agent})
}

// Disconnect ends all that an agent has open: sessions, calls, processes that were its own. When it returns
// nothing of the agent's is alive in the bridge. That it cannot come back is the gate's to see to, before.
func (b *Bridge) Disconnect(agent string) { b.cut(agent, errRevoked) }

// EndGrant ends what was opened with one grant of an agent's, which the gate admits no more. What the agent
// has open with another grant goes on.
func (b *Bridge) EndGrant(grant string) {
	b.endAll(errRevoked,
		func(s opened) bool { return s.owner().Grant == grant },
		func(p *parked) bool { return p.caller.Grant == grant })
	b.questions.forget(errRevoked, func(c sameCall) bool { return c.grant == grant }, b)
}

func (b *Bridge) cut(agent string, why error) {
	b.endAll(why,
		func(s opened) bool { return s.owner().Agent == agent },
		func(p *parked) bool { return p.caller.Agent == agent })
	b.questions.forget(why, func(c sameCall) bool { return c.use.agent == agent }, b)
	for _, sv := range b.allServers() {
		sv.endLinks(func(l *link) bool { return l.agent == agent })
	}
}

// barred is why nothing of an agent passes; nil when it may.
func (b *Bridge) barred(agent string) *wire.Error {
	why := errRaised
	if !b.Raised() {
		if _, raised := b.raisedFor.Load(agent); !raised {
			return nil
		}
		why = errRaisedFor
	}
	return &wire.Error{Code: wire.InternalError, Message: why.Error()}
}
