package bridge

import (
	"bytes"
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

// parked is a server's call whose agent has been asked for input. It is the waiter of that call below.
type parked struct {
	handle string
	number uint64 // of the call that waits for the agent, as the owner knows it; guarded by parking.mu
	caller *caller.Caller
	server *server
	digest string // of the request that was parked
	able   []byte // the client's capabilities, as it said with that request
	link   *link  // nil when the retry is a new call: the server has ended its own
	linkID uint64
	urls   []wire.Member // what was asked, where link is nil

	mu      sync.Mutex // guards the fields below
	hold    hold       // of the process
	asks    []*ask     // not yet answered
	notes   []wire.Message
	end     *errandEnd // what the process answered meanwhile
	expires time.Time
	over    bool
	next    *call // the retry that has taken the call over; nil before, and where nobody has
	poured  bool  // next has been told what came before it, and hears the rest itself
}

// ask takes a question of the server's that belongs to this call of a modern client.
func (c *call) ask(a *ask) {
	if !mayAsk(c.m.Method()) {
		a.refuse(wire.InternalError, "nobody can be asked in the middle of "+c.m.Method())
		return
	}
	if ok, missing := a.fitsClient(c.m.ClientCapabilities()); !ok {
		if missing != nil {
			c.fail(missing)
		}
		return
	}
	c.mu.Lock()
	over, full := c.over, len(c.asking) >= c.session.b.limits.Asks
	if !over && !full {
		c.asking = append(c.asking, a)
	}
	first := len(c.asking) == 1
	c.mu.Unlock()
	switch {
	case over:
		a.refuse(wire.InternalError, callEnded)
	case full:
		a.refuse(wire.InternalError, "too many questions at once")
	case first:
		if !c.session.work.start(c.gather) {
			c.park() // which refuses: with the session the call has ended
		}
	}
}

// fitsClient refuses a question that a modern client with those capabilities cannot be asked. What it could with another
// capability ends the call with the error missing.
func (a *ask) fitsClient(capabilities []byte) (ok bool, missing *wire.Error) {
	switch {
	case era.Capability(a.m.Method()) == "":
		a.refuse(wire.MethodNotFound, "the agent's client does not know "+a.m.Method())
		return false, nil
	case !era.Declares(capabilities, a.m):
		a.refuse(wire.MethodNotFound, "the agent's client does not support "+a.m.Method())
		return false, era.MissingCapability(a.m)
	}
	return true, nil
}

const callEnded = "the call that this belongs to has ended"

// gather parks the call when the questions of one moment are together.
func (c *call) gather() {
	select {
	case <-time.After(gatherFor):
	case <-c.session.ctx.Done():
	}
	c.park()
}

// park ends the agent's request with input_required and keeps the server's call.
func (c *call) park() {
	b := c.session.b
	c.mu.Lock()
	p := &parked{
		number: c.info.ID, caller: c.session.owner(), server: c.session.target, digest: requestDigest(c.m), able: bytes.Clone(c.m.ClientCapabilities()),
		link: c.link, linkID: c.linkID, hold: c.hold, asks: c.asking,
	}
	c.asking, c.hold = nil, hold{}
	c.mu.Unlock()
	if !b.parking.add(p, b) {
		p.refuse("too many calls of this agent wait for its answers")
		c.take(p.hold)
		return
	}
	if !p.link.replace(p.linkID, c, p) { // it has been answered, or given up
		b.parking.drop(p)
		p.refuse(callEnded)
		p.hold.letGo()
		return
	}
	if !c.finish(p.required(c.m.ID()), Outcome{Result: InputRequired}) {
		b.parking.drop(p)
		p.stop(errCancelled)
	}
}

// refuse refuses all that is open.
func (p *parked) refuse(why string) {
	p.mu.Lock()
	asks := p.asks
	p.asks = nil
	p.mu.Unlock()
	for _, a := range asks {
		a.refuse(wire.InternalError, why)
	}
}

// required is the answer that asks for all that is open.
func (p *parked) required(id wire.ID) wire.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	requests := p.urls
	for _, a := range p.asks {
		if !a.settled() {
			requests = append(requests, wire.Member{Key: a.key(), Value: era.InputRequest(a.m)})
		}
	}
	return wire.Reply(id, era.InputRequired(requests, p.handle))
}

// key is what a question is called in inputRequests: the server's id as text. A text that another id could be
// read as keeps its quotes.
func (a *ask) key() string {
	id := string(a.m.ID())
	text, ok := wire.String([]byte(id))
	digits := strings.TrimPrefix(text, "-")
	number := digits != "" && strings.Trim(digits, "0123456789") == ""
	if !ok || number || strings.HasPrefix(text, `"`) {
		return id
	}
	return text
}

// resume gives the answers of a retry to the server. With all of them the retry takes the call over; else it
// asks again.
func (p *parked) resume(c *call) {
	answers := wire.Get(c.m.Params(), "inputResponses")
	done, all, ok := p.sort(answers, c)
	park := &c.session.b.parking
	switch {
	case !ok:
		c.refuse(errBadState, errBadState)
	case !all:
		p.tell(done, answers)
		park.again(p, c)
		c.finish(p.required(c.m.ID()), Outcome{Result: InputRequired})
	case p.link == nil:
		park.drop(p)
		p.tell(done, answers)
		c.retry = true
		c.forwardAnew()
	default:
		park.drop(p)
		p.handOver(c)
		p.tell(done, answers)
	}
}

// sort finds the open questions that answers fits. With all of them answered the call becomes c's: only the
// first retry gets there. It reports false when the call is over, or another's already.
func (p *parked) sort(answers []byte, c *call) (done []*ask, all, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return nil, false, false
	}
	var open []*ask
	for _, a := range p.asks {
		switch {
		case a.settled():
		case fits(a.m.Method(), wire.Get(answers, a.key())):
			done = append(done, a)
		default:
			open = append(open, a)
		}
	}
	all = len(open) == 0
	for _, u := range p.urls {
		all = all && fits("elicitation/create", wire.Get(answers, u.Key))
	}
	p.asks = open
	p.expires = c.session.b.now().Add(parkedFor)
	if all {
		p.over, p.next = true, c
	}
	return done, all, true
}

// handOver makes c the waiter of the server's call, with what came in the meantime.
func (p *parked) handOver(c *call) {
	c.mu.Lock()
	c.linkID = p.linkID
	c.mu.Unlock()
	if c.take(p.hold) {
		p.pour(c)
		p.link.replace(p.linkID, p, c)
	}
	if c.ended.Load() {
		p.link.cancel(p.linkID, "cancelled")
	}
}

// pour tells c what p has heard. From then on p passes on what it still hears.
func (p *parked) pour(c *call) {
	for {
		p.mu.Lock()
		notes, end := p.notes, p.end
		p.notes = nil
		p.poured = len(notes) == 0
		p.mu.Unlock()
		for _, m := range notes {
			c.note(m)
		}
		if len(notes) > 0 {
			continue
		}
		if end != nil {
			end.to(c)
		}
		return
	}
}

func (p *parked) tell(asks []*ask, answers []byte) {
	for _, a := range asks {
		a.answer(wire.Reply("0", wire.Get(answers, a.key())))
	}
}

// ask takes a question that the server asks while the call is parked; the retry hears of it.
func (p *parked) ask(a *ask) {
	if ok, missing := a.fitsClient(p.able); !ok {
		if missing != nil {
			p.lost(missing)
			p.link.cancel(p.linkID, missing.Message)
		}
		return
	}
	p.mu.Lock()
	next, over, full := p.next, p.over, len(p.asks) >= p.server.b.limits.Asks
	if !over && !full {
		p.asks = append(p.asks, a)
	}
	p.mu.Unlock()
	switch {
	case next != nil:
		next.ask(a)
	case over:
		a.refuse(wire.InternalError, callEnded)
	case full:
		a.refuse(wire.InternalError, "too many questions at once")
	}
}

// answer is the waiter's: the server did not wait for the answers.
func (p *parked) answer(m wire.Message) { p.ended(errandEnd{m: m}) }

// lost is the waiter's.
func (p *parked) lost(err error) { p.ended(errandEnd{err: err}) }

// ended takes the end of the server's call. What it still asks is nobody's any more.
func (p *parked) ended(e errandEnd) {
	p.mu.Lock()
	next := p.next
	if !p.poured {
		p.end, next = &e, nil
	}
	p.mu.Unlock()
	if next != nil {
		e.to(next)
		return
	}
	p.refuse(callEnded)
}

// to gives what a process answered to the call.
func (e errandEnd) to(c *call) {
	if e.err != nil {
		c.lost(e.err)
		return
	}
	c.answer(e.m)
}

// note is the waiter's: what the retry will be told.
func (p *parked) note(m wire.Message) {
	p.mu.Lock()
	next := p.next
	if !p.poured {
		next = nil
		if len(p.notes) < notesMax {
			p.notes = append(p.notes, m)
		}
	}
	p.mu.Unlock()
	if next != nil {
		next.note(m)
	}
}

// stop ends a parked call: the server is told, and its questions are refused.
func (p *parked) stop(why error) {
	p.mu.Lock()
	over, h := p.over, p.hold
	p.over = true
	p.mu.Unlock()
	if over {
		return
	}
	p.refuse(why.Error())
	if p.link != nil {
		p.link.cancel(p.linkID, why.Error())
	}
	h.letGo()
}

// replace puts one waiter in another's place; false when that one waits no more.
func (l *link) replace(id uint64, old, now waiter) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting[id] != old {
		return false
	}
	l.waiting[id] = now
	l.wake()
	return true
}
