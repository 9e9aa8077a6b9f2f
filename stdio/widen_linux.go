package stdio

import (
	"os"

	"golang.org/x/sys/unix"
)

// setPipeSize makes the pipe hold up to that many bytes, where that is allowed.
func setPipeSize(f *os.File, bytes int) {
	raw, err := f.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, bytes) })
}
