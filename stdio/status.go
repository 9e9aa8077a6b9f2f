package stdio

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// State is how a server is, as a person would say it.
type State string

const (
	Stopped   State = "stopped"    // the owner stopped it
	Idle      State = "idle"       // no process; one starts when it is asked for
	Starting  State = "starting"   // a process is on its way up, none is there yet
	Running   State = "running"    // at least one process is there
	CrashLoop State = "crash-loop" // its processes keep dying; the next start waits
	Failed    State = "failed"     // the last start failed
)

// Status is a server as its owner sees it. It holds no secret that the server was given.
type Status struct {
	Server    string
	State     State
	Error     string // what is wrong, in words for the owner; "" when nothing is
	Incident  string // of that error
	Processes []ProcessStatus
	Noise     uint64   // lines on standard output that were no messages, of all processes
	Heard     []string // the last few of them
	Stderr    string   // the end of what the process that died last wrote to standard error
}

// ProcessStatus is one process of a server.
type ProcessStatus struct {
	PID     int // 0 while it starts
	Owner   string
	Key     string // Key.ID
	Started time.Time
	Leases  int
	Spare   bool
}

// Status is how all servers are, by name.
func (h *Host) Status() []Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []Status
	for _, name := range slices.Sorted(maps.Keys(h.servers)) {
		all = append(all, h.servers[name].status())
	}
	return all
}

func (s *server) status() Status {
	st := Status{Server: s.name, State: s.state(), Noise: s.noise, Heard: s.heard}
	for r := range s.runs {
		p := ProcessStatus{Owner: r.key.Owner, Key: r.key.ID, Started: r.began, Leases: r.leases, Spare: r.spare}
		if r.inst != nil && !r.dead {
			p.PID = r.inst.PID()
			lines, last := r.inst.Noise()
			st.Noise += lines
			if len(last) > 0 {
				st.Heard = last
			}
		}
		if r.alive() {
			st.Processes = append(st.Processes, p)
		}
	}
	slices.SortFunc(st.Processes, func(a, b ProcessStatus) int {
		return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.PID, b.PID))
	})
	switch {
	case s.failed != nil:
		st.Error, st.Incident = s.failed.Cause.Error(), s.failed.Incident
	case s.last != nil:
		st.Error, st.Incident = s.last.Error(), s.last.Incident
	}
	if s.last != nil {
		st.Stderr = s.last.Stderr
	}
	return st
}

func (s *server) state() State {
	starting, running := false, false
	for r := range s.runs {
		if r.alive() {
			running = running || r.inst != nil
			starting = starting || r.inst == nil
		}
	}
	switch {
	case s.stopped:
		return Stopped
	case running:
		return Running
	case starting:
		return Starting
	case s.failures.loops():
		return CrashLoop
	case s.failed != nil:
		return Failed
	}
	return Idle
}

// note remembers that s is to be told about. The caller holds the lock.
func (h *Host) note(s *server) {
	if h.config.OnChange == nil || h.closed || h.servers[s.name] != s {
		return
	}
	h.dirty[s.name] = s
	select {
	case h.news <- struct{}{}:
	default:
	}
}

func (h *Host) noteLater(s *server) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.note(s)
}

// tell calls OnChange for what has changed, until the host is closed.
func (h *Host) tell() {
	for range h.news {
		h.mu.Lock()
		var changed []Status
		for _, s := range h.dirty {
			changed = append(changed, s.status())
		}
		clear(h.dirty)
		h.mu.Unlock()
		for _, st := range changed {
			h.config.OnChange(st)
		}
	}
}
