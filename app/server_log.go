package app

import (
	"bytes"
	"context"
	"fmt"
	"iter"
)

// Logs is the end of what a server's processes wrote to standard error; "" is nothing.
func (a *App) Logs(name string) string { return said(a.host, name) }

// ServerLog yields the lines at the end of what a server's processes wrote to standard error. With more it
// goes on with what they write, until ctx is done, the server is removed, or the reader lags far behind.
func (a *App) ServerLog(ctx context.Context, name string, more bool) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := a.isRunning(); err != nil {
			yield("", err)
			return
		}
		kept, added, cancel, err := a.host.Logs(name)
		if err != nil {
			yield("", fmt.Errorf("logs of server %q: %w", name, ErrUnknown))
			return
		}
		defer cancel()
		line := lineYielder{yield: yield}
		for going := line.add(kept); going && more; {
			select {
			case b, ok := <-added:
				going = ok && line.add(b)
			case <-ctx.Done():
				return
			case <-a.ctx.Done():
				return
			}
		}
		line.end()
	}
}

// lineMost is the longest line that is yielded whole, in bytes.
const lineMost = 64 << 10

// lineYielder yields text in lines.
type lineYielder struct {
	rest    []byte // of a line whose end has not come
	stopped bool   // the reader wants no more
	yield   func(string, error) bool
}

// add yields the lines that b ends, and reports whether the reader wants more.
func (l *lineYielder) add(b []byte) bool {
	for len(b) > 0 && !l.stopped {
		end := bytes.IndexByte(b, '\n')
		switch {
		case end >= 0:
			l.rest = append(l.rest, b[:end]...)
			b = b[end+1:]
			l.next()
		default:
			n := min(len(b), lineMost-len(l.rest))
			l.rest = append(l.rest, b[:n]...)
			if b = b[n:]; len(l.rest) == lineMost {
				l.next()
			}
		}
	}
	return !l.stopped
}

// end yields what is left without a line end.
func (l *lineYielder) end() {
	if len(l.rest) > 0 && !l.stopped {
		l.next()
	}
}

func (l *lineYielder) next() {
	l.stopped = !l.yield(string(bytes.TrimSuffix(l.rest, []byte("\r"))), nil)
	l.rest = l.rest[:0]
}
