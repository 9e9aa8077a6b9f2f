package bridge

import (
	"strconv"

	"drawbridge/bridge/audit"
	"drawbridge/bridge/era"
	"drawbridge/bridge/front"
	"drawbridge/internal/caller"
	"drawbridge/internal/wire"
)

// What of a call is shown and written down.

// shownBytes bounds what of arguments and answers is shown and recorded.
const shownBytes = 4 << 10

// entry is what the record has of everything that happens in the session.
func (s *session) entry(kind audit.Kind, e era.Era) audit.Entry {
	who := s.owner()
	return audit.Entry{
		Kind: kind, Session: s.number, Agent: who.Agent, Grant: who.Grant, User: who.User, Groups: who.Groups,
		Front: s.way.Front, Address: s.way.Address, Era: e.String(), Server: s.target.name(),
	}
}

// entry is the call as the record has it.
func (c *call) entry(kind audit.Kind) audit.Entry {
	e := c.session.entry(kind, c.era)
	e.Call, e.Method, e.Name = c.info.ID, c.info.Method, c.info.Name
	if kind != audit.CallEnd {
		e.Arguments, e.Verdict, e.Rule = []byte(c.info.Arguments), c.verdict.String(), c.why
		if c.answered != nil {
			e.Answer = c.answered.words()
		}
	}
	if c.info.Ended {
		end := c.info.End
		e.Outcome, e.Error, e.Bytes, e.Took = string(end.Result), end.Error, int64(end.Bytes), end.Took
	}
	return e
}

// closing is the kind of record that ends the call: one that was never let through has no beginning.
func (c *call) closing() audit.Kind {
	if !c.began {
		return audit.Refused
	}
	return audit.CallEnd
}

// shownArguments is what the owner may see of a request's arguments; "" where there are none.
func shownArguments(m wire.Message, sv *server) string {
	args := m.Arguments()
	if args == nil {
		return ""
	}
	return string(audit.Redact(args, sv.tool(m.Name()).isSecret, shownBytes))
}

// shownAnswer is what the owner may see of an answer.
func shownAnswer(m wire.Message) string {
	switch m.Kind() {
	case wire.Result:
		return string(audit.Redact(m.Result(), nil, shownBytes))
	case wire.Failure:
		return string(audit.Redact(m.Err(), nil, shownBytes))
	}
	return ""
}

// outcome is how a call ended that the process answered.
func outcome(m wire.Message) Outcome {
	switch {
	case m.Kind() == wire.Failure:
		return Outcome{Result: Failure, Error: clip(m.Error().Message)}
	case m.IsError():
		return Outcome{Result: ToolError}
	}
	return Outcome{Result: OK}
}

// progress is what notifications/progress says.
func progress(m wire.Message) Progress {
	number := func(key string) float64 {
		f, _ := strconv.ParseFloat(string(wire.Get(m.Params(), key)), 64)
		return f
	}
	text, _ := wire.String(wire.Get(m.Params(), "message"))
	return Progress{Done: number("progress"), Total: number("total"), Message: clip(text)}
}

// announce shows the owner a session once it is known who talks there.
func (s *session) announce(client string, e era.Era) {
	s.mu.Lock()
	first := s.announced == era.Unknown
	if first {
		s.announced = e
	}
	s.mu.Unlock()
	if !first {
		return
	}
	s.b.publish(SessionOpened{SessionInfo{
		ID: s.number, Agent: s.owner().Agent, User: s.owner().User, Server: s.target.name(),
		Front: s.way.Front, Era: e.String(), Client: client, Address: s.way.Address, Opened: s.b.now(),
	}})
	s.note(audit.SessionBegin, e, client)
}

// note records what happened to a session.
func (s *session) note(kind audit.Kind, of era.Era, text string) {
	e := s.entry(kind, of)
	e.Note = text
	s.b.write(e)
}

// turnAway records that something of an agent's went nowhere before it was a call: for limits, because the bridge is raised,
// because there is no such server, or because it makes no sense. m is zero where it is about no message.
func (b *Bridge) turnAway(who *caller.Caller, way front.Way, server string, m wire.Message, why error) {
	e := audit.Entry{
		Kind: audit.Refused, Front: way.Front, Address: way.Address, Server: clip(server), Method: clip(m.Method()), Name: clip(subject(m)),
		Outcome: string(Denied), Error: why.Error(),
	}
	if who != nil {
		e.Agent, e.Grant, e.User, e.Groups = who.Agent, who.Grant, who.User, who.Groups
	}
	if m.Kind() == wire.Request {
		e.Era = eraOf(m).String()
	}
	b.refusals.Note(e)
}

// write records what has happened already. That it could not be recorded is told to the owner's log.
func (b *Bridge) write(e audit.Entry) {
	if err := b.audit.Append(e); err != nil {
		b.log.Error("audit: not recorded", "kind", e.Kind, "err", err)
	}
}
