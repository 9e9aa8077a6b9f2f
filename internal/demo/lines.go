package demo

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"sync"

	"drawbridge/internal/wire"
)

// lineMost is the most bytes that one line may have.
const lineMost = 64 << 20

// Lines is the connection of a STDIO server: one message a line. Lines that are no message are
// answered with an error and skipped. Unlike other connections, Write waits for a slow reader. Close closes
// both; a Read that is blocked wakes if r's Close wakes it.
func Lines(r io.ReadCloser, w io.WriteCloser) wire.Conn {
	in := bufio.NewScanner(r)
	in.Buffer(nil, lineMost)
	return &lines{in: in, r: r, w: w}
}

type lines struct {
	in      *bufio.Scanner
	waiting []wire.Message // the rest of a batch
	r       io.Closer

	mu sync.Mutex // guards w, so that lines stay whole
	w  io.WriteCloser
}

func (l *lines) Read() (wire.Message, error) {
	for len(l.waiting) == 0 {
		if !l.in.Scan() {
			if err := l.in.Err(); err != nil {
				return wire.Message{}, err
			}
			return wire.Message{}, io.EOF
		}
		line := bytes.TrimSpace(l.in.Bytes())
		if len(line) == 0 {
			continue
		}
		if err := l.take(bytes.Clone(line)); err != nil {
			return wire.Message{}, err
		}
	}
	m := l.waiting[0]
	l.waiting = l.waiting[1:]
	return m, nil
}

// take parses a line, which may be a batch, or answers what is wrong with it.
func (l *lines) take(line []byte) error {
	limits := wire.Limits{Size: lineMost}
	if wire.IsBatch(line) {
		ms, err := wire.Batch(line, limits)
		l.waiting = ms
		return l.refuse("", err)
	}
	m, err := wire.Parse(line, limits)
	if err == nil {
		l.waiting = append(l.waiting[:0], m)
	}
	return l.refuse(m.ID(), err)
}

// refuse answers a malformed line. Other errors it returns.
func (l *lines) refuse(id wire.ID, err error) error {
	var e *wire.Error
	if errors.As(err, &e) {
		return l.Write(e.Reply(id).Bytes())
	}
	return err
}

func (l *lines) Write(b []byte) error {
	line := append(bytes.Clone(b), '\n')
	for i, c := range line[:len(b)] {
		if c == '\n' || c == '\r' {
			line[i] = ' '
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.w.Write(line)
	return err
}

func (l *lines) Close() error {
	return errors.Join(l.r.Close(), l.w.Close())
}
