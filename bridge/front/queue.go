package front

import (
	"sync"

	"drawbridge/internal/wire"
)

const (
	// queueMost is how many messages wait in one queue at most; bytes are bounded by its share.
	queueMost = 1024
	// What the reader has taken is kept up to these bounds, where it is kept at all.
	keepMost, keepBytes = 64, 16 << 10
)

// item is one message on its way to an agent.
type item struct {
	data []byte // nil: the request ends without an answer
	code int    // of the JSON-RPC error that data is; 0 for everything else
	last bool   // nothing follows
}

// good reports whether an item that is the last is an answer and no error.
func (it item) good() bool { return it.code == 0 && it.data != nil }

// state is how a queue is.
type state uint8

const (
	taking   state = iota
	complete       // the last item is in
	slow           // the reader did not keep up; a new reader opens the queue again
	void           // nobody will read: what comes is dropped, as if it had been sent
	shut           // nobody will read, and senders are told
	replaced       // never a queue's own: to this reader, because another has come
)

// queue holds messages until the connection of an agent takes them, and is the Sink of one request. Sending never blocks.
//
// It has one reader at a time: who called attach last, at first newQueue's caller.
type queue struct {
	share *share
	own   share // where share points for a queue that has one to itself
	keep  bool  // taken items stay for a reader that comes again

	mu sync.Mutex // guards the fields below
	// wake tells the reader to look again. Capacity 1: one token says it. The next attach closes it.
	wake  chan struct{}
	items []item
	first uint64 // the number of items[0]; the first of all is 1
	read  int    // how many of items the reader has taken
	kept  int    // bytes of items[:read]
	bytes int    // of items
	state state
	room  chan struct{} // closed when much has been waiting and does not any more; nil while nobody asks
	one   [1]item       // room for the usual: one answer
}

// newQueue returns a queue with a share of its own.
func newQueue(m *memory) *queue {
	q := &queue{wake: make(chan struct{}, 1), first: 1}
	q.own.of = m
	q.share = &q.own
	q.items = q.one[:0]
	return q
}

// newKeeper returns a queue that keeps what is taken, for resume. It charges s.
func newKeeper(s *share) *queue {
	q := &queue{share: s, wake: make(chan struct{}, 1), first: 1, keep: true}
	q.items = q.one[:0]
	return q
}

// Send implements Sink.
func (q *queue) Send(m wire.Message, last bool) bool {
	it := item{data: m.Bytes(), last: last}
	if m.Kind() == wire.Failure {
		if it.code = m.ErrorCode(); it.code == 0 {
			it.code = wire.InternalError
		}
	}
	return q.put(it, m.Kind() == wire.Request)
}

// put queues it, or reports that nobody will get it. asks says that it wants an answer.
func (q *queue) put(it item, asks bool) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch q.state {
	case taking:
	case void:
		return !asks
	default:
		return false
	}
	if !q.admit(it) {
		q.become(slow)
		return false
	}
	q.add(it)
	return true
}

// enter is put for what has been charged already. It finds room in any case.
func (q *queue) enter(it item) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.state != taking {
		q.share.give(len(it.data))
		return q.state == void
	}
	q.add(it)
	return true
}

// add appends what has been charged.
func (q *queue) add(it item) {
	q.items = append(q.items, it)
	q.bytes += len(it.data)
	if it.last {
		q.state = complete
	}
	q.signal()
}

// become is the end of taking.
func (q *queue) become(s state) {
	q.state = s
	q.signal()
	q.release()
}

// admit makes room for it. What was kept goes first; an answer displaces even what waits before it.
func (q *queue) admit(it item) bool {
	fits := func() bool { return len(q.items)-q.read < queueMost && q.share.take(len(it.data)) }
	if fits() {
		return true
	}
	q.forget(q.read)
	if it.last {
		q.forget(len(q.items))
	}
	return fits()
}

// forget drops the first n items.
func (q *queue) forget(n int) {
	bytes := 0
	for i, it := range q.items[:n] {
		bytes += len(it.data)
		if i < q.read {
			q.kept -= len(it.data)
		}
	}
	q.share.give(bytes)
	q.bytes -= bytes
	rest := copy(q.items, q.items[n:])
	clear(q.items[rest:])
	q.items, q.first, q.read = q.items[:rest], q.first+uint64(n), max(q.read-n, 0)
	q.release()
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// attach makes the caller the reader and returns what wakes it, and the number of the item that was taken last. The
// reader before finds its channel closed.
func (q *queue) attach() (wake <-chan struct{}, number uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.relieve(), q.first + uint64(q.read) - 1
}

// resume is attach for a reader that wants what comes after that number, or the oldest that is left of it. It reports
// whether there is something or may still come; if not, nothing changes.
func (q *queue) resume(number uint64) (wake <-chan struct{}, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	end := q.first + uint64(len(q.items))
	if number >= end || number+1 == end && q.state != taking && q.state != slow {
		return nil, false
	}
	q.read, q.kept = 0, 0
	for ; q.first+uint64(q.read) <= number; q.read++ {
		q.kept += len(q.items[q.read].data)
	}
	return q.relieve(), true
}

// relieve ends the reader there is.
func (q *queue) relieve() <-chan struct{} {
	close(q.wake)
	q.wake = make(chan struct{}, 1)
	if q.state == slow {
		q.state = taking
	}
	return q.wake
}

// reads reports whether the reader with that wake is still the one.
func (q *queue) reads(wake <-chan struct{}) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return wake == q.wake
}

// take appends what waits to into and returns it with the number of its first item. For a reader that is not
// attached any more there is nothing, and the state is replaced.
func (q *queue) take(wake <-chan struct{}, into []item) ([]item, uint64, state) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if wake != q.wake {
		return into, 0, replaced
	}
	number := q.first + uint64(q.read)
	into = append(into, q.items[q.read:]...)
	if !q.keep {
		q.forget(len(q.items))
		return into, number, q.state
	}
	for ; q.read < len(q.items); q.read++ {
		q.kept += len(q.items[q.read].data)
	}
	for q.read > keepMost || q.kept > keepBytes {
		q.forget(max(1, q.read-keepMost))
	}
	return into, number, q.state
}

// close drops everything; what comes later is dropped as s, void or shut, says.
func (q *queue) close(s state) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.forget(len(q.items))
	q.become(s)
}

// line is a Sink that many requests share: a socket or an event stream. An answer does not end it.
type line struct{ *queue }

// Attended implements Attended: the session on a line does not outlive its connection.
func (l line) Attended() bool { return true }

// Send implements Sink.
func (l line) Send(m wire.Message, last bool) bool {
	switch {
	case m.Kind() == wire.Invalid:
		return true
	case last:
		return l.enter(item{data: l.share.charged(m)})
	}
	return l.put(item{data: m.Bytes()}, m.Kind() == wire.Request)
}
