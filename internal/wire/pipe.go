package wire

import (
	"bytes"
	"errors"
	"io"
	"sync"
)

// errFull is Write's error on a Pipe whose other end does not read.
var errFull = errors.New("write to pipe: the other side does not read")

// What one direction of a Pipe holds at most.
const (
	pipeMessages = 4096
	pipeBytes    = 256 << 20
)

// Pipe is a connection in memory: what is written to one end is read from the other. Up to 4,096
// messages or 256 MiB wait to be read; past that Write fails. Write refuses what Parse does, with
// the same error. After Close at one end, Read at the other returns what was written before and then
// io.EOF; all else returns io.ErrClosedPipe.
func Pipe() (Conn, Conn) {
	a, b := newQueue(), newQueue()
	return &end{in: a, out: b}, &end{in: b, out: a}
}

type end struct{ in, out *queue }

func (e *end) Read() (Message, error) { return e.in.take() }

func (e *end) Write(b []byte) error {
	m, err := Parse(bytes.Clone(b), Limits{})
	if err != nil {
		return err
	}
	return e.out.put(m)
}

func (e *end) Close() error {
	e.in.close(io.ErrClosedPipe)
	e.out.close(io.EOF)
	return nil
}

// queue is one direction of a Pipe.
type queue struct {
	mu      sync.Mutex // guards the fields below
	changed *sync.Cond // there is something to take, or closed is set
	waiting []Message
	size    int   // bytes in waiting
	closed  error // what take returns at last; nil while open
}

func newQueue() *queue {
	q := &queue{}
	q.changed = sync.NewCond(&q.mu)
	return q
}

func (q *queue) put(m Message) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed != nil:
		return io.ErrClosedPipe
	case len(q.waiting) == pipeMessages || q.size+len(m.b) > pipeBytes:
		return errFull
	}
	q.waiting = append(q.waiting, m)
	q.size += len(m.b)
	q.changed.Signal()
	return nil
}

func (q *queue) take() (Message, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) == 0 && q.closed == nil {
		q.changed.Wait()
	}
	if len(q.waiting) == 0 {
		return Message{}, q.closed
	}
	m := q.waiting[0]
	q.waiting[0] = Message{}
	q.waiting = q.waiting[1:]
	q.size -= len(m.b)
	return m, nil
}

// close ends the direction. With io.EOF, the writer's word, what waits can still be taken; with any
// other error, the reader's, it is dropped.
func (q *queue) close(why error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed == nil || why != io.EOF {
		q.closed = why
	}
	if why != io.EOF {
		q.waiting, q.size = nil, 0
	}
	q.changed.Broadcast()
}
