// Package feed is one ordered stream of events with many watchers.
package feed

import (
	"errors"
	"slices"
	"sync"
)

// ErrLagged is why a stream ended whose watcher did not keep up. It has missed events; it may
// subscribe again.
var ErrLagged = errors.New("watcher lagged behind")

// defaultBound is how many events wait for a watcher when New is given none.
const defaultBound = 4096

// Feed hands every event to every watcher, in the order of Publish. The zero Feed is ready, with the
// default bound. All methods may be called by any number of goroutines.
type Feed[E any] struct {
	bound int

	mu     sync.Mutex // guards the fields below
	subs   []*Sub[E]
	closed bool
}

// New makes a feed whose watchers may be that many events behind; 0 is 4,096.
func New[E any](bound int) *Feed[E] { return &Feed[E]{bound: bound} }

// Publish gives e to everybody who watches. It never waits: the stream of a watcher that is too far behind ends.
// After Close it does nothing.
func (f *Feed[E]) Publish(e E) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := 0; i < len(f.subs); {
		select {
		case f.subs[i].events <- e:
			i++
		default:
			f.end(f.subs[i], ErrLagged)
		}
	}
}

// Watched reports whether anybody watches now.
func (f *Feed[E]) Watched() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.subs) > 0
}

// Subscribe begins a stream of the events published from now on. The watcher closes it.
func (f *Feed[E]) Subscribe() *Sub[E] {
	bound := f.bound
	if bound <= 0 {
		bound = defaultBound
	}
	s := &Sub[E]{feed: f, events: make(chan E, bound)}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		close(s.events)
		return s
	}
	f.subs = append(f.subs, s)
	return s
}

// Close ends all streams. What was published before can still be received.
func (f *Feed[E]) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for len(f.subs) > 0 {
		f.end(f.subs[0], nil)
	}
}

// end ends the stream of s, if it has not ended. The caller holds mu.
func (f *Feed[E]) end(s *Sub[E], why error) {
	i := slices.Index(f.subs, s)
	if i < 0 {
		return
	}
	f.subs = slices.Delete(f.subs, i, i+1)
	s.err = why
	close(s.events)
}

// Sub is one watcher's stream.
type Sub[E any] struct {
	feed   *Feed[E]
	events chan E // holds the feed's bound, so that Publish never waits; the feed closes it, under its lock
	err    error  // written before events is closed
}

// Events is the stream. It is closed after the last event; Err then says why.
func (s *Sub[E]) Events() <-chan E { return s.events }

// Err says why the stream ended: ErrLagged, or nil when it was closed. It is nil until Events is closed.
func (s *Sub[E]) Err() error {
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	return s.err
}

// Close ends the stream. It may be called more than once.
func (s *Sub[E]) Close() {
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	s.feed.end(s, nil)
}
