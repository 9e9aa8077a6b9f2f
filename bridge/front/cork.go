package front

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// corkMost is how much is held back at most.
const corkMost = 64 << 10

// corked is a connection whose small writes can be held back and sent as one. A peer that does not take what is written
// is given up after a time.
type corked struct {
	net.Conn // nil until hijacked
	ctx      context.Context
	reads    atomic.Uint64 // that returned something

	mu   sync.Mutex // guards the fields below
	held []byte
	hold bool
}

// Read implements net.Conn.
func (c *corked) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.reads.Add(1)
	}
	return n, err
}

// cork holds back what is written from now on.
func (c *corked) cork() {
	c.mu.Lock()
	c.hold = true
	c.mu.Unlock()
}

// uncork sends what was held back.
func (c *corked) uncork() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hold = false
	return c.flush()
}

// Write implements net.Conn.
func (c *corked) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hold && len(c.held)+len(b) <= corkMost {
		c.held = append(c.held, b...)
		return len(b), nil
	}
	if err := c.flush(); err != nil {
		return 0, err
	}
	if err := writePieces(c.ctx, c.Conn, c.Conn, b); err != nil {
		return 0, err
	}
	return len(b), nil
}

func (c *corked) flush() error {
	if len(c.held) == 0 {
		return nil
	}
	err := writePieces(c.ctx, c.Conn, c.Conn, c.held)
	c.held = c.held[:0]
	return err
}

// hijacking is a ResponseWriter whose connection, once hijacked, is conn.
type hijacking struct {
	http.ResponseWriter
	conn *corked
}

// Hijack implements http.Hijacker.
func (h *hijacking) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.conn.Conn = conn
	rw.Writer.Reset(h.conn)
	return h.conn, rw, nil
}
