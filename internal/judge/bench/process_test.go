package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process is a program that serves, and says where in its first line of output.
type process struct {
	host string // and port
	pid  int
	cmd  *exec.Cmd
	gone chan struct{} // closed when it has been reaped
}

// launch starts cmd and waits until it is ready. It is gone when b ends, if not before.
func launch(tb testing.TB, cmd *exec.Cmd) *process {
	tb.Helper()
	p := &process{cmd: cmd, gone: make(chan struct{})}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	p.pid = cmd.Process.Pid
	tb.Cleanup(func() { p.stop() })
	ready := make(chan string, 1) // one line is all that is read
	go func() {                   // ends with the process's output
		defer close(p.gone)
		line, _ := bufio.NewReader(stdout).ReadString('\n')
		ready <- line
		_, _ = io.Copy(io.Discard, stdout)
		_ = cmd.Wait()
	}()
	var line string
	select {
	case line = <-ready:
	case <-time.After(patience):
	}
	var said struct {
		URL string `json:"url"`
		PID int    `json:"pid"`
	}
	if err := json.Unmarshal([]byte(line), &said); err != nil || said.URL == "" {
		tb.Fatalf("%v: its first line is %q (%v), want where it serves", cmd.Args, line, err)
	}
	p.host, p.pid = strings.Trim(strings.TrimPrefix(said.URL, "http://"), "/"), said.PID
	return p
}

// stop has the process end, and returns how long that took.
func (p *process) stop() time.Duration {
	began := time.Now()
	select {
	case <-p.gone:
		return 0
	default:
	}
	if running, err := os.FindProcess(p.pid); err == nil {
		_ = running.Signal(syscall.SIGTERM)
	}
	select {
	case <-p.gone:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.gone
	}
	return time.Since(began)
}

// cpu is what the process alone has used, in steps of 10 ms.
func (p *process) cpu() time.Duration {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid))
	_, after, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// memory is the process's own in MiB: VmRSS is now, VmHWM the most there was.
func (p *process) memory(key string) float64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	_, after, _ := strings.Cut(string(text), key+":")
	line, _, _ := strings.Cut(after, " kB")
	kib, _ := strconv.ParseFloat(strings.TrimSpace(line), 64)
	return kib / 1024
}
