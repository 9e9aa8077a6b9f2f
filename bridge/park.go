package bridge

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"drawbridge/bridge/era"
	"drawbridge/internal/caller"
	"drawbridge/internal/wire"
)

// A modern client cannot be asked in the middle of a call: its request ends with input_required, and it
// sends the request again with the answers. A legacy server asks in the middle of a call and waits. Between the
// two the server's call is parked.
//
//	call ── server asks ──▶ asking ── gatherFor ──▶ parked ── retry with all answers ──▶ call
//	                                                 │  ▲
//	                                                 └──┘ retry with some answers
//	parked ── expiry, owner, death of the process ──▶ ended

const (
	// gatherFor is how long the first question waits for others of the same moment.
	gatherFor = 25 * time.Millisecond
	// parkedFor is how long a parked call waits for its retry.
	parkedFor = 5 * time.Minute
	// parkedMax bounds the parked calls of one grant.
	parkedMax = 64
	// notesMax bounds the notifications that a parked call keeps for the retry.
	notesMax = 64
)

var errBadState = &wire.Error{Code: wire.InvalidParams, Message: "unknown, expired or foreign requestState; make the call again without it"}

// parked is a server's call whose agent has been asked for input. It is the waiter of that call below.
type parked struct {
	handle string
	caller *caller.Caller
	server *server
	digest string // of the request that was parked
	link   *link  // nil when the retry is a new call: the server has ended its own
	linkID uint64
	turn   func()        // gives back the process's turn; nil for none
	urls   []wire.Member // what was asked, where link is nil

	mu      sync.Mutex // guards the fields below
	asks    []*ask     // not yet answered
	notes   []wire.Message
	end     *errandEnd // what the process answered meanwhile
	expires time.Time
	over    bool
}

// parking is the calls that are parked, by handle.
type parking struct {
	mu sync.Mutex // guards the field below
	by map[string]*parked
}

// ask takes a question of the server's that belongs to this call of a modern client.
func (c *call) ask(a *ask) {
	if !declares(c.m.ClientCapabilities(), a.m.Method()) {
		a.refuse(wire.MethodNotFound, "the agent's client does not support "+a.m.Method())
		e := era.MissingCapability(a.m.Method())
		if c.finish(e.Reply(c.m.ID()), Outcome{Result: Failure, Error: e.Message}) {
			c.release(e)
		}
		return
	}
	c.mu.Lock()
	c.asking = append(c.asking, a)
	first := len(c.asking) == 1
	c.mu.Unlock()
	if first {
		time.AfterFunc(gatherFor, c.park)
	}
}

// park ends the agent's request with input_required and keeps the server's call.
func (c *call) park() {
	c.mu.Lock()
	p := &parked{
		caller: c.session.owner(), server: c.session.target, digest: requestDigest(c.m),
		link: c.link, linkID: c.linkID, turn: c.turn, asks: c.asking,
	}
	c.asking = nil
	c.mu.Unlock()
	park := &c.session.b.parking
	if !park.add(p, c.session.b) {
		for _, a := range p.asks {
			a.refuse(wire.InternalError, "too many calls of this agent wait for its answers")
		}
		return
	}
	if !p.link.replace(p.linkID, c, p) { // it has been answered, or given up
		park.drop(p)
		for _, a := range p.asks {
			a.refuse(wire.InternalError, "the call that this belongs to has ended")
		}
		return
	}
	c.keepTurn()
	if !c.finish(p.required(c.m.ID()), Outcome{Result: InputRequired}) {
		p.stop(errCancelled)
	}
}

// required is the answer that asks for all that is open.
func (p *parked) required(id wire.ID) wire.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	requests := p.urls
	for _, a := range p.asks {
		requests = append(requests, wire.Member{Key: a.key(), Value: era.InputRequest(a.m)})
	}
	return wire.Reply(id, era.InputRequired(requests, p.handle))
}

// key is what a question is called in inputRequests: the server's id as text.
func (a *ask) key() string {
	if text, ok := wire.String([]byte(a.m.ID())); ok {
		return "s-" + text
	}
	return string(a.m.ID())
}

// resume gives the answers of a retry to the server. With all of them the retry takes the call over; else it asks again.
func (p *parked) resume(c *call, park *parking) {
	answers := wire.Get(c.m.Params(), "inputResponses")
	p.mu.Lock()
	var open, done []*ask
	for _, a := range p.asks {
		if fits(a.m.Method(), wire.Get(answers, a.key())) {
			done = append(done, a)
		} else {
			open = append(open, a)
		}
	}
	missing := len(open)
	for _, u := range p.urls {
		if !fits("elicitation/create", wire.Get(answers, u.Key)) {
			missing++
		}
	}
	over := p.over
	p.asks = open
	p.expires = c.session.b.now().Add(parkedFor)
	p.mu.Unlock()
	switch {
	case over:
		c.refuse(errBadState, errBadState)
		return
	case missing > 0:
		p.tell(done, answers)
		c.finish(p.required(c.m.ID()), Outcome{Result: InputRequired})
		return
	}
	park.drop(p)
	if p.link == nil {
		c.urls = p.urls
		c.forwardAnew()
		return
	}
	p.handOver(c)
	p.tell(done, answers)
}

// handOver makes c the waiter of the server's call, with what came in the meantime.
func (p *parked) handOver(c *call) {
	c.mu.Lock()
	c.link, c.linkID, c.turn = p.link, p.linkID, p.turn
	c.mu.Unlock()
	p.link.replace(p.linkID, p, c)
	p.mu.Lock()
	p.over = true
	notes, end := p.notes, p.end
	p.mu.Unlock()
	for _, m := range notes {
		c.note(m)
	}
	switch {
	case end == nil:
	case end.err != nil:
		c.lost(end.err)
	default:
		c.answer(end.m)
	}
	if c.ended.Load() {
		p.link.cancel(p.linkID, "cancelled")
	}
}

func (p *parked) tell(asks []*ask, answers []byte) {
	for _, a := range asks {
		a.answer(wire.Reply("0", wire.Get(answers, a.key())))
	}
}

// more takes a question that the server asks while the call is parked; the retry hears of it.
func (p *parked) more(a *ask) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asks = append(p.asks, a)
}

// answer is the waiter's: the server did not wait for the answers.
func (p *parked) answer(m wire.Message) { p.ended(errandEnd{m: m}) }

// lost is the waiter's.
func (p *parked) lost(err error) { p.ended(errandEnd{err: err}) }

func (p *parked) ended(e errandEnd) {
	p.mu.Lock()
	p.end, p.asks = &e, nil
	p.mu.Unlock()
}

// note is the waiter's: what the retry will be told.
func (p *parked) note(m wire.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.notes) < notesMax {
		p.notes = append(p.notes, m)
	}
}

// stop ends a parked call: the server is told, and its questions are refused.
func (p *parked) stop(why error) {
	p.mu.Lock()
	over, asks := p.over, p.asks
	p.over, p.asks = true, nil
	p.mu.Unlock()
	if over {
		return
	}
	for _, a := range asks {
		a.refuse(wire.InternalError, why.Error())
	}
	if p.link != nil {
		p.link.cancel(p.linkID, why.Error())
	}
	if p.turn != nil {
		p.turn()
	}
}

// add parks p under a handle of chance, unless its caller has too many.
func (k *parking) add(p *parked, b *Bridge) bool {
	p.handle, p.expires = b.random(), b.now().Add(parkedFor)
	k.mu.Lock()
	defer k.mu.Unlock()
	mine := 0
	for _, other := range k.by {
		if other.caller.Grant == p.caller.Grant {
			mine++
		}
	}
	if mine >= parkedMax {
		return false
	}
	if k.by == nil {
		k.by = map[string]*parked{}
	}
	k.by[p.handle] = p
	return true
}

func (k *parking) drop(p *parked) {
	k.mu.Lock()
	delete(k.by, p.handle)
	k.mu.Unlock()
}

// find is the parked call that a retry is for; nil when its requestState is none of the bridge's. A handle alone allows
// nothing: caller, server and request must be the same, else it is an error and changes nothing.
func (k *parking) find(c *call) (*parked, *wire.Error) {
	state, ok := wire.String(wire.Get(c.m.Params(), "requestState"))
	if !ok {
		return nil, nil
	}
	k.mu.Lock()
	p := k.by[state]
	k.mu.Unlock()
	if p == nil {
		return nil, nil
	}
	who := c.session.owner()
	if !same(p.caller, who) || p.server != c.session.target || p.digest != requestDigest(c.m) {
		return nil, errBadState
	}
	return p, nil
}

// end stops the parked calls that are such.
func (k *parking) end(why error, such func(*parked) bool) {
	k.mu.Lock()
	var ended []*parked
	for handle, p := range k.by {
		if such(p) {
			delete(k.by, handle)
			ended = append(ended, p)
		}
	}
	k.mu.Unlock()
	for _, p := range ended {
		p.stop(why)
	}
}

func (p *parked) expired(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return now.After(p.expires)
}

// replace puts one waiter in another's place; false when that one waits no more.
func (l *link) replace(id uint64, old, now waiter) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting[id] != old {
		return false
	}
	l.waiting[id] = now
	return true
}

// requestDigest tells one request from another by what it means: method and params without metadata and without
// what only a retry carries. White space and the order of keys mean nothing.
func requestDigest(m wire.Message) string {
	var params any
	d := json.NewDecoder(strings.NewReader(string(wire.Without(m.Params(), "_meta", "inputResponses", "requestState"))))
	d.UseNumber()
	_ = d.Decode(&params)
	canonical, _ := json.Marshal(params)
	sum := sha256.Sum256(append([]byte(m.Method()+"\n"), canonical...))
	return hex.EncodeToString(sum[:])
}

// fits reports whether an answer has the shape that the question wants.
func fits(method string, answer []byte) bool {
	switch method {
	case "elicitation/create":
		_, ok := wire.String(wire.Get(answer, "action"))
		return ok
	case "sampling/createMessage":
		return wire.Get(answer, "content") != nil
	case "roots/list":
		roots := wire.Get(answer, "roots")
		return len(roots) > 0 && roots[0] == '['
	}
	return len(answer) > 0 && answer[0] == '{'
}

// declares reports whether a client's capabilities cover requests of that method.
func declares(capabilities []byte, method string) bool {
	name := era.Capability(method)
	return name == "" || wire.Get(capabilities, name) != nil
}
