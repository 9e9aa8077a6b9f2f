package tunnel

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pires/go-proxyproto"
)

// header is a PROXY header of version 2.
func header(t testing.TB, from string) []byte {
	t.Helper()
	src, err := net.ResolveTCPAddr("tcp", from)
	if err != nil {
		t.Fatal(err)
	}
	text, err := proxyproto.HeaderProxyFromAddrs(2, src, &net.TCPAddr{IP: src.IP, Port: 443}).Format()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// once is a listener that has these connections and then ends.
type once struct{ conns chan net.Conn }

func listening(conns ...net.Conn) once {
	l := once{make(chan net.Conn, len(conns))}
	for _, c := range conns {
		l.conns <- c
	}
	close(l.conns)
	return l
}

func (l once) Accept() (net.Conn, error) {
	c, ok := <-l.conns
	if !ok {
		return nil, io.EOF
	}
	return c, nil
}
func (l once) Close() error   { return nil }
func (l once) Addr() net.Addr { return &net.TCPAddr{} }

// proxied makes a visit ready where a relay says who it is.
func proxied(v *visit) (net.Conn, error) { return v, readProxy(v) }

func TestProxyHeader(t *testing.T) {
	local := append([]byte("\r\n\r\n\x00\r\nQUIT\n"), 0x20, 0, 0, 0)
	for name, c := range map[string]struct {
		head []byte
		want string // the visitor's address; "" is that it is refused
	}{
		"IPv4":      {header(t, "198.51.100.7:1234"), "198.51.100.7:1234"},
		"IPv6":      {header(t, "[2001:db8::7]:1234"), "[2001:db8::7]:1234"},
		"the relay": {local, "pipe"},
		"version 1": {[]byte("PROXY TCP4 198.51.100.7 192.0.2.1 1234 443\r\n"), ""},
		"none":      {[]byte("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 and more"), ""},
		"damaged":   {append([]byte("\r\n\r\n\x00\r\nQUIT\n"), 0x21, 0x11, 0xff, 0xff), ""},
	} {
		t.Run(name, func(t *testing.T) {
			near, far := net.Pipe()
			q := newQueue()
			defer q.Close()
			defer far.Close()
			go func() { _, _ = far.Write(append(bytes.Clone(c.head), "hello"...)) }()
			_ = q.serve(listening(near), proxied)
			got := make(chan net.Conn, 1)
			go func() {
				if v, err := q.Accept(); err == nil {
					got <- v
				}
			}()
			if c.want == "" {
				if _, err := far.Read(make([]byte, 1)); err != io.EOF {
					t.Errorf("not refused: %v", err)
				}
				return
			}
			v := <-got
			b := make([]byte, 5)
			if _, err := io.ReadFull(v, b); err != nil || string(b) != "hello" || v.RemoteAddr().String() != c.want {
				t.Errorf("%s says %q, %v; want %s", v.RemoteAddr(), b, err, c.want)
			}
		})
	}
}

// TestHalfHeader: who sends half a header, or nothing, is cut off; others come in meanwhile.
func TestHalfHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		silent, farSilent := net.Pipe()
		half, farHalf := net.Pipe()
		good, farGood := net.Pipe()
		head := header(t, "198.51.100.7:1234")
		go func() { _, _ = farHalf.Write(head[:20]) }()
		go func() { _, _ = farGood.Write(append(head, 'x')) }()
		began := time.Now()
		_ = q.serve(listening(silent, half, good), proxied)
		v, err := q.Accept()
		if err != nil || time.Since(began) != 0 {
			t.Fatalf("the good one waited %v: %v", time.Since(began), err)
		}
		for _, far := range []net.Conn{farSilent, farHalf} {
			if _, err := far.Read(make([]byte, 1)); err != io.EOF || time.Since(began) != greeting {
				t.Errorf("%v after %v, want the end after %v", err, time.Since(began), greeting)
			}
		}
		_ = v.SetReadDeadline(time.Now().Add(time.Hour))
		if _, err := io.ReadFull(v, make([]byte, 2)); !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("the greeting's deadline holds on: %v", err)
		}
		if n := q.visitors(); n != 1 {
			t.Errorf("%d visitors, want 1", n)
		}
		_ = q.Close()
		_ = farGood.Close()
	})
}

// FuzzProxyHeader: whatever a relay sends, a visitor is refused or every byte behind the header is read.
func FuzzProxyHeader(f *testing.F) {
	f.Add(header(f, "198.51.100.7:1234"), []byte("hello"))
	f.Add(header(f, "[2001:db8::7]:1"), []byte{})
	f.Add([]byte("PROXY UNKNOWN\r\n"), []byte("x"))
	f.Add([]byte("\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x03\x04\x00\x00"), []byte("x"))
	f.Fuzz(func(t *testing.T, head, rest []byte) {
		q := newQueue()
		v := &visit{Conn: &replay{Reader: bytes.NewReader(append(bytes.Clone(head), rest...))}, queue: q}
		if readProxy(v) != nil {
			return
		}
		got, err := io.ReadAll(v)
		if err != nil || !bytes.HasSuffix(append(bytes.Clone(head), rest...), got) {
			t.Errorf("%q, %v", got, err)
		}
		peer(v)
	})
}

// replay is a connection on which these bytes come in.
type replay struct {
	net.Conn
	*bytes.Reader
}

func (r *replay) Read(p []byte) (int, error) { return r.Reader.Read(p) }
func (r *replay) RemoteAddr() net.Addr       { return &net.TCPAddr{} }
