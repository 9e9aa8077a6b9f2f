package stdio

import (
	"context"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"drawbridge/internal/wire"
)

// Process is one running server. It is a wire.Conn: a message is a line on the server's standard
// input or output. Its methods may be called by any number of goroutines, Read by one at a time.
type Process struct {
	server string
	log    *slog.Logger
	child  *child
	limits wire.Limits
	grace  grace
	began  time.Time

	in      input
	out     lines
	noise   noise
	stderr  *tail
	witness witness
	widths  *widths
	wide    atomic.Int32 // pipes of this process that were made wide
	spoke   atomic.Bool  // it has sent a message

	drained chan struct{} // closed when Read has come to the end of what the process wrote
	done    chan struct{} // closed when err is set
	err     *ExitError
	wg      sync.WaitGroup

	closed chan struct{} // closed when the process is being ended: ending and fault don't change after that
	mu     sync.Mutex    // guards the fields below
	ending string        // why it is being ended, as it follows the name; "" while it runs
	fault  bool          // it is being ended for what it did
	buried bool          // it has ended
}

// grace is how long a process that is ended may take for each step.
type grace struct {
	input     time.Duration // from the end of its input until it is asked to end
	terminate time.Duration // from then until it is killed
}

var (
	usualGrace = grace{input: 2 * time.Second, terminate: time.Second}
	// faultGrace is for a process that can't be talked to any more and that somebody may be waiting for.
	faultGrace = grace{input: 100 * time.Millisecond, terminate: 100 * time.Millisecond}
)

const (
	// stderrKept is how much of a process's standard error is kept.
	stderrKept = 16 << 10
	// stderrShown is how much of that goes into an ExitError.
	stderrShown = 4 << 10
)

// Start runs one server on its own, outside of any host: the process and all that it starts end
// with this program, if not before. Of config it uses Secret, Environ, Log and MaxMessage. ctx bounds the start alone.
func Start(ctx context.Context, server string, c Command, config Config) (*Process, error) {
	s := newStarter(config)
	p, err := s.start(ctx, server, c, witness{io.Discard, func() {}})
	if err != nil {
		s.close()
		return nil, err
	}
	p.wg.Go(func() {
		<-p.child.gone
		s.close()
	})
	return p, nil
}

// newProcess takes c over.
func newProcess(server string, c *child, s *starter, hide secrets, w witness) (*Process, error) {
	p := &Process{
		server: server, child: c,
		log:    s.config.Log.With("server", server, "pid", c.pid),
		limits: wire.Limits{Size: s.config.MaxMessage},
		grace:  s.grace, began: time.Now(), widths: &s.widths,
		stderr:  &tail{most: stderrKept},
		drained: make(chan struct{}), done: make(chan struct{}), closed: make(chan struct{}),
	}
	p.noise.hide, p.witness = hide, w
	p.in = input{server: server, f: c.stdin, most: s.config.MaxMessage, widen: p.widen, shut: p.deaf}
	if err := p.in.init(); err != nil {
		return nil, err
	}
	p.out = lines{
		r: c.stdout, most: s.config.MaxMessage + 2, // and a carriage return
		widen:   func() { p.widen(c.stdout) },
		dropped: p.slow,
	}
	p.wg.Go(func() {
		pump(c.stderr, hide, io.MultiWriter(p.stderr, w), p.pause)
		<-c.exited
		p.bury()
	})
	return p, nil
}

// pause waits, but not for a process that has ended.
func (p *Process) pause(d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-p.closed:
	case <-p.child.exited:
	}
}

func (p *Process) widen(f *os.File) {
	if p.widths.widen(f) {
		p.wide.Add(1)
	}
}

// deaf ends a process that has closed its input, unless it is ending by itself.
func (p *Process) deaf() {
	p.wg.Go(func() {
		if !p.exits(silentFor) {
			p.finish("closed its standard input", true)
		}
	})
}

// PID is the system's number for the process.
func (p *Process) PID() int { return p.child.pid }

// Done is closed when the process has ended. What it started may live for a moment longer; see Wait.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err says how the process ended; nil before Done is closed.
func (p *Process) Err() *ExitError {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}

// over reports whether it has ended or is being ended.
func (p *Process) over() bool {
	select {
	case <-p.closed:
		return true
	case <-p.child.exited:
		return true
	default:
		return false
	}
}

// served reports whether it has sent a message.
func (p *Process) served() bool { return p.spoke.Load() }

// Wait returns when nothing is left of the process and of what it started.
func (p *Process) Wait() { p.wg.Wait() }

// Noise is how many lines on standard output were no messages, and the last few of them.
func (p *Process) Noise() (lines uint64, last []string) { return p.noise.seen() }

// Stderr is the end of what the process wrote to standard error, without the secrets it was given.
func (p *Process) Stderr() string { return string(p.stderr.bytes(stderrKept)) }

// Write sends b as wire.Conn says. It fails with an error that wire.Limited made when more than twice the largest message
// would be waiting to be read by the server, and with an *ExitError after the process's end. What a server does not read that has closed its
// input is lost, and the server is ended.
func (p *Process) Write(b []byte) error {
	err := p.in.write(b)
	if err == nil {
		return nil
	}
	if e := p.Err(); e != nil {
		return e
	}
	return err
}

// Close ends the process and what it started: by the end of its input, and if that does not help
// by ever stronger means. It returns at once.
func (p *Process) Close() error {
	p.end("was closed")
	return nil
}

// end begins the end of the process, unless that has begun. why follows the server's name.
func (p *Process) end(why string) { p.finish(why, false) }

func (p *Process) finish(why string, fault bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ending != "" || p.buried {
		return
	}
	p.ending, p.fault = why, fault
	close(p.closed)
	g := p.grace
	if fault {
		g = faultGrace
	}
	_ = p.child.stdout.SetReadDeadline(time.Now()) // wakes Read
	p.in.close(p.endError())
	p.wg.Go(func() { p.shutDown(g) })
}

// shutDown ends the process step by step, after its input was closed.
func (p *Process) shutDown(g grace) {
	if p.exits(g.input) {
		return
	}
	p.child.terminate()
	if p.exits(g.terminate) {
		return
	}
	p.child.kill()
}

// exits waits for the end of the process and reports whether it came in time.
func (p *Process) exits(within time.Duration) bool {
	t := time.NewTimer(within)
	defer t.Stop()
	select {
	case <-p.child.exited:
		return true
	case <-t.C:
		return false
	}
}

// endError is what Read and Write say while the process is being ended.
func (p *Process) endError() *ExitError {
	return &ExitError{Server: p.server, Status: p.ending, Ended: !p.fault}
}

// bury is for after the end: it says what happened, and closes what is open.
func (p *Process) bury() {
	p.mu.Lock()
	p.buried = true
	e := &ExitError{Server: p.server, Status: p.ending, Ended: p.ending != "" && !p.fault}
	p.mu.Unlock()
	e.Stderr = string(p.stderr.bytes(stderrShown))
	if e.Status == "" {
		e.Status = p.child.exit
	}
	lived := time.Since(p.began).Round(time.Millisecond)
	if e.Ended {
		p.log.Info("server ended", "why", e.Status, "how", p.child.exit, "lived", lived)
	} else {
		e.Incident = newIncident()
		p.log.Warn("server died", "incident", e.Incident, "status", e.Status, "how", p.child.exit, "lived", lived)
		p.log.Debug("server died", "incident", e.Incident, "stderr", e.Stderr)
	}
	p.err = e
	p.in.close(e) // who knows of the end writes nothing more
	close(p.done)
	p.in.flushing.Wait()
	if !p.waitDrained() {
		_ = p.child.stdout.SetReadDeadline(time.Now())
	}
	_ = p.child.stdout.Close()
	_ = p.child.stderr.Close()
	p.widths.giveBack(p.wide.Load())
	<-p.child.gone
}

// waitDrained gives a reader time for what the process wrote last.
func (p *Process) waitDrained() bool {
	t := time.NewTimer(2 * drainFor)
	defer t.Stop()
	select {
	case <-p.drained:
		return true
	case <-p.closed:
		return true
	case <-t.C:
		return false
	}
}
