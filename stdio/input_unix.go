//go:build unix

package stdio

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// attempt is a write that does not wait. Its fields are arguments and results of the function that the
// poller calls, kept here so that a write allocates nothing.
type attempt struct {
	first, second []byte
	n             int
	err           error
	run           func(fd uintptr) bool
}

func (a *attempt) init() {
	a.run = func(fd uintptr) bool {
		for {
			if a.second == nil {
				a.n, a.err = unix.Write(int(fd), a.first)
			} else {
				a.n, a.err = unix.Writev(int(fd), [][]byte{a.first, a.second})
			}
			if a.err != unix.EINTR {
				return true // also when there was no room: nobody waits
			}
		}
	}
}

// try writes what fits of first and second and returns how many bytes did.
func (a *attempt) try(raw syscall.RawConn, first, second []byte) (int, error) {
	a.first, a.second = first, second
	err := raw.Write(a.run)
	a.first, a.second = nil, nil
	if err != nil {
		return 0, err
	}
	if a.err == unix.EAGAIN {
		return 0, nil
	}
	return max(a.n, 0), a.err
}
