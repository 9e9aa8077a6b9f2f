package stdio

import (
	"bytes"
	"fmt"
	"time"

	"drawbridge/internal/wire"
)

// Read returns the next message of the server. Lines that are none are counted and never returned;
// where such a line was an answer, the call gets one that says so. After the process has ended, or
// is being ended, the error is an *ExitError.
func (p *Process) Read() (wire.Message, error) {
	for {
		select {
		case <-p.closed:
			return wire.Message{}, p.readError()
		default:
		}
		l, err := p.out.next()
		if err != nil {
			return wire.Message{}, p.readError()
		}
		text := bytes.TrimLeft(l.head, " \t\r")
		switch {
		case len(text) == 0 && l.tail == nil:
			continue
		case len(text) == 0 || text[0] != '{': // not worth a closer look
			p.heard(l)
			continue
		case l.tail == nil:
			if m, err := wire.Parse(l.head, p.limits); err == nil {
				p.spoke.Store(true)
				return m, nil
			}
		}
		p.heard(l)
		if m, ok := lostAnswer(l, p.limits.Size); ok {
			return m, nil
		}
	}
}

// heard takes note of a line that is no message.
func (p *Process) heard(l line) {
	shown := l.head
	if l.tail != nil {
		shown = fmt.Appendf(nil, "(%d bytes in one line) %s", l.size, l.head)
	}
	if count, tell := p.noise.add(shown); tell {
		_, last := p.noise.seen()
		p.log.Debug("no message on standard output", "count", count, "line", last[len(last)-1])
		p.witness.noise()
	}
	p.slow(len(l.head))
}

// slow waits as long as size bytes of noise are to take.
func (p *Process) slow(size int) { p.pause(p.noise.pace.charge(size+noiseEach, time.Now())) }

// silentFor is how long a process may take to end after it closed its standard output or input: the news of its
// end takes another way, and must not be overtaken.
const silentFor = 500 * time.Millisecond

// readError is for when nothing more comes. A process that closed its standard output and goes on is ended:
// nobody can talk with it.
func (p *Process) readError() *ExitError {
	select {
	case <-p.drained:
	default:
		close(p.drained)
	}
	select {
	case <-p.closed:
	default:
		if !p.exits(silentFor) {
			p.finish("closed its standard output", true)
		}
	}
	select {
	case <-p.closed:
		if !p.fault { // set before closed was closed, like ending
			return p.endError()
		}
	default:
	}
	<-p.done
	return p.err
}
