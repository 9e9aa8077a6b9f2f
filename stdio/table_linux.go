package stdio

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// processes is the kernel's table of processes, as far as we may see it.
func processes() []proc {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	names, _ := dir.Readdirnames(-1)
	_ = dir.Close()
	table := make([]proc, 0, len(names))
	buf := make([]byte, 1024)
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			if p, ok := readProc(pid, buf); ok {
				table = append(table, p)
			}
		}
	}
	return table
}

// lookProc reads the line of one process.
func lookProc(pid int) (proc, bool) { return readProc(pid, make([]byte, 1024)) }

func readProc(pid int, buf []byte) (proc, bool) {
	b := readAll("/proc/"+strconv.Itoa(pid)+"/stat", buf)
	// The program's name, in parentheses, may hold anything.
	i := bytes.LastIndexByte(b, ')')
	if i < 0 {
		return proc{}, false
	}
	f := bytes.Fields(b[i+1:])
	if len(f) < 20 {
		return proc{}, false
	}
	number := func(i int) int { n, _ := strconv.Atoi(string(f[i])); return n }
	start, _ := strconv.ParseUint(string(f[19]), 10, 64)
	return proc{pid: pid, parent: number(1), group: number(2), session: number(3), start: start}, true
}

// markOf is the value of markName that the process was started with, or "".
func markOf(pid int) string {
	const most = 4 << 20 // the kernel's own bound on arguments and environment is about this
	var b []byte
	for size := 16 << 10; size <= most; size *= 4 {
		if b = readAll("/proc/"+strconv.Itoa(pid)+"/environ", make([]byte, size)); len(b) < size {
			break
		}
	}
	for kv := range bytes.SplitSeq(b, []byte{0}) {
		if v, ok := bytes.CutPrefix(kv, []byte(markName+"=")); ok {
			return string(v)
		}
	}
	return ""
}

// readAll reads a file of /proc without what os.File does for files that can wait.
func readAll(path string, buf []byte) []byte {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	n := 0
	for n < len(buf) {
		m, err := unix.Read(fd, buf[n:])
		if err == unix.EINTR {
			continue
		}
		if m <= 0 || err != nil {
			break
		}
		n += m
	}
	return buf[:n]
}

// orphanOf reports whether p was left to the guardian, whose pid is self, or started by it. As the
// subreaper it becomes the parent of every process below it whose own parent died.
func orphanOf(self int) func(p proc) bool { return func(p proc) bool { return p.parent == self } }

// straysAreOurs: every orphan that orphanOf finds was left by one of our servers.
const straysAreOurs = true

// adopt makes this process the one that orphans below it are given to.
func adopt() error { return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }
