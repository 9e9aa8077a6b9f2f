package front

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"drawbridge/internal/wire"
)

// resumeMost is how many streams of a session wait for their clients to come back.
const resumeMost = 64

// streams are the event streams of one legacy session over Streamable HTTP. It is the session's Out.
//
// Stream 0 is that of GET: it carries what belongs to no request, and lives as long as the session. The
// others answer a POST each, and can be resumed for a while after they lost their connection.
type streams struct {
	share share // for all of them
	alone line

	connected atomic.Int32 // connections that read one of them now

	mu   sync.Mutex // guards the fields below
	last uint64     // number of the latest stream
	open map[uint64]*stream
	left []uint64 // those without a connection, longest without it first
}

// stream is the answer to one POST.
type stream struct {
	*queue
	expiry *time.Timer // nil while there is a connection
}

func newStreams(m *memory) *streams {
	s := &streams{open: map[uint64]*stream{}}
	s.share.of = m
	s.alone = line{newKeeper(&s.share)}
	return s
}

// Send implements Sink for what belongs to no request.
func (s *streams) Send(m wire.Message, last bool) bool { return s.alone.Send(m, last) }

// Attended implements Attended.
func (s *streams) Attended() bool { return s.connected.Load() > 0 }

// begin makes q, a newKeeper, a stream. It has a connection at first.
func (s *streams) begin(q *queue) (number uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	s.open[s.last] = &stream{queue: q}
	return s.last
}

// settle is the end of a connection that had the stream: the one whose reader had that wake, wrote last and saw that.
//
// A stream can be resumed that lost its connection, or whose answer was written, because that may have got lost. Not so
// after an error: there are clients that come back for those although they have them, and would see things twice.
func (s *streams) settle(number uint64, wake <-chan struct{}, last item, saw sight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.open[number]
	switch {
	case st == nil || !st.reads(wake): // another connection has it
	case saw == gone || saw == arrived && last.good():
		s.leave(number, st)
	default:
		s.drop(number)
	}
}

// leave keeps a stream for resumeFor. Those that are too many are forgotten, oldest first.
func (s *streams) leave(number uint64, st *stream) {
	st.expiry = time.AfterFunc(resumeFor, func() { s.forget(number) })
	s.left = append(s.left, number)
	if len(s.left) > resumeMost {
		s.drop(s.left[0])
	}
}

// find returns a stream, nil when there is none.
func (s *streams) find(number uint64) *queue {
	if number == 0 {
		return s.alone.queue
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.open[number]; st != nil {
		return st.queue
	}
	return nil
}

// hold says that a stream has a connection again.
func (s *streams) hold(number uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.open[number]; st != nil && st.expiry != nil {
		st.expiry.Stop()
		st.expiry = nil
		s.left = slices.DeleteFunc(s.left, func(n uint64) bool { return n == number })
	}
}

// forget is drop for a timer.
func (s *streams) forget(number uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(number)
}

// drop forgets a stream. Its call goes on; what it says is lost.
func (s *streams) drop(number uint64) {
	st := s.open[number]
	if st == nil {
		return
	}
	if st.expiry != nil {
		st.expiry.Stop()
	}
	delete(s.open, number)
	s.left = slices.DeleteFunc(s.left, func(n uint64) bool { return n == number })
	st.close(void)
}

// close drops all streams, because the session has ended.
func (s *streams) close() {
	s.alone.close(shut)
	s.mu.Lock()
	defer s.mu.Unlock()
	for number := range s.open {
		s.drop(number)
	}
}
