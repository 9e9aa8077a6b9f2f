package stdio

import (
	"bytes"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"drawbridge/internal/wire"
)

// input writes messages to a server, one a line, from whoever has one. While the pipe has room the
// writer's own goroutine puts the bytes there; otherwise they are queued, and one goroutine at a time, that
// exists only as long as there is a queue, takes them down together.
type input struct {
	server string
	f      *os.File
	most   int // bytes of a message

	widen func(*os.File) // called before the first large message
	shut  func()         // called once, when the server has closed its end; it takes no time
	queue int            // bytes that may wait
	raw   syscall.RawConn

	flushing sync.WaitGroup // the goroutine that takes the queue down

	mu      sync.Mutex // guards the fields below
	pending []byte     // lines, or the rest of one, that wait; spare room of a few KiB when none do
	taken   int        // bytes that the flusher has and has not written
	busy    bool       // there is a flusher
	err     error      // what every write gets from now on
	broken  bool       // the server reads no more: what is written is lost
	wide    bool       // widen was called
	attempt            // the write that is being tried
}

const (
	// shortLine is up to where a line is put together in memory: one write, and a buffer to keep.
	shortLine = 4 << 10
	// wideFrom is the size of a message for which the pipe is made larger.
	wideFrom = 64 << 10
)

func (in *input) init() (err error) {
	in.queue = 2 * in.most
	in.attempt.init()
	in.raw, err = in.f.SyscallConn()
	return err
}

// write is Write of wire.Conn.
func (in *input) write(b []byte) error {
	if len(b) > in.most {
		return fmt.Errorf("write to server %q: a message of %d bytes is longer than the %d bytes that the bridge accepts", in.server, len(b), in.most)
	}
	b = oneLine(b)
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.err != nil || in.broken {
		return in.err
	}
	if in.busy {
		if len(in.pending)+in.taken+len(b)+1 > in.queue {
			return wire.Limited(fmt.Sprintf("server %q has too much to read already; try again in a moment", in.server), time.Second)
		}
		in.pending = append(append(in.pending, b...), '\n')
		return nil
	}
	if len(b) >= wideFrom && !in.wide {
		in.wide = true
		in.widen(in.f)
	}
	if in.direct(b) != nil {
		in.fail()
		return in.err
	}
	if len(in.pending) > 0 {
		in.busy = true
		in.flushing.Go(in.flush)
	}
	return nil
}

// direct puts as much of b and a line end into the pipe as has room there, and the rest into pending, which is empty.
func (in *input) direct(b []byte) error {
	if len(b) < shortLine {
		in.pending = append(append(in.pending, b...), '\n')
		n, err := in.try(in.raw, in.pending, nil)
		in.pending = append(in.pending[:0], in.pending[n:]...)
		return err
	}
	n, err := in.try(in.raw, b, lineEnd)
	if n <= len(b) {
		// A slice that only append makes is not cleared first.
		in.pending = append(append([]byte(nil), b[n:]...), '\n')
	}
	return err
}

var lineEnd = []byte{'\n'}

// flush takes the queue down until it is empty.
func (in *input) flush() {
	for {
		in.mu.Lock()
		batch := in.pending
		in.taken = len(batch)
		in.busy = in.err == nil && !in.broken && len(batch) > 0
		if !in.busy {
			in.pending, in.taken = nil, 0
			in.mu.Unlock()
			return
		}
		in.pending = nil
		in.mu.Unlock()
		if _, err := in.f.Write(batch); err != nil {
			in.mu.Lock()
			in.fail()
			in.mu.Unlock()
		}
	}
}

// fail is for a pipe that takes no more. That is no write's error: the end of the server says more, and comes.
func (in *input) fail() {
	in.pending = nil
	if in.err == nil && !in.broken {
		in.broken = true
		in.shut()
	}
}

// close ends all writing with err and lets the server see the end of its input. A flusher that is stuck wakes up.
func (in *input) close(err error) {
	in.mu.Lock()
	if in.err == nil {
		in.err = err
	}
	in.mu.Unlock()
	_ = in.f.Close()
}

// oneLine is b, or a copy with blanks for line ends: in a message they are white space between tokens.
// Carriage returns too, which end a line for some readers.
func oneLine(b []byte) []byte {
	if bytes.IndexByte(b, '\n') < 0 && bytes.IndexByte(b, '\r') < 0 {
		return b
	}
	b = bytes.Clone(b)
	for i, c := range b {
		if c == '\n' || c == '\r' {
			b[i] = ' '
		}
	}
	return b
}
