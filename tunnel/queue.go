package tunnel

import (
	"bufio"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

const (
	// mostVisitors is how many connections an address holds at once. One more is closed at once.
	mostVisitors = 1024
	// greeting is how long a visitor may take until its first request can begin: PROXY header and TLS handshake.
	greeting = 10 * time.Second
	// breath is how long nobody is accepted when the system has no more descriptors.
	breath = 100 * time.Millisecond
)

// queue is the net.Listener of every driver. Connections come from whatever sources serve is called with. Each
// is made ready in a goroutine of its own, so that a visitor who says nothing keeps nobody waiting.
type queue struct {
	ready chan net.Conn  // without room: a connection waits here for Accept, or for Close
	done  chan struct{}  // closed by Close
	wg    sync.WaitGroup // of visits that are being made ready; grows under mu while it is not closed

	mu     sync.Mutex // guards the fields below
	addr   net.Addr   // what Addr returns
	visits map[*visit]struct{}
	closed bool
}

func newQueue() *queue {
	return &queue{ready: make(chan net.Conn), done: make(chan struct{}), visits: map[*visit]struct{}{}, addr: &net.TCPAddr{}}
}

// Accept returns the next connection that is ready, or net.ErrClosed.
func (q *queue) Accept() (net.Conn, error) {
	select {
	case c := <-q.ready:
		return c, nil
	case <-q.done:
		return nil, net.ErrClosed
	}
}

// Close cuts every connection, those that Accept returned too. It does not close the sources. It may be called
// more than once.
func (q *queue) Close() error {
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		close(q.done)
	}
	for v := range q.visits {
		_ = v.Conn.Close()
	}
	clear(q.visits)
	q.mu.Unlock()
	q.wg.Wait()
	return nil
}

// Addr is the local address of a source, for who wants to know the port.
func (q *queue) Addr() net.Addr {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.addr
}

func (q *queue) at(a net.Addr) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.addr = a
}

func (q *queue) visitors() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.visits)
}

// serve takes connections from l until that is closed, and returns why. prepare makes a visit ready; it may take
// until greeting has passed. nil is that there is nothing to prepare.
func (q *queue) serve(l net.Listener, prepare func(*visit) (net.Conn, error)) error {
	for {
		c, err := l.Accept()
		switch {
		case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE), errors.Is(err, syscall.ECONNABORTED):
			select {
			case <-time.After(breath):
				continue
			case <-q.done:
				return net.ErrClosed
			}
		case err != nil:
			return err
		}
		if v := q.admit(c); v == nil {
			_ = c.Close()
		} else {
			go q.receive(v, prepare) // Close waits for it
		}
	}
}

// admit counts a visitor in; nil is that there is no room, or that the queue is closed.
func (q *queue) admit(c net.Conn) *visit {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || len(q.visits) >= mostVisitors {
		return nil
	}
	v := &visit{Conn: c, queue: q}
	q.visits[v] = struct{}{}
	q.wg.Add(1)
	return v
}

// receive makes a visit ready and hands it to Accept.
func (q *queue) receive(v *visit, prepare func(*visit) (net.Conn, error)) {
	defer q.wg.Done()
	var c net.Conn = v
	if prepare != nil {
		err := v.SetDeadline(time.Now().Add(greeting))
		if err == nil {
			c, err = prepare(v)
		}
		if err == nil {
			err = v.SetDeadline(time.Time{})
		}
		if err != nil {
			_ = v.Close()
			return
		}
	}
	select {
	case q.ready <- c:
	case <-q.done:
		_ = v.Close()
	}
}

// visit is one visitor's connection, which its queue can cut.
type visit struct {
	net.Conn
	queue *queue
	from  net.Addr      // who the relay says it is; nil is who Conn says
	ahead *bufio.Reader // over Conn; holds what was read with the PROXY header. nil is nothing
}

func (v *visit) Read(p []byte) (int, error) {
	if v.ahead != nil {
		if v.ahead.Buffered() > 0 {
			return v.ahead.Read(p)
		}
		v.ahead = nil
	}
	return v.Conn.Read(p)
}

// RemoteAddr is the visitor's address, also behind a relay.
func (v *visit) RemoteAddr() net.Addr {
	if v.from != nil {
		return v.from
	}
	return v.Conn.RemoteAddr()
}

func (v *visit) Close() error {
	v.queue.mu.Lock()
	delete(v.queue.visits, v)
	v.queue.mu.Unlock()
	return v.Conn.Close()
}
