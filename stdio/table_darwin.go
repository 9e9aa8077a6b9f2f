package stdio

import (
	"bytes"
	"encoding/binary"
	"os"

	"golang.org/x/sys/unix"
)

// processes is the kernel's table of the owner's processes.
func processes() []proc {
	list, err := unix.SysctlKinfoProcSlice("kern.proc.uid", os.Getuid())
	if err != nil {
		return nil
	}
	table := make([]proc, len(list))
	for i := range list {
		table[i] = procOf(&list[i])
	}
	return table
}

// lookProc reads the line of one process.
func lookProc(pid int) (proc, bool) {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil || int(info.Proc.P_pid) != pid {
		return proc{}, false
	}
	return procOf(info), true
}

func procOf(info *unix.KinfoProc) proc {
	started := info.Proc.P_starttime
	return proc{
		pid:    int(info.Proc.P_pid),
		parent: int(info.Eproc.Ppid),
		group:  int(info.Eproc.Pgid),
		start:  uint64(started.Sec)*1_000_000 + uint64(started.Usec),
	}
}

// markOf is the value of markName that the process was started with, or "". The kernel keeps the environment of the
// system's own programs to itself.
func markOf(pid int) string {
	b, err := unix.SysctlRaw("kern.procargs2", pid)
	if err != nil || len(b) < 4 {
		return ""
	}
	// The number of arguments, the program's path, padding, the arguments, the environment.
	left := binary.NativeEndian.Uint32(b)
	_, rest, _ := bytes.Cut(b[4:], []byte{0})
	rest = bytes.TrimLeft(rest, "\x00")
	for kv := range bytes.SplitSeq(rest, []byte{0}) {
		if left > 0 {
			left--
			continue
		}
		if v, ok := bytes.CutPrefix(kv, []byte(markName+"=")); ok {
			return string(v)
		}
	}
	return ""
}

// orphanOf reports whether p was started by the guardian, whose pid is self, or may have been left by
// one that was: orphans are given to launchd here, all in one heap.
func orphanOf(self int) func(p proc) bool {
	return func(p proc) bool { return p.parent == self || p.parent == 1 }
}

// straysAreOurs: most orphans that orphanOf finds have nothing to do with us.
const straysAreOurs = false

// adopt would make orphans ours; there is no such thing here.
func adopt() error { return nil }
