package stdio

import (
	"bytes"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// serverAttr puts a server into a group of its own. Should the guardian be killed, the server dies too.
func serverAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// slim gives back what starting this program took of memory. Little of its file is needed from here
// on, and that comes back by itself, from what the bridge has in memory anyway.
func slim() {
	maps, _ := os.ReadFile("/proc/self/maps")
	for line := range bytes.Lines(maps) {
		// from-to mode offset device inode path
		f := bytes.Fields(line)
		if len(f) != 6 || f[5][0] != '/' || f[1][2] != 'x' { // code is never written to, so that nothing is lost
			continue
		}
		low, high, _ := bytes.Cut(f[0], []byte("-"))
		from, err1 := strconv.ParseUint(string(low), 16, 64)
		to, err2 := strconv.ParseUint(string(high), 16, 64)
		if err1 == nil && err2 == nil {
			_, _, _ = unix.Syscall(unix.SYS_MADVISE, uintptr(from), uintptr(to-from), unix.MADV_DONTNEED)
		}
	}
}
