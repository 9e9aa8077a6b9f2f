package judge

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// daemon is a program that listens at a port. It can be ended and started again.
type daemon struct {
	path string
	args []string
	env  []string
	log  string // gets what it prints
	port int    // 0: nothing is waited for

	cmd  *exec.Cmd
	gone chan struct{} // closed when the process has been reaped
}

// start starts d and waits until it listens. It is gone when t ends.
func (d *daemon) start(t testing.TB) {
	t.Helper()
	log, err := os.OpenFile(d.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	d.cmd, d.gone = exec.Command(d.path, d.args...), make(chan struct{})
	d.cmd.Env, d.cmd.Stdout, d.cmd.Stderr = append(os.Environ(), d.env...), log, log
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	cmd, gone := d.cmd, d.gone
	go func() { // ends with the process; kill waits for it
		defer close(gone)
		_ = cmd.Wait()
		_ = log.Close()
	}()
	t.Cleanup(func() {
		d.kill()
		if t.Failed() {
			t.Logf("%s said:\n%s", d.path, tail(d.log, 3<<10))
		}
	})
	if d.port == 0 {
		return
	}
	eventually(t, 10*time.Second, d.path+" listens", func() bool {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", d.port))
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

// variables are those of an environment file, as systemd reads them.
func variables(t testing.TB, file string) (all []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			all = append(all, line)
		}
	}
	return all
}

// kill ends d and what it started, at once.
func (d *daemon) kill() {
	for _, pid := range append(descendants(d.cmd.Process.Pid), d.cmd.Process.Pid) {
		if p, err := os.FindProcess(pid); err == nil {
			_ = p.Kill()
		}
	}
	<-d.gone
}

// descendants are the processes that pid started, and those that they did.
func descendants(pid int) []int {
	children := map[int][]int{}
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range files {
		text, _ := os.ReadFile(f)
		_, rest, _ := strings.Cut(string(text), ") ")
		if fields := strings.Fields(rest); len(fields) > 1 {
			child, _ := strconv.Atoi(filepath.Base(filepath.Dir(f)))
			parent, _ := strconv.Atoi(fields[1])
			children[parent] = append(children[parent], child)
		}
	}
	all := children[pid]
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all
}

// resolverAt dials a DNS server of this machine, whatever server is asked for.
func resolverAt(port int) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, fmt.Sprintf("127.0.0.1:%d", port))
	}
}

// most is how much a tap keeps.
const most = 1 << 20

// tap is what stands between two sockets and keeps every byte that passes, up to most.
type tap struct {
	mu   sync.Mutex // guards the field below
	seen bytes.Buffer
}

func newTap(t testing.TB, from, to string) *tap {
	t.Helper()
	l, err := net.Listen("unix", from)
	if err != nil {
		t.Fatal(err)
	}
	s := &tap{}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			a, err := l.Accept()
			if err != nil {
				return
			}
			b, err := net.Dial("unix", to)
			if err != nil {
				_ = a.Close()
				continue
			}
			wg.Go(func() { s.pass(a, b) })
			wg.Go(func() { s.pass(b, a) })
		}
	})
	t.Cleanup(func() { _ = l.Close() })
	return s
}

// pass copies one way until that ends, and then ends the other.
func (s *tap) pass(to, from net.Conn) {
	_, _ = io.Copy(io.MultiWriter(to, s), from)
	_ = to.Close()
	_ = from.Close()
}

func (s *tap) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen.Len() > most {
		return len(p), nil
	}
	return s.seen.Write(p)
}

// has reports whether text went through.
func (s *tap) has(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Contains(s.seen.Bytes(), []byte(text))
}
