package wire

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
)

const ping = `{"jsonrpc":"2.0","id":1,"method":"ping"}`

func write(t *testing.T, c Conn, b string) {
	t.Helper()
	if err := c.Write([]byte(b)); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, c Conn, want string) {
	t.Helper()
	m, err := c.Read()
	if err != nil || string(m.Bytes()) != want {
		t.Fatalf("read %s, %v; want %s", m.Bytes(), err, want)
	}
}

func readError(t *testing.T, c Conn, want error) {
	t.Helper()
	if m, err := c.Read(); err != want {
		t.Fatalf("read %s, %v; want %v", m.Bytes(), err, want)
	}
}

func TestPipe(t *testing.T) {
	a, b := Pipe()
	buf := []byte(ping)
	write(t, a, string(buf))
	if err := a.Write(buf); err != nil {
		t.Fatal(err)
	}
	scribble(buf)
	write(t, b, `{"jsonrpc":"2.0","id":1,"result":{}}`)
	read(t, b, ping)
	read(t, b, ping)
	read(t, a, `{"jsonrpc":"2.0","id":1,"result":{}}`)
	if err := a.Write([]byte("noise")); !errors.Is(err, ErrMalformed) {
		t.Errorf("write noise: %v", err)
	}
}

func scribble(b []byte) {
	for i := range b {
		b[i] = 'x'
	}
}

func TestPipeClose(t *testing.T) {
	a, b := Pipe()
	write(t, a, ping)
	write(t, b, ping)
	for range 2 {
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
	read(t, b, ping)
	readError(t, b, io.EOF)
	readError(t, b, io.EOF)
	readError(t, a, io.ErrClosedPipe)
	for _, c := range []Conn{a, b} {
		if err := c.Write([]byte(ping)); err != io.ErrClosedPipe {
			t.Errorf("write after close: %v", err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []Conn{a, b} {
		readError(t, c, io.ErrClosedPipe)
	}
}

func TestPipeCloseWakesRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, which := range []string{"own", "other"} {
			a, b := Pipe()
			done := make(chan error, 1) // one Read
			go func() {
				_, err := a.Read()
				done <- err
			}()
			synctest.Wait()
			closing, want := a, io.ErrClosedPipe
			if which == "other" {
				closing, want = b, io.EOF
			}
			_ = closing.Close()
			if err := <-done; err != want {
				t.Errorf("%s end closed: %v, want %v", which, err, want)
			}
		}
	})
}

func TestPipeBound(t *testing.T) {
	a, b := Pipe()
	for i := range pipeMessages {
		write(t, a, fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"ping"}`, i))
	}
	if err := a.Write([]byte(ping)); err != errFull {
		t.Fatalf("write past the bound: %v", err)
	}
	write(t, b, ping)
	read(t, b, `{"jsonrpc":"2.0","id":0,"method":"ping"}`)
	write(t, a, ping)

	q := newQueue()
	q.size = pipeBytes - len(ping)
	for _, want := range []error{nil, errFull} {
		if err := q.put(mustParse(t, ping)); err != want {
			t.Errorf("bytes past the bound: %v, want %v", err, want)
		}
	}
}
