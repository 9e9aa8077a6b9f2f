package stdio

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"drawbridge/internal/wire"
)

// Spec is one server as it is configured.
type Spec struct {
	Command Command // required
	// Spare keeps one more process started and untouched, for the next new key, once a key that is
	// used only once has been asked for.
	Spare        bool
	Idle         time.Duration // how long a process without a lease is kept; 0 is 5 minutes, negative is for ever
	MaxProcesses int           // 0 is 256
}

const (
	idleUsually      = 5 * time.Minute
	processesUsually = 256
)

func (s Spec) idle() time.Duration {
	if s.Idle == 0 {
		return idleUsually
	}
	return s.Idle
}

func (s Spec) maxProcesses() int {
	if s.MaxProcesses <= 0 {
		return processesUsually
	}
	return s.MaxProcesses
}

// Key says which process of a server is wanted.
type Key struct {
	Owner string // whom it is for; what one owner may have is bounded
	ID    string // the same ID is the same process
	Once  bool   // nobody asks for ID again: the process ends with its last lease
}

// Host runs servers by name, as many processes of each as are asked for.
// Its methods may be called by any number of goroutines.
type Host struct {
	config  Config
	starter *starter
	start   func(ctx context.Context, server string, c Command, w witness) (instance, error) // starter.start, but for tests
	ctx     context.Context                                                                  // ends with Close
	cancel  context.CancelFunc
	wg      sync.WaitGroup // one for each run, and for what warms up
	news    chan struct{}  // capacity 1: dirty is not empty; nobody waits to say so
	telling sync.WaitGroup // the goroutine that calls OnChange

	mu      sync.Mutex // guards the fields below and all of each server
	servers map[string]*server
	dirty   map[string]*server // to be told to OnChange
	ended   chan struct{}      // closed and made anew whenever a process is gone: there is room
	held    bool               // nothing starts
	closed  bool
}

// instance is a running process as Host sees it: a *Process, or in tests one in memory.
type instance interface {
	wire.Conn
	PID() int
	Done() <-chan struct{}
	Err() *ExitError
	Wait()
	Noise() (lines uint64, last []string)
	end(why string)
	over() bool   // it has ended or is being ended: nothing more can be said to it
	served() bool // it has sent a message
}

// server is what the host knows of one server.
type server struct {
	name    string
	spec    Spec
	stopped bool // by the owner
	log     *tail

	runs     map[*run]struct{} // all whose process is not gone, those on their way out too
	keyed    map[string]*run   // by Key.ID, those that can be had
	spare    *run              // started for nobody yet, or nil
	failures failures
	failed   *StartError // why the last start failed; nil after one that did not
	last     *ExitError  // of the process that died last without being ended
	noise    uint64      // of processes that are gone
	heard    []string    // the last of it
}

// NewHost makes a host without servers. It must be closed.
func NewHost(c Config) *Host {
	h := &Host{
		starter: newStarter(c),
		news:    make(chan struct{}, 1),
		servers: map[string]*server{}, dirty: map[string]*server{},
		ended: make(chan struct{}),
	}
	h.config = h.starter.config
	h.start = func(ctx context.Context, server string, c Command, w witness) (instance, error) {
		p, err := h.starter.start(ctx, server, c, w)
		if err != nil {
			return nil, err // not a nil *Process
		}
		return p, nil
	}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	if h.config.OnChange != nil {
		h.telling.Go(h.tell)
	}
	return h
}

// Set adds a server or changes one. When its command changed, its processes are ended, calls in
// flight included; other servers notice nothing.
func (h *Host) Set(name string, spec Spec) {
	spec.Command = spec.Command.clone()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	s := h.servers[name]
	switch {
	case s == nil:
		s = &server{name: name, log: &tail{most: logKept}, runs: map[*run]struct{}{}, keyed: map[string]*run{}}
		h.servers[name] = s
	case reflect.DeepEqual(s.spec, spec):
		return
	case !reflect.DeepEqual(s.spec.Command, spec.Command):
		h.endAll(s, "was restarted with new settings")
	}
	s.spec = spec
	h.note(s)
}

// Warm begins what the first start of a process would else wait for. It is called at most once.
func (h *Host) Warm() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.wg.Go(h.starter.warm)
	}
}

// Remove ends a server's processes and forgets it. An unknown name is fine.
func (h *Host) Remove(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.servers[name]; s != nil {
		h.endAll(s, "was removed by its owner")
		s.log.close()
		delete(h.servers, name)
		delete(h.dirty, name)
	}
}

// Stop ends a server's processes and refuses new ones until Start or Restart.
func (h *Host) Stop(name string) error {
	return h.change(name, func(s *server) {
		s.stopped = true
		h.endAll(s, "was stopped by its owner")
	})
}

// Start takes back Stop, and what was held against a server that kept dying.
func (h *Host) Start(name string) error {
	return h.change(name, func(s *server) {
		s.stopped = false
		s.failed, s.failures = nil, failures{}
	})
}

// Restart ends a server's processes; the next that are asked for are new.
func (h *Host) Restart(name string) error {
	return h.change(name, func(s *server) {
		s.stopped = false
		h.endAll(s, "was restarted by its owner")
	})
}

// Hold ends all processes, spares too, and lets none start until it is called with false.
func (h *Host) Hold(up bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held = up
	if !up {
		return
	}
	for _, s := range h.servers {
		h.endAll(s, "was ended: the bridge was raised")
	}
}

func (h *Host) change(name string, f func(*server)) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.servers[name]
	if s == nil {
		return unknown(name)
	}
	f(s)
	h.note(s)
	return nil
}

func unknown(name string) error { return fmt.Errorf("no server is called %q", name) }

// Rescan makes the next start ask anew where programs are, after the owner installed one.
func (h *Host) Rescan() { h.starter.forget() }

// Close ends all processes and returns when they and what they started are gone.
func (h *Host) Close() {
	h.mu.Lock()
	first := !h.closed
	h.closed = true
	if first {
		for _, s := range h.servers {
			h.endAll(s, "was ended with the bridge")
			s.log.close()
		}
		h.cancel()
	}
	h.mu.Unlock()
	h.starter.cancel()
	h.wg.Wait()
	h.starter.close()
	if first {
		close(h.news) // nobody notes after closed is set
	}
	h.telling.Wait()
}

// endAll begins the end of all processes of s and forgets what was held against it.
func (h *Host) endAll(s *server, why string) {
	for r := range s.runs {
		h.end(r, why)
	}
	s.failed, s.failures = nil, failures{}
}

// logKept is how much of a server's standard error is kept, of all its processes together.
const logKept = 64 << 10

// Logs is the end of what a server's processes wrote to standard error. From follow comes what is
// written from then on; it is closed by cancel, when the server is removed, and when the reader lags far behind.
func (h *Host) Logs(name string) (kept []byte, follow <-chan []byte, cancel func(), err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.servers[name]
	if s == nil {
		return nil, nil, nil, unknown(name)
	}
	kept, follow, cancel = s.log.follow()
	return kept, follow, cancel, nil
}

// all is every run of every server, in no order.
func (h *Host) all() []*run {
	var all []*run
	for _, s := range h.servers {
		all = slices.AppendSeq(all, maps.Keys(s.runs))
	}
	return all
}
