package ship

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// Stream is syslog over a connection, with or without TLS ([RFC 5425]). There is one connection a burst: its collector says that it
// has read all by ending the connection in its turn, and syslog has no other way to say so.
//
// [RFC 5425]: https://www.rfc-editor.org/rfc/rfc5425
type Stream struct {
	Origin Origin
	// Dial connects. A *tls.Conn has shaken hands.
	Dial func(ctx context.Context) (net.Conn, error) // required

	conn net.Conn // nil when there is none
	out  []byte
}

// Send implements Sender.
func (s *Stream) Send(ctx context.Context, batch []Record) (err error) {
	ctx, cancel := context.WithTimeout(ctx, sendFor)
	defer cancel()
	if s.conn == nil {
		if s.conn, err = s.Dial(ctx); err != nil {
			s.conn = nil
			return err
		}
	}
	s.out = s.out[:0]
	for _, r := range batch {
		s.out = s.Origin.appendCounted(s.out, r)
	}
	defer cutOff(ctx, s.conn)()
	if _, err := s.conn.Write(s.out); err != nil {
		s.drop()
		return because(ctx, err)
	}
	if cap(s.out) > 1<<20 {
		s.out = nil
	}
	return nil
}

// Confirm implements Sender. It ends the connection, and waits until the collector has as well.
func (s *Stream) Confirm(ctx context.Context) error {
	if s.conn == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, sendFor)
	defer cancel()
	defer s.drop()
	defer cutOff(ctx, s.conn)()
	if err := closeWrite(s.conn); err != nil {
		return because(ctx, err)
	}
	n, err := io.Copy(io.Discard, io.LimitReader(s.conn, chatter))
	switch {
	case n == chatter:
		return errors.New("it is no syslog collector: it talks")
	case err == nil, errors.Is(err, io.ErrUnexpectedEOF): // the end of TLS need not be said
		return nil
	}
	return fmt.Errorf("the collector did not take what was sent: %w", because(ctx, err))
}

// chatter is what a collector, which says nothing, may say.
const chatter = 64 << 10

func (s *Stream) drop() {
	_ = s.conn.Close() // what was not confirmed is sent again
	s.conn = nil
}

// closeWrite says that nothing more comes.
func closeWrite(c net.Conn) error {
	if t, ok := c.(*tls.Conn); ok {
		if err := t.CloseWrite(); err != nil {
			return err
		}
		c = t.NetConn()
	}
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// cutOff has reads and writes on c end with ctx, until the function that it returns is called.
func cutOff(ctx context.Context, c net.Conn) func() bool {
	return context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
}

// because is why ctx ended where it has, else err.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("it took longer than " + sendFor.String())
	}
	return err
}

// Datagrams is syslog a datagram a record: by UDP or to a Unix socket, and so for collectors on this machine. What is longer
// than a datagram is cut.
type Datagrams struct {
	Origin Origin
	Dial   func(ctx context.Context) (net.Conn, error) // required

	conn net.Conn // nil when there is none
}

// maxDatagram is what UDP takes for certain.
const maxDatagram = 60 << 10

// Send implements Sender.
func (d *Datagrams) Send(ctx context.Context, batch []Record) (err error) {
	if d.conn == nil {
		if d.conn, err = d.Dial(ctx); err != nil {
			d.conn = nil
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, sendFor)
	defer cancel()
	defer cutOff(ctx, d.conn)()
	var out []byte
	for _, r := range batch {
		out = d.Origin.appendSyslog(out[:0], r, maxDatagram)
		if _, err := d.conn.Write(out); err != nil {
			_ = d.conn.Close()
			d.conn = nil
			return because(ctx, err)
		}
	}
	return nil
}

// Confirm implements Sender. Datagrams are confirmed by nobody.
func (d *Datagrams) Confirm(context.Context) error {
	if d.conn != nil {
		_ = d.conn.Close()
		d.conn = nil
	}
	return nil
}
