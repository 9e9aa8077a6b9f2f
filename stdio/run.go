package stdio

import (
	"io"
	"time"
)

// run is one process of a server, from the decision to start it until nothing of it is left.
// The host's lock guards what changes.
type run struct {
	server *server
	spec   Spec // as it was when it began
	key    Key  // zero for a spare
	spare  bool // nobody has asked for it yet

	ready chan struct{} // closed when inst or err is set
	inst  instance
	err   error

	leases int
	used   time.Time   // when the last lease was given back
	began  time.Time   // when its process was started
	idle   *time.Timer // ends it; nil while it is leased
	ending string      // why it is being ended, "" while it is not
	dead   bool        // its process has ended, or never started
}

// witness is told what a process writes beside messages.
type witness struct {
	io.Writer        // standard error
	noise     func() // there was a line on standard output that is no message
}

// begin starts a process for k. The caller holds the lock and has made sure that there is room.
func (h *Host) begin(s *server, k Key, spare bool) *run {
	r := &run{server: s, spec: s.spec, key: k, spare: spare, ready: make(chan struct{}), began: time.Now()}
	s.runs[r] = struct{}{}
	if spare {
		s.spare = r
	} else {
		s.keyed[k.ID] = r
	}
	h.note(s)
	h.wg.Go(func() { h.live(r) })
	return r
}

// live goes with r from its start to its end.
func (h *Host) live(r *run) {
	s := r.server
	inst, err := h.start(h.ctx, s.name, r.spec.Command, witness{s.log, func() { h.noteLater(s) }})
	h.started(r, inst, err)
	if err == nil {
		<-inst.Done()
		h.died(r)
		inst.Wait()
	}
	h.gone(r)
}

// started takes the outcome of a start and wakes those who wait for it.
func (h *Host) started(r *run, inst instance, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := r.server
	defer close(r.ready)
	defer h.note(s)
	if err != nil {
		r.dead = true
		h.unlist(r)
		failure := &StartError{Server: s.name, Incident: newIncident(), Cause: err}
		r.err = failure
		if r.ending == "" {
			s.failed = failure
			h.config.Log.Warn("server not started", "server", s.name, "incident", failure.Incident, "error", err)
		}
		return
	}
	r.inst = inst
	s.failed = nil
	switch {
	case r.ending != "":
		inst.end(r.ending)
	case r.leases == 0:
		h.rest(r)
	}
}

// died takes note of the end of a process.
func (h *Host) died(r *run) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := r.server
	r.dead = true
	h.unlist(r)
	lines, last := r.inst.Noise()
	s.noise += lines
	if len(last) > 0 {
		s.heard = last
	}
	e := r.inst.Err()
	if !e.Ended {
		s.last = e
	}
	if !r.spare {
		s.failures.note(time.Now(), e, r.inst.served() || time.Since(r.began) >= longLife)
	}
	h.note(s)
}

// gone makes room for the next.
func (h *Host) gone(r *run) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(r.server.runs, r)
	close(h.ended)
	h.ended = make(chan struct{})
	h.note(r.server)
}

// end begins the end of r, for the reason why as it follows a server's name. Nobody gets it any more.
func (h *Host) end(r *run, why string) {
	if r.ending != "" || r.dead {
		return
	}
	r.ending = why
	h.unlist(r)
	if r.inst != nil {
		r.inst.end(why)
	}
	h.note(r.server)
}

// unlist makes r one that can't be had.
func (h *Host) unlist(r *run) {
	s := r.server
	if s.keyed[r.key.ID] == r {
		delete(s.keyed, r.key.ID)
	}
	if s.spare == r {
		s.spare = nil
	}
	if r.idle != nil {
		r.idle.Stop()
		r.idle = nil
	}
}

// rest is for a process that nobody holds: it ends after a while, or at once if nobody will ask for it.
func (h *Host) rest(r *run) {
	r.used = time.Now()
	wait := r.spec.idle()
	switch {
	case r.key.Once:
		h.end(r, "was ended after its only use")
	case wait > 0:
		r.idle = time.AfterFunc(wait, func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			if r.leases == 0 && time.Since(r.used) >= wait {
				h.end(r, "was ended because nobody used it")
			}
		})
	}
}
