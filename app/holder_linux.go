package app

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// holder says which program listens on a TCP port; "" when that cannot be found out, for instance
// because it is another user's.
func holder(port int) string {
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		for inode := range listening(table, port) {
			if who := owner("socket:[" + inode + "]"); who != "" {
				return who
			}
		}
	}
	return ""
}

// listening are the inodes of the sockets in table that listen on port.
func listening(table string, port int) map[string]bool {
	const local, state, inode, listen = 1, 3, 9, "0A"
	found := map[string]bool{}
	f, err := os.Open(table)
	if err != nil {
		return found
	}
	defer f.Close()
	suffix := fmt.Sprintf(":%04X", port)
	for lines := bufio.NewScanner(f); lines.Scan(); {
		c := strings.Fields(lines.Text())
		if len(c) > inode && c[state] == listen && strings.HasSuffix(c[local], suffix) {
			found[c[inode]] = true
		}
	}
	return found
}

// owner is the process that has the open file that a link of /proc/PID/fd names so.
func owner(file string) string {
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, link := range links {
		if target, err := os.Readlink(link); err != nil || target != file {
			continue
		}
		pid := strings.Split(link, "/")[2]
		if _, err := strconv.Atoi(pid); err != nil {
			continue
		}
		name, _ := os.ReadFile("/proc/" + pid + "/comm")
		return fmt.Sprintf("%s (process %s)", strings.TrimSpace(string(name)), pid)
	}
	return ""
}
