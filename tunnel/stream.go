package tunnel

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Sizes of what a stream reads ahead: it begins small, for the many that are idle, and grows while it fills.
const (
	leastAhead = 4 << 10
	mostAhead  = 32 << 10
)

// stream gives deadlines to a connection that has none, as those that x/crypto/ssh forwards have none. It also
// never waits in Close, which x/crypto/ssh does while its session is stuck.
type stream struct {
	under net.Conn
	wg    *sync.WaitGroup // waits for the stream's goroutines, which end with under

	chunks chan []byte   // without room: what pump has read; closed after failure is set
	taken  chan struct{} // capacity 1: the last chunk has been used up, pump may overwrite it
	done   chan struct{} // closed by Close
	once   sync.Once

	failure error // why there are no more chunks

	reading sync.Mutex // held by Read; guards the field below
	rest    []byte     // of the last chunk

	writing sync.Mutex // held by Write

	readBy  readDeadline
	writeBy writeDeadline
}

// newStream takes over a connection.
func newStream(under net.Conn, wg *sync.WaitGroup) *stream {
	s := &stream{under: under, wg: wg, chunks: make(chan []byte), taken: make(chan struct{}, 1), done: make(chan struct{})}
	s.readBy.passed = make(chan struct{})
	s.writeBy.cut = s.hangUp
	wg.Go(s.pump)
	return s
}

// pump reads ahead by one chunk, until under ends or nobody listens any more.
func (s *stream) pump() {
	defer close(s.chunks)
	for b := make([]byte, leastAhead); ; {
		n, err := s.under.Read(b)
		if n > 0 {
			select {
			case s.chunks <- b[:n]:
			case <-s.done:
				return
			}
			select {
			case <-s.taken:
			case <-s.done:
				return
			}
		}
		if err != nil {
			s.failure = err
			return
		}
		if n == len(b) && n < mostAhead {
			b = make([]byte, 2*n)
		}
	}
}

// Read waits for bytes, the end, the deadline or Close.
func (s *stream) Read(p []byte) (int, error) {
	s.reading.Lock()
	defer s.reading.Unlock()
	late := s.readBy.wait()
	if isClosed(late) {
		return 0, os.ErrDeadlineExceeded
	}
	if len(s.rest) == 0 {
		if len(p) == 0 {
			return 0, nil
		}
		select {
		case chunk, ok := <-s.chunks:
			if !ok {
				return 0, s.ended()
			}
			s.rest = chunk
		case <-late:
			return 0, os.ErrDeadlineExceeded
		case <-s.done:
			return 0, net.ErrClosed
		}
	}
	n := copy(p, s.rest)
	if s.rest = s.rest[n:]; len(s.rest) == 0 {
		s.taken <- struct{}{}
	}
	return n, nil
}

// ended is the error after the last chunk.
func (s *stream) ended() error {
	switch {
	case isClosed(s.done):
		return net.ErrClosed
	case s.failure == nil:
		return io.EOF
	}
	return s.failure
}

// Write writes all of p. A deadline that passes meanwhile ends the stream: how much has been written is not known
// then, so nothing could follow it.
func (s *stream) Write(p []byte) (int, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if isClosed(s.done) {
		return 0, net.ErrClosed
	}
	if !s.writeBy.begin() {
		return 0, os.ErrDeadlineExceeded
	}
	n, err := s.under.Write(p)
	switch late := s.writeBy.end(); {
	case late:
		err = os.ErrDeadlineExceeded
	case err != nil && isClosed(s.done):
		err = net.ErrClosed
	}
	return n, err
}

// Close ends the stream at once; the other side is told as soon as it can be.
func (s *stream) Close() error {
	s.once.Do(func() {
		close(s.done)
		s.writeBy.set(time.Time{})
		s.readBy.set(time.Time{})
		s.hangUp()
	})
	return nil
}

// hangUp closes what is under, which may wait for a stuck session.
func (s *stream) hangUp() { s.wg.Go(func() { _ = s.under.Close() }) }

func (s *stream) LocalAddr() net.Addr  { return s.under.LocalAddr() }
func (s *stream) RemoteAddr() net.Addr { return s.under.RemoteAddr() }

func (s *stream) SetDeadline(t time.Time) error {
	return errors.Join(s.SetReadDeadline(t), s.SetWriteDeadline(t))
}

func (s *stream) SetReadDeadline(t time.Time) error {
	if isClosed(s.done) {
		return net.ErrClosed
	}
	s.readBy.set(t)
	return nil
}

func (s *stream) SetWriteDeadline(t time.Time) error {
	if isClosed(s.done) {
		return net.ErrClosed
	}
	s.writeBy.set(t)
	return nil
}

// readDeadline wakes whoever waits when its time has come.
type readDeadline struct {
	mu     sync.Mutex // guards the fields below
	timer  *time.Timer
	passed chan struct{} // closed when the time has come, and then replaced by the next set
}

// wait returns a channel that is closed when the time has come. A deadline that is set later holds for it too.
func (d *readDeadline) wait() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.passed
}

// set moves the deadline; zero is never.
func (d *readDeadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil && !d.timer.Stop() {
		<-d.passed // the timer has fired, or is about to
	}
	d.timer = nil
	if isClosed(d.passed) {
		d.passed = make(chan struct{})
	}
	if t.IsZero() {
		return
	}
	passed := d.passed
	if wait := time.Until(t); wait > 0 {
		d.timer = time.AfterFunc(wait, func() { close(passed) })
		return
	}
	close(passed)
}

// writeDeadline cuts the write that is under way when its time has come.
type writeDeadline struct {
	cut func() // ends the write; called once

	mu    sync.Mutex // guards the fields below
	turn  int        // of set; a timer of an earlier one does nothing
	timer *time.Timer
	late  bool // the time has come
	busy  bool // a write is under way
	gone  bool // cut has been called
}

// begin reports whether a write may begin. end must follow.
func (d *writeDeadline) begin() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.busy = !d.late && !d.gone
	return d.busy
}

// end reports whether the write was cut.
func (d *writeDeadline) end() (cut bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.busy = false
	return d.gone
}

// set moves the deadline; zero is never.
func (d *writeDeadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.turn++
	turn := d.turn
	if d.timer != nil {
		d.timer.Stop()
	}
	d.late = false
	if t.IsZero() {
		return
	}
	d.timer = time.AfterFunc(time.Until(t), func() { d.pass(turn) })
}

func (d *writeDeadline) pass(turn int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if turn != d.turn {
		return
	}
	d.late = true
	if d.busy && !d.gone {
		d.gone = true
		d.cut()
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
