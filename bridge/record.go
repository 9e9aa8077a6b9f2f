package bridge

import (
	"strconv"

	"drawbridge/bridge/audit"
	"drawbridge/bridge/era"
	"drawbridge/internal/wire"
)

// What of a call is shown and written down.

// shownBytes bounds what of arguments and answers is shown and recorded.
const shownBytes = 4 << 10

// entry is the call as the record has it.
func (c *call) entry(kind audit.Kind) audit.Entry {
	s := c.session
	e := audit.Entry{
		Kind: kind, Call: c.info.ID, Session: s.number,
		Agent: s.owner().Agent, Grant: s.owner().Grant, User: s.owner().User, Groups: s.owner().Groups,
		Front: s.way.Front, Address: s.way.Address,
		Server: c.info.Server, Method: c.info.Method, Name: c.info.Name,
	}
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
	first := !s.announced
	s.announced = true
	s.mu.Unlock()
	if !first {
		return
	}
	s.b.publish(SessionOpened{SessionInfo{
		ID: s.number, Agent: s.owner().Agent, User: s.owner().User, Server: s.target.name(),
		Front: s.way.Front, Era: e.String(), Client: client, Address: s.way.Address, Opened: s.b.now(),
	}})
	s.b.note(s, audit.SessionBegin, client)
}

// note records what happened to a session. That it could not be recorded is told to the owner's log.
func (b *Bridge) note(s *session, kind audit.Kind, text string) {
	err := b.audit.Append(audit.Entry{
		Kind: kind, Session: s.number, Agent: s.owner().Agent, Grant: s.owner().Grant, User: s.owner().User, Groups: s.owner().Groups,
		Front: s.way.Front, Address: s.way.Address, Server: s.target.name(), Note: text,
	})
	if err != nil {
		b.log.Error("audit: not recorded", "kind", kind, "err", err)
	}
}
