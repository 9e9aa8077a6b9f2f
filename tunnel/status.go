package tunnel

import (
	"context"
	"sync"
	"time"
)

// State is one word for how an address is doing.
type State string

const (
	Starting State = "starting" // not reachable yet, and nothing is known to be wrong
	Up       State = "up"       // agents can reach it
	Down     State = "down"     // not reachable, and Problem says why; it is tried again
	Closed   State = "closed"   // no longer shared
)

// Status is how an address is doing, for the owner.
type Status struct {
	Driver      string    `json:"driver"`
	URL         string    `json:"url"`
	State       State     `json:"state"`
	Since       time.Time `json:"since"` // when State began
	End         TLSEnd    `json:"end"`
	Problem     *Problem  `json:"problem,omitempty"`     // nil: nothing is wrong. It may be there while the address is up
	Retry       time.Time `json:"retry,omitzero"`        // when it is tried again; zero is not known
	Visitors    int       `json:"visitors"`              // connections that are open
	Certificate time.Time `json:"certificate,omitzero"`  // when the certificate ends; zero is none
	Fingerprint string    `json:"fingerprint,omitempty"` // SHA-256 of Authority; "" is none
	Authority   string    `json:"authority,omitempty"`   // as in Endpoint
	DeviceKey   string    `json:"deviceKey,omitempty"`   // as in Endpoint
}

// Problem is what is wrong, for a person.
type Problem struct {
	What string `json:"what"` // in a few words
	Do   string `json:"do"`   // what to do about it
	// Lasting says that it stays until somebody does something: it is tried again, but rarely.
	Lasting bool `json:"lasting"`

	cause error
}

func (p *Problem) Error() string { return p.What + "; " + p.Do }

// Unwrap returns the error behind it.
func (p *Problem) Unwrap() error { return p.cause }

// A part is one of the things that an address depends on.
type part int

const (
	partRelay       part = iota // somebody brings visitors
	partCertificate             // there is something to show them
	partReach                   // they come to us under our name
	parts
)

// condition is how one part is doing.
type condition struct {
	good    bool
	problem *Problem
	retry   time.Time
}

// tracker holds the conditions of all parts and makes one state of them.
type tracker struct {
	driver string

	mu      sync.Mutex // guards the fields below
	parts   [parts]condition
	state   State
	since   time.Time
	changes chan struct{} // closed, and replaced, at every change
}

func newTracker(driver string) *tracker {
	t := &tracker{driver: driver, state: Starting, since: time.Now(), changes: make(chan struct{})}
	t.parts = [parts]condition{{good: true}, {good: true}, {good: true}}
	return t
}

// good says that nothing is wrong with a part.
func (t *tracker) good(p part) { t.set(p, condition{good: true}) }

// wait says that a part is not ready; the problem, which may be nil, is why, and retry when it is tried again.
func (t *tracker) wait(p part, why *Problem, retry time.Time) {
	t.set(p, condition{problem: why, retry: retry})
}

// warn says that a part seems to work, but for a problem.
func (t *tracker) warn(p part, why *Problem) { t.set(p, condition{good: true, problem: why}) }

func (t *tracker) set(p part, c condition) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.parts[p] = c
	t.settle()
}

func (t *tracker) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state != Closed {
		t.state, t.since = Closed, time.Now()
		t.settle()
	}
}

// settle makes the state of the parts, and tells who waits. The caller holds mu.
func (t *tracker) settle() {
	state := Up
	for _, c := range t.parts {
		switch {
		case c.good:
		case c.problem != nil:
			state = Down
		case state == Up:
			state = Starting
		}
	}
	if t.state != Closed && t.state != state {
		t.state, t.since = state, time.Now()
	}
	close(t.changes)
	t.changes = make(chan struct{})
}

// changed returns a channel that is closed at the next change.
func (t *tracker) changed() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.changes
}

// await returns when a part is good, or with ctx's error.
func (t *tracker) await(ctx context.Context, p part) error {
	for {
		t.mu.Lock()
		good, changes := t.parts[p].good, t.changes
		t.mu.Unlock()
		if good {
			return nil
		}
		select {
		case <-changes:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// problem is what is wrong with a part.
func (t *tracker) problem(p part) *Problem {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.parts[p].problem
}

// status is the tracker's part of a Status.
func (t *tracker) status() Status {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := Status{Driver: t.driver, State: t.state, Since: t.since}
	if t.state == Closed {
		return s
	}
	for _, c := range t.parts {
		if c.problem != nil {
			s.Problem, s.Retry = c.problem, c.retry
			break
		}
	}
	return s
}
