package bridge

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"drawbridge/internal/wire"
)

// handlePrefix tells the bridge's handles from what modern servers put into requestState.
const handlePrefix = "drawbridge:"

var errBadState = &wire.Error{Code: wire.InvalidParams, Message: "unknown, expired or foreign requestState; make the call again without it"}

// parking is the calls that are parked, by handle.
type parking struct {
	mu sync.Mutex // guards the field below
	by map[string]*parked
}

// add parks p under a handle of chance, unless its caller has too many.
func (k *parking) add(p *parked, b *Bridge) bool {
	p.handle, p.expires = handlePrefix+b.random(), b.now().Add(parkedFor)
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
	number := p.number
	k.mu.Unlock()
	p.server.b.asked(number)
}

// again notes that the agent has been asked once more, in the answer to its request c.
func (k *parking) again(p *parked, c *call) {
	k.mu.Lock()
	before := p.number
	p.number = c.number()
	k.mu.Unlock()
	p.server.b.asked(before)
}

// find is the parked call that a retry is for; nil when its requestState is none of the bridge's. A handle
// alone allows nothing: caller, server and request must be the same, else it is an error and changes nothing.
func (k *parking) find(c *call) (*parked, *wire.Error) {
	state, ok := wire.String(wire.Get(c.m.Params(), "requestState"))
	if !ok {
		return nil, nil
	}
	k.mu.Lock()
	p := k.by[state]
	k.mu.Unlock()
	if p == nil && strings.HasPrefix(state, handlePrefix) {
		return nil, errBadState
	}
	if p == nil {
		return nil, nil
	}
	who := c.session.owner()
	if !same(p.caller, who) || p.server != c.session.target || p.digest != requestDigest(c.m) {
		return nil, errBadState
	}
	return p, nil
}

// end stops the parked calls that are such, and returns how many there were.
func (k *parking) end(why error, such func(*parked) bool) int {
	k.mu.Lock()
	var ended []*parked
	var numbers []uint64
	for handle, p := range k.by {
		if such(p) {
			delete(k.by, handle)
			ended, numbers = append(ended, p), append(numbers, p.number)
		}
	}
	k.mu.Unlock()
	for i, p := range ended {
		p.stop(why)
		p.server.b.asked(numbers[i])
	}
	return len(ended)
}

func (p *parked) expired(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return now.After(p.expires)
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
	begins := func(raw []byte, with string) bool { return len(raw) > 0 && strings.IndexByte(with, raw[0]) >= 0 }
	switch method {
	case "elicitation/create":
		action, _ := wire.String(wire.Get(answer, "action"))
		content := wire.Get(answer, "content")
		return slices.Contains([]string{"accept", "decline", "cancel"}, action) && (content == nil || begins(content, "{n"))
	case "sampling/createMessage":
		return begins(wire.Get(answer, "content"), "{[")
	case "roots/list":
		return begins(wire.Get(answer, "roots"), "[")
	}
	return begins(answer, "{")
}
