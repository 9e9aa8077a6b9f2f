//go:build unix

package stdio

import (
	"net"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// leftoverFor is how long what a dead server left may take to end after SIGTERM.
	leftoverFor = 250 * time.Millisecond
	// sweepEvery is how often the guardian looks whether leftovers are gone.
	sweepEvery = 20 * time.Millisecond
	// giveUpAfter bounds the end: a process that the kernel doesn't let go can't be waited for.
	giveUpAfter = 10 * time.Second
)

// guardian is a process of its own that starts the servers and is their parent. It ends them all
// when the other end of its socket is gone, which the kernel sees to however the bridge ends.
// One goroutine, on one thread, does everything: between finding a process and signalling it nothing is reaped, and
// the kernel ends the servers should that thread end.
type guardian struct {
	bridge  *net.UnixConn
	self    int
	wards   map[uint64]*ward
	term    map[*ward]time.Time // when a ward's leftovers were asked to end; the zero time: not to be asked again
	hunting bool                // strays were killed, and may have left more
	sweeps  *time.Timer         // the next look at what is left
}

// runGuardian plays the role until the bridge is gone and everything is ended.
func runGuardian() {
	runtime.LockOSThread()
	socket := os.NewFile(3, "bridge")
	conn, err := net.FileConn(socket)
	_ = socket.Close()
	bridge, ok := conn.(*net.UnixConn)
	if err != nil || !ok {
		os.Stderr.WriteString("this is a part of Drawbridge that it starts by itself\n")
		return
	}
	// Not ignored: that would be handed down to the servers. What ends the bridge ends the rest through the socket.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	deaths := make(chan os.Signal, 1) // 1: one look reaps all
	signal.Notify(deaths, syscall.SIGCHLD)
	_ = adopt()
	slim()
	g := &guardian{
		bridge: bridge, self: os.Getpid(),
		wards: map[uint64]*ward{}, term: map[*ward]time.Time{},
		sweeps: time.NewTimer(0),
	}
	orders := make(chan received) // closed by listen when the bridge is gone
	go g.listen(orders)           // ends with the socket, and else with this process
	for {
		select {
		case o, ok := <-orders:
			if !ok {
				g.end(deaths)
				return
			}
			g.obey(o)
		case <-deaths:
			g.reap()
			g.sweep()
		case <-g.sweeps.C:
			g.sweep()
		}
	}
}

// received is an order and the descriptors that came with it.
type received struct {
	order
	fds []int
}

func (g *guardian) listen(orders chan<- received) {
	defer close(orders)
	for {
		var r received
		fds, err := readFrame(g.bridge, &r.order)
		if err != nil {
			return
		}
		r.fds = fds
		orders <- r
	}
}

// tell may fail only when the bridge is gone, which listen sees.
func (g *guardian) tell(r report) { _ = writeFrame(g.bridge, r) }

func (g *guardian) obey(o received) {
	switch o.Do {
	case "start":
		g.start(o)
	case "terminate":
		g.signalWard(o.Child, unix.SIGTERM)
	case "kill":
		g.signalWard(o.Child, unix.SIGKILL)
	}
	for _, fd := range o.fds {
		_ = unix.Close(fd)
	}
}

func (g *guardian) start(o received) {
	if len(o.fds) != 3 {
		g.tell(report{What: "failed", Child: o.Child, Errno: int(unix.EBADF)})
		return
	}
	pid, err := syscall.ForkExec(string(o.Path), split(o.Args), &syscall.ProcAttr{
		Dir:   string(o.Dir),
		Env:   split(o.Env),
		Files: []uintptr{uintptr(o.fds[0]), uintptr(o.fds[1]), uintptr(o.fds[2])},
		Sys:   serverAttr(),
	})
	if err != nil {
		errno, _ := err.(syscall.Errno)
		g.tell(report{What: "failed", Child: o.Child, Errno: int(errno)})
		return
	}
	w := &ward{id: o.Child, pid: pid, mark: o.Mark, known: map[int]uint64{}}
	if p, ok := lookProc(pid); ok {
		w.start = p.start
	}
	g.wards[w.id] = w
	g.tell(report{What: "started", Child: o.Child, PID: pid})
}

// reap takes every process that has ended, ours and those that came to us.
func (g *guardian) reap() (children bool) {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return err == nil
		}
		for _, w := range g.wards {
			if w.pid == pid && !w.dead {
				w.dead = true
				g.tell(report{What: "exited", Child: w.id, Exit: inWords(status)})
			}
		}
	}
}

// sweep ends what dead wards left, and what nobody living can have left.
func (g *guardian) sweep() {
	needed := g.hunting
	for _, w := range g.wards {
		needed = needed || w.dead
	}
	if !needed {
		return
	}
	k := g.look()
	lost := k.lost()
	for _, p := range lost {
		p.signal(unix.SIGKILL)
	}
	g.hunting = len(lost) > 0
	for _, w := range g.wards {
		if w.dead {
			g.finish(w, k.kin[w])
		}
	}
	if g.hunting || len(g.term) > 0 {
		g.sweeps.Reset(sweepEvery)
	}
}

// finish ends the leftovers of a dead ward: by SIGTERM, and a moment later for sure.
func (g *guardian) finish(w *ward, left []proc) {
	if len(left) == 0 {
		delete(g.wards, w.id)
		delete(g.term, w)
		g.tell(report{What: "gone", Child: w.id})
		return
	}
	asked, ok := g.term[w]
	switch {
	case !ok:
		g.term[w] = time.Now()
		g.signalAll(w, left, unix.SIGTERM)
	case time.Since(asked) > leftoverFor:
		g.signalAll(w, left, unix.SIGKILL)
	}
}

// signalWard signals a ward and everything that belongs to it.
func (g *guardian) signalWard(id uint64, sig unix.Signal) {
	w := g.wards[id]
	if w == nil {
		return
	}
	if sig == unix.SIGKILL {
		g.term[w] = time.Time{} // whatever is left is not asked again
	}
	g.signalAll(w, g.look().kin[w], sig)
}

// signalAll signals the group at once, so that none of it sees another one die first, and then the others.
func (g *guardian) signalAll(w *ward, kin []proc, sig unix.Signal) {
	if slices.ContainsFunc(kin, func(p proc) bool { return p.group == w.pid }) {
		_ = unix.Kill(-w.pid, sig)
	}
	for _, p := range kin {
		if p.group != w.pid {
			p.signal(sig)
		}
	}
}

// look finds out what belongs to whom, and remembers it: what leaves its parents later is known then.
func (g *guardian) look() *kinship {
	k := &kinship{table: processes(), wards: g.wards, orphan: orphanOf(g.self), mark: markOf}
	k.find()
	for w, kin := range k.kin {
		clear(w.known)
		for _, p := range kin {
			w.known[p.pid] = p.start
		}
	}
	return k
}

// end ends everything that is below this process, asking first, and returns when it is gone.
func (g *guardian) end(deaths <-chan os.Signal) {
	begun := time.Now()
	for round := 0; time.Since(begun) < giveUpAfter; round++ {
		children := g.reap()
		left := g.look().everything()
		if !children && len(left) == 0 {
			return
		}
		for _, p := range left {
			switch {
			case round == 0:
				p.signal(unix.SIGTERM)
			case time.Since(begun) > leftoverFor:
				p.signal(unix.SIGKILL)
			}
		}
		g.sweeps.Reset(sweepEvery)
		select {
		case <-deaths:
		case <-g.sweeps.C:
		}
	}
}

// inWords says how a process ended.
func inWords(status syscall.WaitStatus) string {
	if status.Signaled() {
		name := unix.SignalName(status.Signal())
		if name == "" {
			name = status.Signal().String()
		}
		return "was killed by " + name
	}
	return exitedWith(status.ExitStatus())
}
