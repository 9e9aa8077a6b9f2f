package bridge

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"drawbridge/bridge/pin"
	"drawbridge/internal/wire"
)

// What one process shows, against what the owner approved of its server.
//
//	list    of an agent's, on its way back: what is not as approved is cut out       call.answer → screened
//	call    what it names must not be held on this process, and a tool or prompt must have been in a list once: a server may take
//	        Delete for delete, which a rule is about. If that is not known, the bridge lists before
//	        the call goes down                                                       call.sendOn → unlooked, holds
//	changed the process says so: it is looked at anew, at the latest for a call      link.notification → stale

// listOf is the method that lists things of a kind, and the capability of who has it.
var listOf = map[pin.Kind]struct{ method, capability string }{
	pin.Tool:     {"tools/list", "tools"},
	pin.Prompt:   {"prompts/list", "prompts"},
	pin.Template: {"resources/templates/list", "resources"},
}

// listed is the kind that a method lists; "" for methods that list nothing that is pinned.
func listed(method string) pin.Kind {
	switch method {
	case "tools/list":
		return pin.Tool
	case "prompts/list":
		return pin.Prompt
	case "resources/templates/list":
		return pin.Template
	}
	return ""
}

// used is the kind of what a request uses; "" for one that uses nothing that is pinned.
func used(m wire.Message) pin.Kind {
	switch m.Method() {
	case "tools/call":
		return pin.Tool
	case "prompts/get":
		return pin.Prompt
	case "resources/read", "resources/subscribe":
		return pin.Template
	case "completion/complete":
		if refType(m) == "ref/prompt" {
			return pin.Prompt
		}
		return pin.Template
	}
	return ""
}

const (
	// lookFor is how long a process may take to list what it has.
	lookFor = 30 * time.Second
	// lookPages bounds the pages of a list that the bridge reads.
	lookPages = 100
	// lookAgain is how long after a look the bridge looks again only when a call needs it: a process may say all the time that
	// it has changed.
	lookAgain = 5 * time.Second
	// sightMax bounds the things of one process that are known to be held. When there are more, of all that it has only what
	// was once approved can be used.
	sightMax = 4096
)

// sight is what one process has shown. The zero sight is of one that was never looked at.
type sight struct {
	seen atomic.Pointer[seen] // nil: nothing yet. Never changed in place

	mu      sync.Mutex // held while another takes seen's place; guards the fields below
	looking map[pin.Kind]*glance
	last    map[pin.Kind]time.Time // when a look ended
}

// seen is what is known of what a process shows.
type seen struct {
	known map[pin.Kind]bool // the process was looked at since it last said that it has changed
	held  map[pin.Thing]pin.Digest
	flood bool // more is held than is here
}

// glance is a look under way.
type glance struct {
	done chan struct{} // closed when it has ended
	err  error         // read after done is closed
}

// unlooked is the kind that the process must be looked at for before the request goes down; "" for none.
func (l *link) unlooked(m wire.Message) pin.Kind {
	p := l.server.pinned
	if p == nil {
		return ""
	}
	k, lists := listed(m.Method()), true
	if k == "" {
		k, lists = used(m), false
	}
	switch s := l.sight.seen.Load(); {
	case k == "" || s != nil && s.known[k], lists && p.book.Seen(k), !lists && !l.server.holding():
		return ""
	}
	return k
}

// holds is why the request does not go down: it names what is not as the owner approved it, or what was never approved. nil is that
// it may.
func (l *link) holds(m wire.Message) error {
	s, k := l.sight.seen.Load(), used(m)
	if s == nil || k == "" || !l.server.holding() {
		return nil
	}
	t := pin.Thing{Kind: k, Name: subject(m)}
	switch {
	case k == pin.Template && m.Method() != "completion/complete":
		if l.holdsURI(s, m.URI()) {
			return errHeld
		}
	case l.holdsThing(s, t):
		return errHeld
	case k != pin.Template && l.server.pinned.book.Seen(k) && !l.server.pinned.book.Knows(t):
		return errNeverListed
	}
	return nil
}

func (l *link) holdsThing(s *seen, t pin.Thing) bool {
	if d, held := s.held[t]; held {
		return !l.server.pinned.book.Approves(t, d)
	}
	return s.flood && !l.server.pinned.book.Knows(t)
}

// holdsURI reports whether a URI comes from a template that is held, and from none that is as approved.
func (l *link) holdsURI(s *seen, uri string) bool {
	fits := false
	for t := range s.held {
		fits = fits || t.Kind == pin.Template && l.holdsThing(s, t) && matches(t.Name, uri)
	}
	if !fits {
		return false
	}
	for _, name := range l.server.pinned.book.Approved(pin.Template) {
		if matches(name, uri) {
			return false
		}
	}
	return true
}

// look finds out what the process shows of a kind. All who ask at once share one look, which goes on without them.
func (l *link) look(ctx context.Context, k pin.Kind) error {
	l.sight.mu.Lock()
	g := l.sight.looking[k]
	if g == nil {
		g = l.glance(k)
	}
	l.sight.mu.Unlock()
	select {
	case <-g.done:
		return g.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// glance begins a look. Called with l.sight.mu held.
func (l *link) glance(k pin.Kind) *glance {
	g := &glance{done: make(chan struct{})}
	run := func() {
		ctx, cancel := context.WithTimeoutCause(l.server.b.ctx, lookFor, errUnlisted(l.server, k))
		defer cancel()
		g.err = l.survey(ctx, l.era, k, true)
		l.sight.mu.Lock()
		delete(l.sight.looking, k)
		if l.sight.last == nil {
			l.sight.last = map[pin.Kind]time.Time{}
		}
		l.sight.last[k] = l.server.b.now()
		l.sight.mu.Unlock()
		close(g.done)
	}
	if l.sight.looking == nil {
		l.sight.looking = map[pin.Kind]*glance{}
	}
	l.sight.looking[k] = g
	if !l.server.b.work.start(run) {
		g.err = errClosing
		delete(l.sight.looking, k)
		close(g.done)
	}
	return g
}
