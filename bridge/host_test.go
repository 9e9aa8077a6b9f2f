package bridge

import (
	"context"
	"slices"
	"sync"
	"testing"

	"drawbridge/bridge/audit"
	"drawbridge/internal/wire"
)

// host is a Backend of processes in memory.
type host struct {
	tb testing.TB

	mu    sync.Mutex // guards the fields below
	procs map[Key]*proc
	all   map[string][]*proc
}

type proc struct {
	conn, end wire.Conn
	inbox     chan string
	done      chan struct{}
	leases    int // guarded by host.mu
}

func newHost(tb testing.TB) *host {
	return &host{tb: tb, procs: map[Key]*proc{}, all: map[string][]*proc{}}
}

// lease is one more lease on p, and how it is given back.
func (h *host) lease(p *proc) (wire.Conn, func(), error) {
	p.leases++
	given := false
	return p.conn, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if given {
			h.tb.Error("a lease was given back twice")
		}
		given = true
		p.leases--
	}, nil
}

func (h *host) leases(p *proc) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return p.leases
}

func (h *host) Acquire(_ context.Context, server string, k Key) (wire.Conn, func(), error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	k = Key{ID: server + " " + k.ID}
	if p := h.procs[k]; p != nil {
		select {
		case <-p.done:
		default:
			return h.lease(p)
		}
	}
	p := &proc{inbox: make(chan string, 100), done: make(chan struct{})}
	conn, end := wire.Pipe()
	p.conn, p.end = mortal{conn, server}, end
	h.procs[k] = p
	h.all[server] = append(h.all[server], p)
	go func() {
		defer close(p.done)
		for {
			m, err := end.Read()
			if err != nil {
				return
			}
			p.inbox <- string(m.Bytes())
		}
	}()
	return h.lease(p)
}

func (h *host) close() {
	for _, procs := range h.all {
		for _, p := range procs {
			if n := h.leases(p); n > 0 {
				h.tb.Errorf("%d leases were never given back", n)
			}
			_ = p.end.Close()
			<-p.done
		}
	}
}

// death is how a process ended, with what it said last.
type death string

func (d death) Error() string     { return string(d) }
func (d death) LastWords() string { return "the moat is dry" }

// mortal says of its end what a process's would.
type mortal struct {
	wire.Conn
	server string
}

func (m mortal) Read() (wire.Message, error) {
	msg, err := m.Conn.Read()
	if err != nil {
		err = death(m.server + " exited with status 1 (incident 1)")
	}
	return msg, err
}

type memory map[string]Facts

func (m memory) Recall(server, _ string) Facts      { return m[server] }
func (m memory) Remember(server, _ string, f Facts) { m[server] = f }

// record keeps what is recorded.
type record struct {
	mu      sync.Mutex // guards the fields below
	entries []audit.Entry
	fail    error
}

func (r *record) Append(e audit.Entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		return r.fail
	}
	r.entries = append(r.entries, e)
	return nil
}

// from are the entries after the first n.
func (r *record) from(n int) []audit.Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.entries[n:])
}
