package bridge

import (
	"fmt"
	"sync"
	"time"

	"drawbridge/bridge/era"
	"drawbridge/internal/wire"
)

// A modern server ends a call with input_required and waits for it to be made again. A legacy client is asked
// in the middle of one call. Each input_required is a round: the questions go to the client, and with the
// last answer the call is made again.
//
//	call ── input_required ──▶ round ── all answers ──▶ the call again, with them ──▶ …

const (
	// roundsMax bounds how often a server may ask within one call.
	roundsMax = 16
	// againAfter is the first pause before a call is made again that needs no answers; each time it doubles.
	againAfter = 100 * time.Millisecond
	againMost  = 10 * time.Second
)

// round is one set of questions of a modern server to a legacy client.
type round struct {
	call  *call
	state []byte          // for the server, as it came; nil for none
	asks  []*ask          // in the server's order; never changed
	keys  map[*ask]string // the server's; never changed

	mu      sync.Mutex // guards the fields below
	answers []wire.Member
	over    bool
}

// askRound puts the questions of input_required to the client.
func (c *call) askRound(m wire.Message) {
	r, why := c.newRound(m.Result())
	c.mu.Lock()
	c.rounds++
	n := c.rounds
	c.round = r
	over := c.over
	c.mu.Unlock()
	switch {
	case over:
		return
	case why == "" && n > roundsMax:
		why = fmt.Sprintf("the server asked for input %d times", n)
	case why == "" && len(r.asks) == 0 && r.state == nil:
		why = "the server asked for input without saying which"
	}
	switch {
	case why != "":
		c.fail(&wire.Error{Code: wire.InternalError, Message: why})
	case len(r.asks) == 0:
		c.session.work.start(func() { r.pause(min(againAfter<<(n-1), againMost)) })
	}
	if r != nil {
		for _, a := range r.asks {
			c.session.ask(a, c)
		}
	}
}

// newRound reads the questions of input_required, or says why they cannot be put.
func (c *call) newRound(result []byte) (r *round, why string) {
	r = &round{call: c, state: wire.Get(result, "requestState"), keys: map[*ask]string{}}
	for key, request := range wire.Fields(wire.Get(result, "inputRequests")) {
		a := &ask{round: r, m: era.LegacyRequest("0", request, c.session.b.random()), since: c.session.b.now()}
		switch {
		case a.m.Kind() != wire.Request:
			return nil, "the server asked for something that is no input request"
		case !c.session.capable(a.m):
			return nil, "the server asked for " + a.m.Method() + ", which the agent's client does not support"
		case len(r.asks) == c.session.b.limits.Asks:
			return nil, "the server asked too much at once"
		}
		r.keys[a] = key
		r.asks = append(r.asks, a)
	}
	return r, ""
}

// pause makes the call again after that time.
func (r *round) pause(d time.Duration) {
	select {
	case <-time.After(d):
		r.again()
	case <-r.call.session.ctx.Done():
	}
}

// mayAsk reports whether the answer to that method may be input_required.
func mayAsk(method string) bool {
	return method == "tools/call" || method == "prompts/get" || method == "resources/read"
}

// answer takes the client's answer to one question.
func (r *round) answer(a *ask, m wire.Message) {
	value := m.Result()
	if m.Kind() == wire.Failure {
		if a.m.Method() != "elicitation/create" {
			r.stop("the agent's client answered " + a.m.Method() + " with an error: " + m.Error().Message)
			return
		}
		value = []byte(`{"action":"cancel"}`)
	}
	r.mu.Lock()
	r.answers = append(r.answers, wire.Member{Key: r.keys[a], Value: value})
	all := !r.over && len(r.answers) == len(r.asks)
	r.over = r.over || all
	r.mu.Unlock()
	if all {
		r.again()
	}
}

// stop ends the call when a question cannot be answered.
func (r *round) stop(why string) {
	r.mu.Lock()
	over := r.over
	r.over = true
	r.mu.Unlock()
	if !over {
		r.call.fail(&wire.Error{Code: wire.InternalError, Message: why})
	}
}

// withdraw takes back what the client has not answered.
func (r *round) withdraw() {
	for _, a := range r.asks {
		a.withdraw()
	}
}

// again makes the call once more with the answers.
func (r *round) again() {
	c := r.call
	if c.ended.Load() {
		return
	}
	c.write(era.Retry(era.ToModern(c.m, c.session.client()), r.answers, r.state))
}

// sendModern sends a legacy call to a modern process. What modern servers have no method for is answered here.
func (c *call) sendModern(l *link) {
	s := c.session
	switch c.m.Method() {
	case "logging/setLevel":
		c.finish(wire.Reply(c.m.ID(), []byte("{}")), Outcome{Result: OK})
	case "resources/subscribe", "resources/unsubscribe":
		s.listenAgain(l)
		c.finish(wire.Reply(c.m.ID(), []byte("{}")), Outcome{Result: OK})
	default:
		m := era.ToModern(c.m, s.client())
		if m.Kind() == wire.Invalid {
			c.refuse(&wire.Error{Code: wire.MethodNotFound, Message: "Method not found: " + c.m.Method()}, errNotOpen)
			return
		}
		c.write(m)
	}
}

// listenAgain subscribes anew with all that the session wants to hear, and then ends the subscription before it.
func (s *session) listenAgain(l *link) {
	s.listening.Lock()
	defer s.listening.Unlock()
	wanted := []string{"toolsListChanged", "true", "promptsListChanged", "true", "resourcesListChanged", "true"}
	if uris := s.subscriptions(); len(uris) > 0 {
		wanted = append(wanted, "resourceSubscriptions", string(wire.QuoteAll(uris)))
	}
	params := s.client().Params(wire.Member{Key: "notifications", Value: object(wanted...)})
	id, err := l.send(wire.NewRequest("0", "subscriptions/listen", params), &listener{s})
	if err != nil {
		return
	}
	s.mu.Lock()
	before := s.changes
	s.changes = changes{l, id}
	closed := s.closed
	s.mu.Unlock()
	before.end("a wider subscription takes its place")
	if closed {
		l.cancel(id, "the session has ended")
	}
}

// changes is the one subscription behind a legacy session on a modern process: list changes and the resources
// that the client subscribed to. The zero changes is none.
type changes struct {
	link *link
	id   uint64
}

func (ch changes) end(why string) {
	if ch.link != nil {
		ch.link.cancel(ch.id, why)
	}
}

// listener is the waiter of that subscription.
type listener struct{ session *session }

func (*listener) answer(wire.Message) {}
func (*listener) lost(error)          {}
func (w *listener) note(m wire.Message) {
	if m.Method() != "notifications/subscriptions/acknowledged" {
		w.session.out.Send(era.WithoutSubscription(m), false)
	}
}
