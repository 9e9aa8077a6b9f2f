package bridge

import (
	"bytes"
	"cmp"
	"sync"
	"sync/atomic"

	"drawbridge/bridge/audit"
	"drawbridge/internal/wire"
)

const (
	payloadsKept  = 1_000    // calls of which that is kept
	payloadBytes  = 32 << 20 // of all of them
	payloadMost   = 8 << 20  // of one
	payloadLeast  = 512      // what is no longer than that a CallInfo has whole
	payloadShown  = 64 << 10 // of the JSON of one
	payloadsClear = 64       // calls that are let go of at once, so that it is seldom done
)

// Payload is what was said in one call: more of it than a CallInfo has.
type Payload struct {
	Arguments string // redacted JSON, cut to 64 KiB; "" where there are none, or they are as short as in the CallInfo
	Answer    string // likewise
	Content   []Content
}

// Said is what was said in the call, of which p is kept whole: what p lacks is as the CallInfo has it.
func (c CallInfo) Said(p Payload) Payload {
	p.Arguments = cmp.Or(p.Arguments, c.Arguments)
	if p.Answer == "" {
		p.Answer, p.Content = c.End.Answer, Contents([]byte(c.End.Answer))
	}
	return p
}

// payloads keeps what was said in the last calls as it came, in memory alone and only while somebody looks: what a picture shows does
// not fit into an event. The zero payloads is ready, and keeps nothing. It is for any number of goroutines.
type payloads struct {
	looked atomic.Bool // as kept is not nil, for those who may not wait for the lock

	mu      sync.Mutex // guards the fields below
	lookers int
	kept    map[uint64]*said // nil while nobody looks
	order   []uint64         // the keys of kept, in the order they came
	size    int
}

// said is what was said in one call.
type said struct {
	arguments, answer []byte
	hides             func(key string) bool // of the arguments
}

// KeepPayloads has what is said in calls from now on be kept whole, until everybody who asked for that has called release, which may be
// called again. It never leaves memory, and is bounded in calls and in bytes.
func (b *Bridge) KeepPayloads() (release func()) {
	b.payloads.look(1)
	return sync.OnceFunc(func() { b.payloads.look(-1) })
}

// look has that many more look; the last one who goes takes with him what is kept.
func (p *payloads) look(more int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lookers += more
	p.looked.Store(p.lookers > 0)
	switch {
	case p.lookers == 0:
		p.kept, p.order, p.size = nil, nil, 0
	case p.kept == nil:
		p.kept = map[uint64]*said{}
	}
}

// Payload is what was said in the call with that id, redacted. It is the zero Payload where nothing more is kept than the CallInfo has.
// It may take a while.
func (b *Bridge) Payload(call uint64) (shown Payload) {
	s := b.payloads.of(call)
	if s.arguments != nil {
		shown.Arguments = string(audit.RedactLong(s.arguments, s.hides, payloadShown))
	}
	if s.answer == nil {
		return shown
	}
	shown.Content = Contents(s.answer)
	if shown.Content == nil {
		shown.Answer = string(audit.RedactLong(s.answer, nil, payloadShown))
	} else { // which has what is long
		shown.Answer = string(audit.Redact(s.answer, nil, payloadShown))
	}
	return shown
}

func (p *payloads) of(call uint64) said {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.kept[call]; s != nil {
		return *s
	}
	return said{}
}

// asked keeps what a call asks for.
func (p *payloads) asked(c *call) {
	if args := c.m.Arguments(); p.wants(args) {
		p.keep(c.info.ID, said{arguments: bytes.Clone(args), hides: c.session.target.tool(c.m.Name()).isSecret})
	}
}

// answered keeps what a call is answered with.
func (p *payloads) answered(c *call, answer wire.Message) {
	raw := answer.Result()
	if answer.Kind() == wire.Failure {
		raw = answer.Err()
	}
	if p.wants(raw) {
		p.keep(c.info.ID, said{answer: bytes.Clone(raw)})
	}
}

// wants reports whether raw is worth keeping.
func (p *payloads) wants(raw []byte) bool {
	return p.looked.Load() && len(raw) > payloadLeast && len(raw) <= payloadMost
}

func (p *payloads) keep(call uint64, more said) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept == nil { // nobody looks any more
		return
	}
	if s := p.kept[call]; s != nil {
		s.answer = more.answer
	} else {
		p.kept[call] = &more
		p.order = append(p.order, call)
	}
	p.size += more.size()
	if p.size > payloadBytes || len(p.order) >= payloadsKept+payloadsClear {
		p.letGo()
	}
}

// letGo drops the oldest until there are no more than are kept. The caller holds mu.
func (p *payloads) letGo() {
	n := 0
	for ; p.size > payloadBytes || len(p.order)-n > payloadsKept; n++ {
		p.size -= p.kept[p.order[n]].size()
		delete(p.kept, p.order[n])
	}
	p.order = append(p.order[:0], p.order[n:]...)
}

func (s *said) size() int { return len(s.arguments) + len(s.answer) }
