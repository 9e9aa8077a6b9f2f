package stdio

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drawbridge/internal/wire"
)

// memory is a process without a process: the host's logic is tested with it under a clock of its own.
type memory struct {
	wire.Conn
	server string
	pid    int
	spoke  bool
	slow   time.Duration // how long it takes to end

	mu     sync.Mutex // guards the fields below
	ending bool
	err    *ExitError
	done   chan struct{} // closed when err is set
}

func (m *memory) PID() int                  { return m.pid }
func (m *memory) Done() <-chan struct{}     { return m.done }
func (m *memory) Err() *ExitError           { m.mu.Lock(); defer m.mu.Unlock(); return m.err }
func (m *memory) Wait()                     {}
func (m *memory) Noise() (uint64, []string) { return 1, []string{"hello"} }
func (m *memory) served() bool              { return m.spoke }
func (m *memory) over() bool                { m.mu.Lock(); defer m.mu.Unlock(); return m.ending || m.err != nil }
func (m *memory) Close() error              { m.end("was closed"); return nil }

func (m *memory) end(why string) {
	m.mu.Lock()
	m.ending = true
	m.mu.Unlock()
	time.AfterFunc(m.slow, func() { m.die(&ExitError{Server: m.server, Status: why, Ended: true}) })
}

func (m *memory) die(e *ExitError) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil {
		m.err = e
		close(m.done)
	}
}

// crash is what happens when nobody wanted it.
func (m *memory) crash() {
	m.die(&ExitError{Server: m.server, Status: "exited with status 1", Incident: fmt.Sprintf("I%d", m.pid), Stderr: "oops"})
}

// house is a host of processes in memory.
type house struct {
	*Host
	t *testing.T

	mu      sync.Mutex // guards the fields below
	started []*memory
	refuse  error         // what a start fails with
	takes   time.Duration // how long a start takes
	slow    time.Duration // how long an end takes
	mute    bool          // processes die without having served
}

// inHouse runs f with a host in a bubble.
func inHouse(t *testing.T, config Config, f func(t *testing.T, h *house)) {
	synctest.Test(t, func(t *testing.T) {
		config.Environ = []string{"PATH=/nowhere"}
		h := &house{Host: NewHost(config), t: t}
		h.start = h.startMemory
		f(t, h)
		h.Close()
	})
}

func (h *house) startMemory(ctx context.Context, server string, _ Command, _ witness) (instance, error) {
	h.mu.Lock()
	takes := h.takes
	h.mu.Unlock()
	time.Sleep(takes)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refuse != nil {
		return nil, h.refuse
	}
	m := &memory{server: server, pid: len(h.started) + 1, slow: h.slow, spoke: !h.mute, done: make(chan struct{})}
	h.started = append(h.started, m)
	return m, nil
}

// born is every process that was started, in order.
func (h *house) born() []*memory {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.started)
}

// get acquires and must succeed.
func (h *house) get(server string, k Key) (*memory, func()) {
	h.t.Helper()
	c, release, err := h.Acquire(h.t.Context(), server, k)
	if err != nil {
		h.t.Fatal(err)
	}
	return c.(*memory), release
}

// refused acquires and must fail with that text in the error.
func (h *house) refused(server string, k Key, want string) {
	h.t.Helper()
	_, _, err := h.Acquire(h.t.Context(), server, k)
	if err == nil || !strings.Contains(err.Error(), want) {
		h.t.Fatalf("got %v, want %q in it", err, want)
	}
}

func (h *house) is(server string, want State, processes int) {
	h.t.Helper()
	synctest.Wait()
	for _, st := range h.Status() {
		if st.Server == server && (st.State != want || len(st.Processes) != processes) {
			h.t.Fatalf("%s is %s with %d processes, want %s with %d", server, st.State, len(st.Processes), want, processes)
		}
	}
}

func spec(path string) Spec { return Spec{Command: Command{Path: path}} }
