package tunnel

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// bare is a connection as x/crypto/ssh gives it: without deadlines.
type bare struct {
	net.Conn
	closing chan struct{} // Close waits until it is closed; nil is not
}

func (b bare) SetDeadline(time.Time) error      { return errors.ErrUnsupported }
func (b bare) SetReadDeadline(time.Time) error  { return errors.ErrUnsupported }
func (b bare) SetWriteDeadline(time.Time) error { return errors.ErrUnsupported }
func (b bare) Close() error {
	if b.closing != nil {
		<-b.closing
	}
	return b.Conn.Close()
}

// streamed is a stream over a pipe without deadlines, and the pipe's other end. All goroutines are gone when t ends.
func streamed(t *testing.T) (*stream, net.Conn) {
	t.Helper()
	a, b := net.Pipe()
	var wg sync.WaitGroup
	s := newStream(bare{Conn: a}, &wg)
	t.Cleanup(func() {
		_ = s.Close()
		_ = b.Close()
		wg.Wait()
	})
	return s, b
}

func TestStreamReadDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, far := streamed(t)
		_ = s.SetReadDeadline(time.Now().Add(time.Second))
		began := time.Now()
		if _, err := s.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		if _, err := s.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the deadline has passed: %v", err)
		}
		_ = s.SetReadDeadline(time.Time{})
		go func() { _, _ = far.Write([]byte("later")) }()
		b := make([]byte, 5)
		if _, err := io.ReadFull(s, b); err != nil || string(b) != "later" {
			t.Errorf("after the deadline was taken away: %q, %v", b, err)
		}
	})
}

// TestStreamWakes: a deadline that is set while somebody reads wakes the reader, as net/http wants it to.
func TestStreamWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := streamed(t)
		read := make(chan error)
		go func() {
			_, err := s.Read(make([]byte, 1))
			read <- err
		}()
		synctest.Wait()
		_ = s.SetReadDeadline(time.Unix(1, 0))
		if err := <-read; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		go func() {
			_, err := s.Read(make([]byte, 1))
			read <- err
		}()
		_ = s.SetReadDeadline(time.Time{})
		_ = s.Close()
		if err := <-read; !errors.Is(err, net.ErrClosed) && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	})
}

func TestStreamWriteDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, far := streamed(t)
		_ = s.SetWriteDeadline(time.Now())
		synctest.Wait()
		if _, err := s.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the deadline has passed: %v", err)
		}
		_ = s.SetWriteDeadline(time.Now().Add(time.Second))
		go func() { _, _ = io.ReadFull(far, make([]byte, 3)) }()
		if _, err := s.Write([]byte("yes")); err != nil {
			t.Errorf("in time: %v", err)
		}
		began := time.Now()
		if _, err := s.Write([]byte("nobody reads this")); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// TestStreamClose: Close does not wait for a stuck session, and who reads or writes is told.
func TestStreamClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		stuck := make(chan struct{})
		var wg sync.WaitGroup
		s := newStream(bare{a, stuck}, &wg)
		errs := make(chan error, 1)
		go func() {
			_, err := s.Read(make([]byte, 1))
			errs <- err
		}()
		synctest.Wait()
		began := time.Now()
		if err := s.Close(); err != nil || time.Since(began) != 0 {
			t.Errorf("Close: %v after %v", err, time.Since(began))
		}
		if err := <-errs; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Read: %v", err)
		}
		if _, err := s.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Write: %v", err)
		}
		if err := s.SetDeadline(time.Now()); !errors.Is(err, net.ErrClosed) {
			t.Errorf("SetDeadline: %v", err)
		}
		close(stuck)
		_ = b.Close()
		wg.Wait()
	})
}

// TestStreamCarries: every byte arrives, in order, however it is cut; then the end.
func TestStreamCarries(t *testing.T) {
	s, far := streamed(t)
	sent := bytes.Repeat([]byte("drawbridge "), 200_000)
	go func() {
		for rest := sent; len(rest) > 0; {
			n := min(len(rest), 1+len(rest)%50_000)
			_, _ = far.Write(rest[:n])
			rest = rest[n:]
		}
		_ = far.Close()
	}()
	got, err := io.ReadAll(s)
	if err != nil || !bytes.Equal(got, sent) {
		t.Errorf("%d of %d bytes, %v", len(got), len(sent), err)
	}
}

// TestStreamCutsSlowHeaders: net/http's limits hold where the connection has no deadlines of its own.
func TestStreamCutsSlowHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, far := streamed(t)
		q := newQueue()
		server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.NotFoundHandler()}
		served := make(chan struct{})
		go func() {
			defer close(served)
			_ = server.Serve(q)
		}()
		go func() { q.ready <- s }()
		began := time.Now()
		wrote := make(chan struct{})
		go func() {
			defer close(wrote)
			_, _ = far.Write([]byte("GET / HTTP/1.1\r\n"))
			for range 100 {
				time.Sleep(time.Second)
				if _, err := far.Write([]byte("A: b\r\n")); err != nil {
					return
				}
			}
		}()
		answer, _ := io.ReadAll(far)
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("a slow header was cut after %v, want 5s; %q", took, answer)
		}
		_ = server.Close()
		_ = far.Close()
		<-served
		<-wrote
	})
}

// TestStreamHijack: a handler that takes the connection over gets it, and what was read ahead.
func TestStreamHijack(t *testing.T) {
	s, far := streamed(t)
	q := newQueue()
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(c, "first\n")
		line, _ := rw.ReadString('\n')
		_, _ = io.WriteString(c, "then "+line)
		_ = c.Close()
	})}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(q)
	}()
	q.ready <- s
	go func() { _, _ = far.Write([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\nearly\n")) }()
	got, _ := io.ReadAll(far)
	if !strings.Contains(string(got), "first\nthen early\n") {
		t.Errorf("%q", got)
	}
	_ = server.Close()
	<-served
}

// BenchmarkStream is what deadlines cost: 32 KiB through a pipe, read and written.
func BenchmarkStream(b *testing.B) {
	for _, wrapped := range []bool{false, true} {
		name := "bare"
		if wrapped {
			name = "stream"
		}
		b.Run(name, func(b *testing.B) {
			near, far := net.Pipe()
			var wg sync.WaitGroup
			var c net.Conn = near
			if wrapped {
				c = newStream(bare{Conn: near}, &wg)
			}
			block, got := make([]byte, 32<<10), make([]byte, 32<<10)
			b.SetBytes(int64(len(block)))
			go func() {
				for {
					if _, err := far.Write(block); err != nil {
						return
					}
				}
			}()
			for b.Loop() {
				if _, err := io.ReadFull(c, got); err != nil {
					b.Fatal(err)
				}
			}
			_ = far.Close()
			_ = c.Close()
			wg.Wait()
		})
	}
}
