package front

import (
	"sync"

	"drawbridge/internal/wire"
)

// batch gathers the answers to the requests of one JSON-RPC batch and sends them as one array when
// the last has come. Everything else goes out at once. It is the Sink of each of the requests.
//
// See https://modelcontextprotocol.io/specification/2025-03-26/basic#batching
type batch struct {
	out  *queue
	last bool // the array is the last item of out

	mu      sync.Mutex // guards the fields below
	open    int        // requests without an answer
	answers []byte     // an array without its end; charged to the share of out
}

// Send implements Sink.
func (b *batch) Send(m wire.Message, last bool) bool {
	if !last {
		return line{b.out}.Send(m, false)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open--
	b.add(m)
	return b.open > 0 || b.end()
}

// add puts an answer, if there is one, into the array.
func (b *batch) add(m wire.Message) {
	if m.Kind() == wire.Invalid {
		return
	}
	glue := byte(',')
	if b.answers == nil {
		glue = '['
	}
	b.out.share.charge(1)
	b.answers = append(append(b.answers, glue), b.out.share.charged(m)...)
}

// end sends the array. A batch whose requests were all cancelled has none.
func (b *batch) end() bool {
	if b.answers == nil {
		return !b.last || b.out.put(item{last: true}, false)
	}
	b.out.share.charge(1)
	return b.out.enter(item{data: append(b.answers, ']'), last: b.last})
}

// deliver gives a batch to the session, in order. It reports whether there will be an answer on out, as its last item if last is set.
func deliver(s Session, ms []wire.Message, out *queue, last bool) bool {
	b := &batch{out: out, last: last}
	for _, m := range ms {
		if m.Kind() == wire.Request {
			b.open++
		}
	}
	answered := b.open > 0
	for _, m := range ms {
		s.Handle(m, b)
	}
	return answered
}

// parseBatch reads a batch for a session whose revision has them.
func (h *handler) parseBatch(s Session, body []byte) ([]wire.Message, error) {
	if s.Revision() != batchRevision {
		return nil, noBatches()
	}
	ms, err := wire.Batch(body, h.limits)
	if err != nil {
		return nil, err
	}
	for _, m := range ms {
		if m.Method() == "initialize" {
			return nil, &wire.Error{Code: wire.InvalidRequest, Message: "initialize must not be in a batch"}
		}
	}
	return ms, nil
}

func noBatches() *wire.Error {
	return &wire.Error{Code: wire.InvalidRequest, Message: "this protocol revision has no batches; send one message at a time"}
}
