//go:build unix

package stdio

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// keeper starts processes and sees to it that none outlives this one: they are children of a
// guardian, which it starts when the first is needed and again when the guardian has died.
type keeper struct {
	log *slog.Logger
	wg  sync.WaitGroup // one for each guardian that has not ended

	mu     sync.Mutex // guards the fields below
	guard  *guard     // nil before the first is needed and after one has died
	closed bool
}

func newKeeper(log *slog.Logger) *keeper { return &keeper{log: log} }

// warm starts what starting a process needs, so that the first one doesn't wait for it.
func (k *keeper) warm() { _, _ = k.guardian() }

func (k *keeper) start(l launch) (*child, error) {
	g, err := k.guardian()
	if err != nil {
		return nil, err
	}
	p, err := newPipes()
	if err != nil {
		return nil, err
	}
	c, err := g.start(l, p)
	p.handOver()
	if err != nil {
		p.close()
		return nil, err
	}
	return c, nil
}

// close ends every process that is left and returns when all are gone.
func (k *keeper) close() {
	k.mu.Lock()
	k.closed = true
	g := k.guard
	k.mu.Unlock()
	if g != nil {
		_ = g.conn.CloseWrite()
	}
	k.wg.Wait()
}

func (k *keeper) guardian() (*guard, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return nil, errors.New("the bridge is closing")
	}
	if k.guard != nil {
		return k.guard, nil
	}
	g, err := newGuard()
	if err != nil {
		return nil, fmt.Errorf("start the guardian: %w", err)
	}
	k.guard = g
	k.wg.Go(func() {
		g.listen()
		k.mu.Lock()
		unexpected := !k.closed
		if k.guard == g {
			k.guard = nil
		}
		k.mu.Unlock()
		if unexpected {
			k.log.Error("the guardian has died; its servers are ended", "how", g.cmd.ProcessState)
		}
		g.bury()
	})
	return g, nil
}

// guard is the bridge's end of one guardian.
type guard struct {
	cmd  *exec.Cmd
	conn *net.UnixConn

	writing sync.Mutex // held while an order is written

	mu       sync.Mutex // guards the fields below
	last     uint64     // number of the child started last
	children map[uint64]*fosterling
	lost     bool // the guardian is gone
}

// fosterling is a child that a guardian has or is about to have.
type fosterling struct {
	*child
	mark    string
	started chan report // capacity 1, for the one report on how the start went: the reader never waits
}

func newGuard() (*guard, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	conn, err := net.FileConn(ours)
	_ = ours.Close()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self())
	cmd.Args = []string{"drawbridge", guardianRole}
	// Only what the Go runtime itself reads: the guardian lives long and needs nothing of ours.
	cmd.Env = []string{"GOMAXPROCS=1", "GOGC=20", "GORACE=" + os.Getenv("GORACE")}
	cmd.Dir = "/"
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no terminal's signal reaches it
	if err := cmd.Start(); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return &guard{cmd: cmd, conn: conn.(*net.UnixConn), children: map[uint64]*fosterling{}}, nil
}

func socketPair() (ours, theirs *os.File, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	unix.CloseOnExec(fds[0])
	unix.CloseOnExec(fds[1])
	return os.NewFile(uintptr(fds[0]), "guardian"), os.NewFile(uintptr(fds[1]), "bridge"), nil
}

var errNoGuardian = errors.New("the guardian has died; try again")

// start has the guardian start l with p's ends for the process.
func (g *guard) start(l launch, p *pipes) (*child, error) {
	g.mu.Lock()
	if g.lost {
		g.mu.Unlock()
		return nil, errNoGuardian
	}
	g.last++
	id := g.last
	c := &child{
		stdin: p.stdin, stdout: p.stdout, stderr: p.stderr,
		exited: make(chan struct{}), gone: make(chan struct{}),
		terminate: func() { _ = g.send(order{Do: "terminate", Child: id}) },
		kill:      func() { _ = g.send(order{Do: "kill", Child: id}) },
	}
	f := &fosterling{child: c, mark: l.mark, started: make(chan report, 1)}
	g.children[id] = f
	g.mu.Unlock()

	err := g.send(order{
		Do: "start", Child: id, Mark: l.mark,
		Path: []byte(l.path), Dir: []byte(l.dir), Args: joined(l.args), Env: joined(l.env),
	}, p.theirs[:]...)
	if err != nil {
		g.forget(id)
		return nil, fmt.Errorf("tell the guardian: %w", err)
	}
	r := <-f.started
	if r.What != "started" {
		return nil, startError(l.path, syscall.Errno(r.Errno))
	}
	return c, nil
}

// startError explains what the system says of a program that exists and does not start.
func startError(path string, errno syscall.Errno) error {
	switch errno {
	case 0:
		return errNoGuardian
	case syscall.ENOENT:
		return fmt.Errorf("%q did not start: the interpreter that it names was not found", path)
	case syscall.ENOEXEC:
		return fmt.Errorf("%q did not start: it is no program for this machine; a script must begin with #! and its interpreter", path)
	case syscall.E2BIG:
		return fmt.Errorf("%q did not start: its arguments and environment are too long", path)
	}
	return fmt.Errorf("%q did not start: %w", path, errno)
}

func (g *guard) send(o order, fds ...int) error {
	g.writing.Lock()
	defer g.writing.Unlock()
	return writeFrame(g.conn, o, fds...)
}

func (g *guard) forget(id uint64) *fosterling {
	g.mu.Lock()
	defer g.mu.Unlock()
	f := g.children[id]
	delete(g.children, id)
	return f
}

// listen takes the guardian's reports until it is gone.
func (g *guard) listen() {
	for {
		var r report
		if _, err := readFrame(g.conn, &r); err != nil {
			break
		}
		g.take(r)
	}
	_ = g.conn.Close()
	_ = g.cmd.Wait()
}

func (g *guard) take(r report) {
	g.mu.Lock()
	f := g.children[r.Child]
	g.mu.Unlock()
	if f == nil {
		return
	}
	switch r.What {
	case "started":
		f.pid = r.PID
		f.started <- r
	case "failed":
		g.forget(r.Child)
		f.started <- r
	case "exited":
		f.end(r.Exit)
	case "gone":
		g.forget(r.Child)
		close(f.gone)
	}
}

// bury is for after the guardian's end: whatever it had is ended from here.
func (g *guard) bury() {
	g.mu.Lock()
	g.lost = true
	left := g.children
	g.children = nil
	g.mu.Unlock()
	if len(left) == 0 {
		return
	}
	wards := map[uint64]*ward{}
	for id, f := range left {
		if f.pid == 0 {
			f.started <- report{What: "failed"}
		}
		wards[id] = &ward{id: id, pid: cmp.Or(f.pid, -1), mark: f.mark, dead: true}
	}
	k := &kinship{table: processes(), wards: wards, orphan: func(p proc) bool { return p.pid != os.Getpid() }, mark: markOf}
	k.find()
	for _, kin := range k.kin {
		for _, p := range kin {
			p.signal(unix.SIGKILL)
		}
	}
	for _, f := range left {
		if f.pid == 0 {
			continue
		}
		select {
		case <-f.exited:
		default:
			f.end("was ended: its guardian died")
		}
		close(f.gone)
	}
}
