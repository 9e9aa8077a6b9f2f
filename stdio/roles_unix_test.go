//go:build unix

package stdio

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The test binary plays its own servers: TestMain sees `role NAME LIFE ARG…`. LIFE is a FIFO that
// every role holds open for writing as long as it lives, after it wrote its pid and name; "" for none.

func TestMain(m *testing.M) {
	if Reexec() {
		return
	}
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0")
	if len(os.Args) > 3 && os.Args[1] == "role" {
		announce(os.Args[3], os.Args[2])
		roles()[os.Args[2]](os.Args[4:])
		return
	}
	os.Exit(m.Run())
}

func announce(life, role string) {
	if life == "" {
		return
	}
	fd, err := unix.Open(life, unix.O_WRONLY, 0) // not closed on exec: it is held until the end
	if err != nil {
		os.Exit(9)
	}
	_, _ = unix.Write(fd, fmt.Appendf(nil, "%d %s\n", os.Getpid(), role))
}

func roles() map[string]func(args []string) {
	return map[string]func([]string){
		"echo":     func([]string) { echo() },
		"sink":     func([]string) { _, _ = io.Copy(io.Discard, os.Stdin) },
		"deaf":     func([]string) { wait() },
		"stubborn": func([]string) { stubborn() },
		"print":    func(args []string) { fmt.Print(args[0]); echo() },
		"complain": func(args []string) { fmt.Fprint(os.Stderr, args[0]); echo() },
		"environ":  func([]string) { fmt.Fprintln(os.Stderr, strings.Join(os.Environ(), "\n")); echo() },
		"exit":     func(args []string) { fmt.Fprintln(os.Stderr, "so long"); n, _ := strconv.Atoi(args[0]); os.Exit(n) },
		"shut":     func([]string) { _ = os.Stdin.Close(); fmt.Println(`{"jsonrpc":"2.0","method":"shut"}`); wait() },
		"mute":     func([]string) { _ = os.Stdout.Close(); wait() },
		"flood":    func(args []string) { flood(args[0]) },
		// parent LIFE HOW ROLE: starts ROLE in a session of its own and goes on as an echo server.
		"parent": func(args []string) { spawn(args[0], args[1]); echo() },
		"bridge": func(args []string) { bridgeRole(args[0]) },
	}
}

// wait does nothing for ever. In a system call, so that the runtime doesn't take it for a deadlock.
func wait() {
	for {
		_, _ = unix.Select(0, nil, nil, nil, nil)
	}
}

// echo answers every line with itself.
func echo() {
	r := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := r.ReadSlice('\n')
		for err == bufio.ErrBufferFull {
			_, _ = os.Stdout.Write(line)
			line, err = r.ReadSlice('\n')
		}
		if err != nil {
			return
		}
		_, _ = os.Stdout.Write(line)
	}
}

// stubborn ignores the end of its input and every signal that can be.
func stubborn() {
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	wait()
}

func flood(text string) {
	b := bytes.Repeat([]byte(text), 64<<10/len(text))
	for {
		if _, err := os.Stdout.Write(b); err != nil {
			return
		}
	}
}

// spawn starts the role in a session of its own: marked (with our environment), or bare (without).
// It keeps our standard output, as a careless daemon does.
func spawn(how, role string) {
	cmd := exec.Command(os.Args[0], "role", role, os.Args[3])
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	if how == "bare" {
		cmd.Env = []string{"GORACE=atexit_sleep_ms=0"}
	}
	if err := cmd.Start(); err != nil {
		os.Exit(8)
	}
}

// bridgeRole runs servers with grandchildren until it is killed.
func bridgeRole(life string) {
	h := NewHost(Config{Environ: os.Environ()})
	for _, how := range []string{"marked", "bare"} {
		h.Set(how, Spec{Command: role("parent", life, how, "stubborn")})
		h.Set(how+"-stubborn", Spec{Command: role("stubborn", life)})
	}
	for _, s := range h.Status() {
		if _, _, err := h.Acquire(context.Background(), s.Server, Key{Owner: "a", ID: "k"}); err != nil {
			fmt.Println(err)
			return
		}
	}
	wait()
}

// role is the command that plays it.
func role(name, life string, args ...string) Command {
	return Command{
		Path: os.Args[0],
		Args: append([]string{"role", name, life}, args...),
		Env:  map[string]string{"GORACE": "atexit_sleep_ms=0"},
		Dir:  "/",
	}
}

// life is the other end of the FIFO that roles hold.
type life struct {
	path string
	r, w *os.File // w so that there is no end before the first role
	in   *bufio.Reader
}

func newLife(t *testing.T) *life {
	t.Helper()
	path := filepath.Join(t.TempDir(), "life")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	l := &life{path: path, r: os.NewFile(uintptr(fd), path)}
	if l.w, err = os.OpenFile(path, os.O_WRONLY, 0); err != nil {
		t.Fatal(err)
	}
	l.in = bufio.NewReader(l.r)
	t.Cleanup(func() { _ = l.r.Close(); _ = l.w.Close() })
	return l
}

// born waits for n roles and returns their pids by name.
func (l *life) born(t *testing.T, n int) map[string][]int {
	t.Helper()
	_ = l.r.SetReadDeadline(time.Now().Add(10 * time.Second))
	pids := map[string][]int{}
	for range n {
		line, err := l.in.ReadString('\n')
		if err != nil {
			t.Fatalf("after %v: %v", pids, err)
		}
		pid, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		number, _ := strconv.Atoi(pid)
		pids[name] = append(pids[name], number)
	}
	return pids
}

// over waits until every role is gone. On a machine with nothing else to do that takes less than a second.
func (l *life) over(t *testing.T) {
	t.Helper()
	const within = 5 * time.Second
	began := time.Now()
	_ = l.w.Close()
	_ = l.r.SetReadDeadline(began.Add(within))
	if rest, err := io.ReadAll(l.in); err != nil {
		t.Fatalf("processes are left after %v: %v (read %q)", within, err, rest)
	}
	t.Logf("all gone after %v", time.Since(began).Round(time.Millisecond))
}

// hurried is for processes that do not end with their input.
var hurried = grace{100 * time.Millisecond, 100 * time.Millisecond}

// start starts a role; it ends with the test.
func start(t testing.TB, c Command, change ...func(*Config)) *Process {
	t.Helper()
	config := Config{Environ: os.Environ()}
	for _, f := range change {
		f(&config)
	}
	p, err := Start(t.Context(), "x", c, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Close()
		p.Wait()
	})
	return p
}
