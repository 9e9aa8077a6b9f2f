package stdio

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"drawbridge/internal/wire"
)

// Acquire returns the process of a server for that key, started if need be, and a func that gives
// the lease on it back. It waits for the start and, when the last one died early, for a moment before it. The same
// process is always the same Conn; closing it ends the process for all who hold it. The errors may be
// shown to agents.
func (h *Host) Acquire(ctx context.Context, server string, k Key) (wire.Conn, func(), error) {
	for {
		r, wait, err := h.place(server, k)
		if err != nil {
			return nil, nil, err
		}
		ready := wait
		if r != nil {
			ready = r.ready
		}
		select {
		case <-ready:
		case <-ctx.Done():
			if r != nil {
				h.release(r)
			}
			return nil, nil, fmt.Errorf("server %q: %w", server, context.Cause(ctx))
		}
		if r == nil {
			continue
		}
		if r.err != nil {
			return nil, nil, r.err
		}
		var once sync.Once
		return r.inst, func() { once.Do(func() { h.release(r) }) }, nil
	}
}

// place finds or begins the run for k and takes a lease on it. A nil run without an error: try
// again when wait is closed.
func (h *Host) place(name string, k Key) (r *run, wait <-chan struct{}, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.servers[name]
	switch {
	case h.closed:
		return nil, nil, errors.New("the bridge is closing")
	case h.held:
		return nil, nil, errors.New("the bridge is raised: its owner lets nothing pass at the moment")
	case s == nil:
		return nil, nil, unknown(name)
	case s.stopped:
		return nil, nil, fmt.Errorf("server %q was stopped by its owner", name)
	}
	if r := s.keyed[k.ID]; r != nil && r.alive() {
		h.lease(r)
		return r, nil, nil
	}
	if wait, err := s.delay(time.Now()); wait != nil || err != nil {
		return nil, wait, err
	}
	if r = s.spare; r != nil && r.alive() {
		r.key, r.spare = k, false
		s.spare, s.keyed[k.ID] = nil, r
	} else {
		if wait, err := h.room(s, k.Owner); wait != nil || err != nil {
			return nil, wait, err
		}
		r = h.begin(s, k, false)
	}
	h.lease(r)
	if s.spec.Spare && k.Once {
		time.AfterFunc(spareAfter, func() { h.keepSpare(s) })
	}
	return r, nil, nil
}

// spareAfter is how much later than the process that was asked for the spare is started, so that it does not
// slow that one down.
const spareAfter = time.Second

// keepSpare starts a spare process where none is ready and there is room for one.
func (h *Host) keepSpare(s *server) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.held || h.servers[s.name] != s || s.stopped || s.spare != nil || s.failed != nil || s.failures.n > 0 ||
		len(s.runs) >= s.spec.maxProcesses() || len(h.all()) >= h.config.MaxProcesses {
		return
	}
	h.begin(s, Key{}, true)
}

// alive reports whether r can still be had. That its process died, or was closed, may not be known here yet.
func (r *run) alive() bool {
	return r.ending == "" && !r.dead && (r.inst == nil || !r.inst.over())
}

func (h *Host) lease(r *run) {
	r.leases++
	if r.idle != nil {
		r.idle.Stop()
		r.idle = nil
	}
	h.note(r.server)
}

func (h *Host) release(r *run) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r.leases--
	if r.leases == 0 && r.inst != nil && r.ending == "" && !r.dead {
		h.rest(r)
	}
	h.note(r.server)
}

// delay is what the deaths of late mean for a start now: wait, or refuse.
func (s *server) delay(now time.Time) (wait <-chan struct{}, err error) {
	d := s.failures.after.Sub(now)
	switch {
	case d <= 0:
		return nil, nil
	case s.failures.loops():
		return nil, s.failures.loopError(now)
	}
	over := make(chan struct{})
	time.AfterFunc(d, func() { close(over) })
	return over, nil
}

// room sees to it that there is room for one more process of s for owner. It may end an idle
// process of the same owner, or a spare; then, and where one is ending anyway, wait tells when to look again.
func (h *Host) room(s *server, owner string) (wait <-chan struct{}, err error) {
	var own, all, here []*run
	for _, r := range h.all() {
		all = append(all, r)
		if r.server == s {
			here = append(here, r)
		}
		if !r.spare && r.key.Owner == owner {
			own = append(own, r)
		}
	}
	for _, limit := range []struct {
		most int
		runs []*run
		of   string
	}{
		{s.spec.maxProcesses(), here, fmt.Sprintf("of server %q", s.name)},
		{h.config.MaxPerOwner, own, fmt.Sprintf("that %q may have", owner)},
		{h.config.MaxProcesses, all, "of this bridge"},
	} {
		if len(limit.runs) < limit.most {
			continue
		}
		if !h.evict(limit.runs, owner) {
			return nil, fmt.Errorf("all %d processes %s are busy; close a session, or try again later", limit.most, limit.of)
		}
		return h.ended, nil
	}
	return nil, nil
}

// evict sees to it that one of runs goes: one that is going anyway, a spare, or the one that owner
// itself has not used for longest.
func (h *Host) evict(runs []*run, owner string) bool {
	var oldest *run
	for _, r := range runs {
		switch {
		case !r.alive():
			return true
		case r.spare:
			oldest = r
		case r.leases > 0 || r.inst == nil || r.key.Owner != owner:
		case oldest == nil || !oldest.spare && r.used.Before(oldest.used):
			oldest = r
		}
	}
	if oldest == nil {
		return false
	}
	h.end(oldest, "was ended to make room")
	return true
}
