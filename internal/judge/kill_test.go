package judge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestServerKilledMidCall kills a server 200 times while calls run in it. Each call ends within a
// second, the next one works, and nothing dead or alive is left over.
func TestServerKilledMidCall(t *testing.T) {
	needProc(t)
	b := serve(t, map[string]entry{"mortal": ourselves(t, "all", "plain", t.Name())})
	l := b.open(t, b.client(t), "mortal", b.token(t, "killer"))
	var slowest, longest time.Duration
	for i := range 200 {
		before := time.Now()
		pid := pidOf(t, l)
		longest = max(longest, time.Since(before))
		took, err := killMidCall(deadline(t, 30*time.Second), l, pid)
		if err != nil {
			t.Fatalf("kill %d: %v", i, err)
		}
		slowest = max(slowest, took)
	}
	t.Logf("a call ended at most %v after its server, the next one took at most %v", slowest, longest)
	if slowest > time.Second {
		t.Errorf("a call ended %v after its server was killed, want within 1s", slowest)
	}
	eventually(t, 2*time.Second, "no zombie", func() bool { return len(zombies()) == 0 })
	if n := len(running(t.Name())); n > 2 {
		t.Errorf("%d processes of one shared server, want one, and perhaps a spare", n)
	}
}

// pidOf asks the server which process it is.
func pidOf(t *testing.T, l *line) int {
	t.Helper()
	text, err := l.tool(deadline(t, 30*time.Second), "1", "pid", `{}`)
	if err != nil {
		t.Fatalf("the call after a kill: %v", err)
	}
	pid, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// killMidCall kills pid while three calls run in it, and returns how long the last of them lasted
// after that. Each must end as a JSON-RPC error.
func killMidCall(ctx context.Context, l *line, pid int) (time.Duration, error) {
	const calls = 3
	begun := make(chan struct{}, calls) // one for each call that the server has begun
	errs := make([]error, calls)
	var wg sync.WaitGroup
	for i := range calls {
		wg.Go(func() {
			params := fmt.Sprintf(`{"name":"never","arguments":{},"_meta":{"progressToken":%d}}`, i)
			m, err := l.call(ctx, strconv.Itoa(10+i), "tools/call", params, func(message) { begun <- struct{}{} })
			if err == nil && m.Error == nil {
				err = fmt.Errorf("answered with %.200s", m.Result)
			}
			errs[i] = err
		})
	}
	for range calls {
		select {
		case <-begun:
		case <-ctx.Done():
			return 0, errors.Join(append(errs, errors.New("the call did not begin"))...)
		}
	}
	p, err := os.FindProcess(pid)
	if err == nil {
		err = p.Kill()
	}
	killed := time.Now()
	wg.Wait()
	return time.Since(killed), errors.Join(append(errs, err)...)
}

// TestBridgeKilled: however the bridge ends, nothing that it started is left a second later,
// children included that ignore every signal but the last and have left their group.
func TestBridgeKilled(t *testing.T) {
	needProc(t)
	for _, c := range []struct {
		name string
		end  func(*bridge)
	}{{"killed", (*bridge).kill}, {"asked", (*bridge).stop}} {
		t.Run(c.name, func(t *testing.T) {
			b, mark := crowded(t)
			before := len(running(mark))
			if before < 12 {
				t.Errorf("%d processes run before the end, want a server and two children for four sessions at least", before)
			}
			c.end(b)
			ended := time.Now()
			eventually(t, time.Second, "no process left", func() bool { return len(running(mark))+len(running(b.path)) == 0 })
			t.Logf("%d processes were gone %v after the bridge", before, time.Since(ended))
		})
	}
}

// crowded is a bridge with servers of every share whose children linger. mark finds them all.
func crowded(t *testing.T) (b *bridge, mark string) {
	t.Helper()
	mark = "mark-" + filepath.Base(t.TempDir()) + "-" + strconv.FormatInt(time.Now().UnixNano(), 36)
	b = serve(t, map[string]entry{
		"own":   ourselves(t, "session", "parent", mark),
		"agent": ourselves(t, "agent", "parent", mark),
		"all":   ourselves(t, "all", "parent", mark),
	})
	t.Cleanup(func() { // what the bridge failed to end must not outlive the test
		for _, pid := range running(mark) {
			if p, err := os.FindProcess(pid); err == nil {
				_ = p.Kill()
			}
		}
	})
	token, c := b.token(t, "crowd"), b.client(t)
	for _, server := range []string{"own", "own", "agent", "all"} {
		if text, err := b.open(t, c, server, token).tool(deadline(t, 10*time.Second), "1", "echo", `{"text":"hello"}`); err != nil || text != "hello" {
			t.Fatalf("%s: %q, %v", server, text, err)
		}
	}
	return b, mark
}

// needProc skips t where processes can't be looked at.
func needProc(t *testing.T) {
	t.Helper()
	judging(t)
	if runtime.GOOS != "linux" {
		t.Skip("looks at /proc")
	}
}

// running are the living processes with mark in their command line, this one excepted.
func running(mark string) []int {
	var pids []int
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range files {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(f)))
		if text, err := os.ReadFile(f); err == nil && pid != os.Getpid() && bytes.Contains(text, []byte(mark)) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// zombies are the dead that nobody has waited for, among what this process started: processes of
// other programs' names are not ours to judge.
func zombies() []string {
	self, _ := os.Executable()
	var dead []string
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		name, rest, _ := strings.Cut(string(text), ") ")
		_, name, _ = strings.Cut(name, "(")
		if strings.HasPrefix(rest, "Z") && strings.HasPrefix(filepath.Base(self), name) {
			dead = append(dead, string(text))
		}
	}
	return dead
}

// procFile is a file about a process.
func procFile(pid int, name string) string {
	return filepath.Join("/proc", strconv.Itoa(pid), name)
}

// resident is a process's memory in bytes; 0 when it has none.
func resident(pid int) int {
	text, _ := os.ReadFile(procFile(pid, "status"))
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	kib, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, _ := strconv.Atoi(kib)
	return n << 10
}
