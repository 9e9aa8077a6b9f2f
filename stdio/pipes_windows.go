package stdio

import (
	"crypto/rand"
	"os"

	"golang.org/x/sys/windows"
)

// pipes are the three lines to a process that is to be started.
type pipes struct {
	stdin, stdout, stderr *os.File // our ends, overlapped, so that reading and writing can be woken
	theirs                [3]*os.File
}

func newPipes() (*pipes, error) {
	p := &pipes{}
	for i, ours := range []**os.File{&p.stdin, &p.stdout, &p.stderr} {
		var err error
		if *ours, p.theirs[i], err = pipe(i == 0); err != nil {
			p.close()
			return nil, os.NewSyscallError("pipe", err)
		}
	}
	return p, nil
}

// pipe makes a pipe under a name that nobody can guess: those without a name can't be overlapped.
func pipe(write bool) (ours, theirs *os.File, err error) {
	name, err := windows.UTF16PtrFromString(`\\.\pipe\drawbridge-` + rand.Text())
	if err != nil {
		return nil, nil, err
	}
	access, opposite := uint32(windows.PIPE_ACCESS_INBOUND), uint32(windows.GENERIC_WRITE)
	if write {
		access, opposite = windows.PIPE_ACCESS_OUTBOUND, windows.GENERIC_READ
	}
	const size = 256 << 10 // bytes that the pipe holds
	h, err := windows.CreateNamedPipe(name, access|windows.FILE_FLAG_OVERLAPPED|windows.FILE_FLAG_FIRST_PIPE_INSTANCE,
		windows.PIPE_TYPE_BYTE|windows.PIPE_REJECT_REMOTE_CLIENTS, 1, size, size, 0, nil)
	if err != nil {
		return nil, nil, err
	}
	t, err := windows.CreateFile(name, opposite, 0, nil, windows.OPEN_EXISTING, 0, 0)
	if err != nil {
		_ = windows.CloseHandle(h)
		return nil, nil, err
	}
	return os.NewFile(uintptr(h), "pipe"), os.NewFile(uintptr(t), "pipe"), nil
}

// handOver closes the process's ends, once it has them.
func (p *pipes) handOver() {
	for _, f := range p.theirs {
		if f != nil {
			_ = f.Close()
		}
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
