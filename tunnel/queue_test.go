package tunnel

import (
	"errors"
	"io"
	"net"
	"testing"
)

// TestQueueIsFull: one visitor more than there is room for is turned away at once, and there is room again
// when one has left.
func TestQueueIsFull(t *testing.T) {
	q := newQueue()
	defer q.Close()
	var conns []net.Conn
	for range mostVisitors {
		near, far := net.Pipe()
		conns = append(conns, near)
		defer far.Close()
	}
	_ = q.serve(listening(conns...), nil)
	near, far := net.Pipe()
	_ = q.serve(listening(near), nil)
	if _, err := far.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("one too many: %v", err)
	}
	v, err := q.Accept()
	if err != nil {
		t.Fatal(err)
	}
	_ = v.Close()
	_ = v.Close()
	if n := q.visitors(); n != mostVisitors-1 {
		t.Errorf("%d visitors after one left, want %d", n, mostVisitors-1)
	}
}

// TestQueueCloses: Close cuts those who wait, those who are being greeted and those who are in.
func TestQueueCloses(t *testing.T) {
	q := newQueue()
	in, farIn := net.Pipe()
	_ = q.serve(listening(in), nil)
	if _, err := q.Accept(); err != nil {
		t.Fatal(err)
	}
	waits, farWaits := net.Pipe()
	greeted, farGreeted := net.Pipe()
	_ = q.serve(listening(waits), nil)
	_ = q.serve(listening(greeted), proxied)
	_ = q.Close()
	_ = q.Close()
	for _, far := range []net.Conn{farIn, farWaits, farGreeted} {
		if _, err := far.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("not cut: %v", err)
		}
	}
	if _, err := q.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept: %v", err)
	}
	late, farLate := net.Pipe()
	_ = q.serve(listening(late), nil)
	if _, err := farLate.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("after Close: %v", err)
	}
}
