package bridge

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"

	"drawbridge/bridge/audit"
	"drawbridge/bridge/policy"
	"drawbridge/internal/wire"
)

// A call that a rule asks about, between its admission and its way down.
//
//	askOwner  the owner has said so for the session, or an answer stands ──▶ begin
//	          else hold ── Answer ──▶ resume ──▶ begin · dispatch
//	                 └──── askFor ──▶ tryAgain

const (
	// questionBytes bounds the arguments that the owner is shown.
	questionBytes = 64 << 10
	// argumentsKept bounds those that are kept while nobody waits, to find the rule that asks.
	argumentsKept = 256 << 10
)

var (
	errUndecided = errors.New("the owner has not answered yet; the agent was told to try again")
	errTooMuch   = errors.New("the agent has too many open questions")
	errOwnerSays = errors.New("denied by the owner")
)

// askOwner finds out whether the owner lets the call pass. When it returns false the call waits, or has been answered.
func (c *call) askOwner() bool {
	s, qs := c.session, &c.session.b.questions
	key := c.same()
	if a, ok := s.permitted(key.use); ok {
		c.answered = &a
		return true
	}
	if a, ok := qs.use(key, s.b.now(), goesOn(c.m)); ok {
		c.answered = &a
		return c.heeds(a)
	}
	if !qs.hold(c, c.question(key)) {
		c.refuse(&wire.Error{Code: wire.InternalError, Message: "too many calls of this agent wait for its owner's approval; wait for those first"}, errTooMuch)
		return false
	}
	c.mu.Lock()
	early := c.early
	c.mu.Unlock()
	if early != nil {
		c.close(*early)
	}
	return false
}

// heeds does what a denial says; true is that the call may pass.
func (c *call) heeds(a Answer) bool {
	if a.Choice != DenyCall {
		return true
	}
	e := &wire.Error{Code: wire.InvalidRequest, Message: "the owner denied this call"}
	why := errOwnerSays
	if reason := clip(a.Reason); reason != "" {
		e.Message += ": " + reason
		why = errors.New(errOwnerSays.Error() + ": " + reason)
	}
	c.refuse(e, why)
	return false
}

// setAside lets everybody end the call while it waits for the owner.
func (c *call) setAside() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.admitted, c.held = true, true
}

// takeUp takes the call back into its admission; false when it has ended or is about to.
func (c *call) takeUp() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.held || c.leaving {
		return false
	}
	c.admitted, c.held = false, false
	return true
}

// resume goes on with a call that waited. It reports false when the call has ended meanwhile.
func (c *call) resume(a Answer) bool {
	if !c.takeUp() {
		return false
	}
	c.answered = &a
	on := func() {
		if c.heeds(a) && c.stillMay() && c.begin() {
			c.dispatch()
		}
	}
	if !c.session.work.start(on) { // the session has ended and the call with it
		on()
	}
	return true
}

// stillMay refuses a call whose agent has lost the right to it while the owner was asked.
func (c *call) stillMay() bool {
	q := c.query()
	rules := c.session.rules.Load()
	if v, why := rules.Decide(q); v == policy.Deny {
		c.verdict, c.why = v, why
		c.deny(rules.Shows(q))
		return false
	}
	return true
}

// tryAgain ends the wait for the owner, who may answer all the same.
func (c *call) tryAgain() {
	if c.takeUp() {
		c.refuse(&wire.Error{Code: wire.InternalError, Message: "approval pending, retry: the owner has been asked whether this call may run; try the same call again in a moment"}, errUndecided)
	}
}

// leaveQuestion is called when the call has ended. One that its server wants made again with more passes once more.
func (c *call) leaveQuestion(answer wire.Message, o Outcome) {
	qs := &c.session.b.questions
	switch {
	case !c.began:
		qs.leave(c, o.Error)
	case answer.ResultType() == "input_required":
		qs.renew(c)
	}
}

// reconsider lets those calls go on that wait for an answer which the rules give by now.
func (b *Bridge) reconsider() {
	for id, c := range b.questions.waiting() {
		a := Answer{Choice: AllowOnce, By: "a new rule"}
		switch v, _ := c.session.rules.Load().Decide(c.query()); v {
		case policy.Ask:
			continue
		case policy.Deny:
			a.Choice = DenyCall
		}
		_ = b.Answer(id, a) // somebody else may have answered
	}
}

// same says which calls are the same as this one for the owner: the arguments are so byte for byte.
func (c *call) same() sameCall {
	who := c.session.owner()
	sum := sha256.Sum256(c.m.Arguments())
	return sameCall{who.Grant, who.User, sameUse{
		who.Agent, who.User, c.session.target.name(), c.m.Method(), subject(c.m),
	}, hex.EncodeToString(sum[:])}
}

// goesOn reports whether a request brings what the server has asked for before.
func goesOn(m wire.Message) bool {
	return wire.Get(m.Params(), "requestState") != nil || wire.Get(m.Params(), "inputResponses") != nil
}

// question is what the owner is asked about the call.
func (c *call) question(key sameCall) openQuestion {
	who, args := c.session.owner(), c.m.Arguments()
	q := openQuestion{key: key, Question: Question{
		Agent: who.Agent, User: who.User, Email: who.Email, Groups: who.Groups,
		Server: c.info.Server, Method: c.info.Method, Name: c.m.Name(), Digest: key.digest,
	}}
	if q.Name == "" {
		q.Name = c.m.URI()
	}
	if args == nil {
		return q
	}
	q.raw = audit.RedactLong(args, c.session.target.tool(c.m.Name()).isSecret, questionBytes)
	var pretty bytes.Buffer
	_ = json.Indent(&pretty, q.raw, "", "  ") // what Redact returns is JSON
	q.Arguments, q.Cut = pretty.String(), strings.Contains(pretty.String(), "…")
	if len(args) <= argumentsKept {
		q.args = bytes.Clone(args)
	}
	return q
}

// permit lets the session use something without asking, as the owner said.
func (s *session) permit(use sameUse, a Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.permits == nil {
		s.permits = map[sameUse]Answer{}
	}
	s.permits[use] = a
}

// permitted is what the owner has said about the use for the session.
func (s *session) permitted(use sameUse) (Answer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.permits[use]
	return a, ok
}
