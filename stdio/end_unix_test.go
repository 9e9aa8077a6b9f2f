//go:build unix

package stdio

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// However the bridge dies, nothing that it started is left.
func TestBridgeIsKilled(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			l := newLife(t)
			cmd := exec.Command(os.Args[0], "role", "bridge", l.path, l.path)
			var out strings.Builder
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			const bridges, servers, grandchildren = 1, 4, 2
			l.born(t, bridges+servers+grandchildren)
			_ = cmd.Process.Signal(sig)
			_ = cmd.Wait()
			l.over(t)
			if out.Len() > 0 {
				t.Fatal(out.String())
			}
		})
	}
}

// When the guardian is killed, what it watched over ends, and the next start has a new one.
func TestGuardianIsKilled(t *testing.T) {
	l := newLife(t)
	h := newHost(t)
	h.Set("a", Spec{Command: role("parent", l.path, "marked", "stubborn")})
	c, release, err := h.Acquire(t.Context(), "a", Key{ID: "1"})
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	l.born(t, 2)
	_ = h.starter.keeper.guard.cmd.Process.Kill()
	if _, err := c.Read(); !isExit(err) {
		t.Fatal(err)
	}
	l.over(t)
	var again error
	for range 100 { // one start may still meet the old guardian
		if _, release, again = h.Acquire(t.Context(), "a", Key{ID: "2"}); again == nil {
			release()
			return
		}
	}
	t.Fatal(again)
}

func newHost(t testing.TB, change ...func(*Config)) *Host {
	t.Helper()
	config := Config{Environ: os.Environ()}
	for _, f := range change {
		f(&config)
	}
	h := NewHost(config)
	t.Cleanup(h.Close)
	return h
}

// A server that is killed again and again costs nothing that stays.
func TestServerIsKilledOften(t *testing.T) {
	h := newHost(t)
	h.Set("a", Spec{Command: role("echo", "")})
	const rounds = 50
	var before int
	for i := range rounds {
		c, release, err := h.Acquire(t.Context(), "a", Key{ID: "same"})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Write(ask(i, "")); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(); err != nil {
			t.Fatal(err)
		}
		p := c.(*Process)
		_ = syscall.Kill(p.PID(), syscall.SIGKILL)
		began := time.Now()
		_, err = c.Read()
		var e *ExitError
		if !errors.As(err, &e) || e.Status != "was killed by SIGKILL" {
			t.Fatalf("round %d: %v", i, err)
		}
		if took := time.Since(began); took > time.Second {
			t.Fatalf("round %d: the death was known after %v", i, took)
		}
		release()
		p.Wait()
		if i == 4 {
			before = openFiles(t)
		}
	}
	if after := openFiles(t); after > before {
		t.Fatalf("%d files were open after 5 rounds, %d after %d", before, after, rounds)
	}
	guardian := h.starter.keeper.guard.cmd.Process.Pid
	for _, p := range processes() {
		if p.parent == guardian || p.parent == os.Getpid() && p.pid != guardian {
			t.Fatalf("process %+v is left", p)
		}
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// Close ends all servers at the same time, and quickly when they end with their input.
func TestHostCloses(t *testing.T) {
	l := newLife(t)
	h := newHost(t)
	h.Set("a", Spec{Command: role("echo", l.path)})
	h.Set("b", Spec{Command: role("parent", l.path, "bare", "stubborn")})
	for _, id := range []string{"1", "2", "3", "4"} {
		if _, _, err := h.Acquire(t.Context(), "a", Key{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := h.Acquire(t.Context(), "b", Key{ID: "1"}); err != nil {
		t.Fatal(err)
	}
	pids := l.born(t, 6)
	began := time.Now()
	h.Close()
	t.Logf("closed in %v", time.Since(began))
	for name, list := range pids {
		for _, pid := range list {
			if p, ok := lookProc(pid); ok {
				t.Errorf("%s is left: %+v", name, p)
			}
		}
	}
	if _, _, err := h.Acquire(t.Context(), "a", Key{ID: "5"}); err == nil {
		t.Fatal("a closed host starts processes")
	}
}

func TestHostStartsNoStranger(t *testing.T) {
	h := newHost(t)
	h.Set("a", Spec{Command: Command{Path: "no-such-program-here"}})
	_, _, err := h.Acquire(t.Context(), "a", Key{})
	var e *StartError
	if !errors.As(err, &e) || strings.Contains(err.Error(), "/") {
		t.Fatalf("got %v", err)
	}
	st := h.Status()[0]
	if st.State != Failed || st.Incident != e.Incident || !strings.Contains(st.Error, `"no-such-program-here" not found; looked in /`) {
		t.Fatalf("got %+v", st)
	}
	if _, _, err := h.Acquire(context.Background(), "b", Key{}); err == nil || err.Error() != `no server is called "b"` {
		t.Fatalf("got %v", err)
	}
}

// What a server writes to standard error can be followed.
func TestHostLogs(t *testing.T) {
	h := newHost(t)
	h.Set("a", Spec{Command: role("complain", "", "help\n")})
	_, follow, cancel, err := h.Logs("a")
	if err != nil {
		t.Fatal(err)
	}
	_, release, err := h.Acquire(t.Context(), "a", Key{ID: "1", Once: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := <-follow; string(got) != "help\n" {
		t.Fatalf("got %q", got)
	}
	release()
	cancel()
	if _, open := <-follow; open {
		t.Fatal("follow is open after cancel")
	}
	kept, _, cancel, _ := h.Logs("a")
	defer cancel()
	if string(kept) != "help\n" {
		t.Fatalf("kept %q", kept)
	}
}
