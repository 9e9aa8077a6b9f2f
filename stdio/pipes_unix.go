//go:build unix

package stdio

import (
	"os"
	"syscall"
)

// pipes are the three lines to a process that is to be started.
type pipes struct {
	stdin, stdout, stderr *os.File // our ends, which do not block
	theirs                [3]int   // the process's ends, which do
}

func newPipes() (*pipes, error) {
	p := &pipes{theirs: [3]int{-1, -1, -1}}
	for i, ours := range []**os.File{&p.stdin, &p.stdout, &p.stderr} {
		var fds [2]int
		if err := pipe(&fds); err != nil {
			p.close()
			return nil, os.NewSyscallError("pipe", err)
		}
		if i == 0 {
			fds[0], fds[1] = fds[1], fds[0]
		}
		_ = syscall.SetNonblock(fds[0], true)
		*ours, p.theirs[i] = os.NewFile(uintptr(fds[0]), "pipe"), fds[1]
	}
	return p, nil
}

// pipe makes both ends invisible to programs that other goroutines start.
func pipe(fds *[2]int) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := syscall.Pipe(fds[:]); err != nil {
		return err
	}
	syscall.CloseOnExec(fds[0])
	syscall.CloseOnExec(fds[1])
	return nil
}

// handOver closes the process's ends, once it has them.
func (p *pipes) handOver() {
	for i, fd := range p.theirs {
		if fd >= 0 {
			_ = syscall.Close(fd)
		}
		p.theirs[i] = -1
	}
}

func (p *pipes) close() {
	p.handOver()
	for _, f := range []*os.File{p.stdin, p.stdout, p.stderr} {
		if f != nil {
			_ = f.Close()
		}
	}
}
