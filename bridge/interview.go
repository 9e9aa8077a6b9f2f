package bridge

import (
	"drawbridge/bridge/audit"
	"drawbridge/bridge/era"
	"drawbridge/internal/wire"
)

// What servers ask of agents (elicitation, sampling, roots) and what those answer, in the record. A legacy agent is asked
// by a request of its own, and answers that. A modern one is asked by the answer to its call, and answers with its next:
//
//	session.ask ──▶ asked      ask.answer, ask.withdraw ──▶ answered
//	call.finish ──▶ required   call.begin               ──▶ responded
//
// What cannot be recorded is neither asked nor answered.

// inquiry is what all these records have.
func (s *session) inquiry(kind audit.Kind, c *call, of era.Era, method string) audit.Entry {
	e := s.entry(kind, of)
	e.Method = clip(method)
	if c != nil {
		e.Call = c.info.ID
	}
	return e
}

// asked records that a legacy agent is asked for something, in the middle of that call; nil is of none.
func (s *session) asked(c *call, m wire.Message) error {
	e := s.inquiry(audit.Asked, c, era.Legacy, m.Method())
	s.target.forms.learn(m.Params())
	e.Arguments = redacted(m.Params(), nil)
	return s.b.audit.Append(e)
}

// answered records what became of a question to a legacy agent: its answer, one of the bridge's in its place, or none.
func (a *ask) answered(m wire.Message) error {
	e := a.session.inquiry(audit.Answered, a.call, era.Legacy, a.m.Method())
	e.Took = a.session.b.now().Sub(a.since)
	switch m.Kind() {
	case wire.Result:
		a.session.said(&e, m.Result())
	case wire.Failure:
		e.Outcome, e.Error = string(Failure), clip(m.Error().Message)
	default:
		e.Outcome = string(Cancelled)
	}
	return a.session.b.audit.Append(e)
}

// required records what an answer asks its agent for.
func (c *call) required(answer wire.Message) error {
	var all [][]byte
	for _, u := range era.URLRequests(answer) {
		all = append(all, u.Value)
	}
	if answer.ResultType() == "input_required" {
		for _, request := range wire.Fields(wire.Get(answer.Result(), "inputRequests")) {
			all = append(all, request)
		}
	}
	for i, request := range all {
		method, _ := wire.String(wire.Get(request, "method"))
		e := c.session.inquiry(audit.Asked, c, c.era, method)
		params := wire.Get(request, "params")
		c.session.target.forms.learn(params)
		e.Arguments = redacted(params, nil)
		if last, err := c.recordOf(e, i, len(all)); last || err != nil {
			return err
		}
	}
	return nil
}

// responded records the answers that a modern call brings.
func (c *call) responded() error {
	if c.era != era.Modern || !mayAsk(c.m.Method()) {
		return nil
	}
	var all []wire.Member
	for key, answer := range wire.Fields(wire.Get(c.m.Params(), "inputResponses")) {
		all = append(all, wire.Member{Key: key, Value: answer})
	}
	for i, answer := range all {
		e := c.session.inquiry(audit.Answered, c, c.era, c.info.Method)
		e.Name = clip(answer.Key)
		c.session.said(&e, answer.Value)
		if last, err := c.recordOf(e, i, len(all)); last || err != nil {
			return err
		}
	}
	return nil
}

// recordOf records the i-th of n questions or answers. Those beyond what a server may ask are one record; last says that
// this was it.
func (c *call) recordOf(e audit.Entry, i, n int) (last bool, err error) {
	if i == c.session.b.limits.Asks {
		e.Arguments, e.Count, e.Note = nil, n-i, "this and others, too many to record"
		last = true
	}
	return last, c.session.b.audit.Append(e)
}

// said puts the answer to a question into e.
func (s *session) said(e *audit.Entry, answer []byte) {
	e.Outcome, e.Bytes = string(OK), int64(len(answer))
	var hides func(key string) bool
	if action, ok := wire.String(wire.Get(answer, "action")); ok {
		e.Outcome, hides = clip(action), s.target.forms.hides
	}
	e.Arguments = redacted(answer, hides)
}

func redacted(raw []byte, hint func(string) bool) []byte {
	if raw == nil {
		return nil
	}
	return audit.Redact(raw, hint, shownBytes)
}

// unrecorded is the error for what is refused because it cannot be recorded, which the owner's log is told.
func (b *Bridge) unrecorded(err error) *wire.Error {
	b.log.Error("audit: refused because it cannot be recorded", "err", err)
	return &wire.Error{Code: wire.InternalError, Message: "the bridge cannot record this and so refuses it; its owner has been told"}
}
