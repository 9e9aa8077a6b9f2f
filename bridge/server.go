package bridge

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"drawbridge/bridge/era"
	"drawbridge/bridge/pin"
	"drawbridge/bridge/policy"
	"drawbridge/internal/wire"
)

// server is one configured server: what is known of it and the links to its processes.
type server struct {
	b      *Bridge
	called string  // its name; never changes
	pinned *pinned // nil: nothing is
	tally  tally
	forms  forms

	mu      sync.Mutex // guards the fields below
	config  ServerConfig
	links   map[wire.Conn]*link
	learned Facts
	// prompters are the tools, prompts and resources in the middle of which people have been asked since the bridge is up; at
	// most toolsMax.
	prompters map[prompter]struct{}
	probing   chan struct{} // closed when the probe under way has ended; nil when there is none
	probed    error         // how the last probe failed
	tools     []Tool        // from the last list; nil until known
	facts     map[string]toolFacts
	held      []Held // what of it is not as approved, for the owner to see
	heldMore  int
	pkg       Package
	status    Server // as the backend told it
	removed   bool   // guarded by Bridge.state: it is not shown any more
}

func newServer(b *Bridge, c ServerConfig, known Facts) *server {
	sv := &server{
		b: b, called: c.Name, config: c, links: map[wire.Conn]*link{}, learned: known,
		prompters: map[prompter]struct{}{}, pinned: b.newPinned(c.Name),
	}
	if sv.pinned != nil {
		sv.held, sv.heldMore = heldOf(sv.pinned.book)
	}
	return sv
}

// configure takes a new configuration and what is known of it. What was learned of the old one is forgotten.
// It reports whether others share the processes than before.
func (sv *server) configure(c ServerConfig, known Facts) (reshared bool) {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	if c.Version != sv.config.Version {
		sv.learned, sv.probed, sv.tools, sv.facts = known, nil, nil, nil
		clear(sv.prompters)
	}
	reshared = c.Share != sv.config.Share
	sv.config = c
	return reshared
}

func (sv *server) name() string { return sv.called }

func (sv *server) settings() ServerConfig {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	return sv.config
}

// share is who shares the processes that speak e.
func (sv *server) share(e era.Era) Share {
	switch s := sv.settings().Share; {
	case s != ShareDefault:
		return s
	case e == era.Modern:
		return ShareAll
	default:
		return ShareSession
	}
}

// want is which process a session needs.
type want struct {
	key    Key
	era    era.Era
	only   *session // the one that will ever use it; nil when others may
	shared bool     // callers share it; else it is one caller's
	params []byte   // of initialize, for a legacy process that is not open yet
}

// open returns a lease on a process that has been opened; it has one holder. A process that several share is
// opened once, and who asked for it first may leave meanwhile.
func (sv *server) open(ctx context.Context, w want) (*lease, error) {
	conn, release, err := sv.b.backend.Acquire(ctx, sv.name(), w.key)
	if err != nil {
		return nil, err
	}
	link := sv.join(conn, w)
	select {
	case <-link.opened:
		err = link.openErr
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err == nil {
		l := &lease{link: link, release: release}
		l.holders.Store(1)
		return l, nil
	}
	if w.only != nil {
		_ = conn.Close()
	}
	release()
	return nil, err
}

// join is the link to that process, begun if there is none.
func (sv *server) join(conn wire.Conn, w want) *link {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	if l := sv.links[conn]; l != nil {
		return l
	}
	l := newLink(sv, conn, w.era)
	l.only, l.shared = w.only, w.shared
	if !w.shared {
		l.agent = w.key.Owner
	}
	if !sv.b.work.start(l.read) {
		_ = conn.Close()
		l.dead, l.openErr = errClosing, errClosing
		close(l.opened)
		return l
	}
	sv.links[conn] = l
	sv.b.work.start(func() { l.open(sv.b.ctx, w.params) })
	return l
}

// openFor is how long a process may take to answer initialize. First starts of npx and docker take long.
const openFor = 60 * time.Second

// open makes the handshake of a legacy process; a modern one needs none. A process that fails it is ended.
func (l *link) open(ctx context.Context, params []byte) {
	defer close(l.opened)
	if l.era == era.Modern {
		return
	}
	ctx, cancel := context.WithTimeoutCause(ctx, openFor, errSilent(l.server))
	defer cancel()
	m, err := l.do(ctx, "initialize", params)
	if err != nil {
		l.server.doubt(m.Kind() == wire.Failure)
		l.openErr = err
		_ = l.conn.Close()
		return
	}
	l.greeting = m.Result()
	l.hasTasks = wire.Get(l.greeting, "capabilities", "tasks") != nil
}

// endLinks ends the processes whose links are such.
func (sv *server) endLinks(such func(*link) bool) {
	for _, l := range sv.allLinks() {
		if such(l) {
			_ = l.conn.Close()
		}
	}
}

// forget drops a link whose process is gone.
func (sv *server) forget(l *link) {
	if sv.pinned != nil {
		sv.pinned.book.Gone(l)
	}
	sv.mu.Lock()
	delete(sv.links, l.conn)
	sv.mu.Unlock()
}

// doubt forgets what may not be true of the server: that it takes initialize. If it refuses that, and is
// known to speak modern too, that is what remains; else the next call probes it again.
func (sv *server) doubt(refused bool) {
	left := era.Unknown
	if refused {
		left = era.Modern
	}
	sv.mu.Lock()
	sv.learned.Era &= left
	name, version, learned := sv.config.Name, sv.config.Version, sv.learned
	sv.mu.Unlock()
	if learned.Era != era.Unknown {
		sv.b.memory.Remember(name, version, learned)
	}
}

// expire ends what processes ask that waits for too long.
func (sv *server) expire(now time.Time) {
	for _, l := range sv.allLinks() {
		l.expire(now)
	}
}

// maxCall is the longest time that a call may take.
func (sv *server) maxCall() time.Duration {
	if limit := sv.settings().MaxCall; limit > 0 {
		return limit
	}
	return maxCall
}

func (sv *server) allLinks() []*link {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	links := make([]*link, 0, len(sv.links))
	for _, l := range sv.links {
		links = append(links, l)
	}
	return links
}

// learn keeps what a page of tools tells; one that is the whole list makes what was known forgotten, and so does one
// with which too much would be known.
func (sv *server) learn(result []byte, first bool) {
	tools, facts := readTools(result)
	whole := first && wire.Get(result, "nextCursor") == nil
	sv.mu.Lock()
	if merged := mergeTools(sv.tools, tools); !whole && len(merged) <= toolsMax {
		tools = merged
		for name, f := range sv.facts {
			if _, ok := facts[name]; !ok {
				facts[name] = f
			}
		}
	}
	same := slices.Equal(tools, sv.tools)
	sv.tools, sv.facts = tools, facts
	sv.mu.Unlock()
	if !same {
		sv.b.serverChanged(sv)
	}
}

// tool is what is known of a tool; nothing of one that no list has shown.
func (sv *server) tool(name string) toolFacts {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	return sv.facts[name]
}

// annotations are what rules may take a tool to be; known is false for one that no list has shown. A server that
// is not trusted says nothing, and neither does a tool that is not as it was approved.
func (sv *server) annotations(tool string) (a policy.Annotations, known bool) {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	f, known := sv.facts[tool]
	held := sv.pinned != nil && sv.pinned.book.Holds(pin.Thing{Kind: pin.Tool, Name: tool})
	if sv.config.TrustAnnotations && !held {
		a = f.annotations
	}
	return a, known
}

// shown is the server as the owner sees it.
func (sv *server) shown() Server {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	now := sv.status
	now.Name, now.Command, now.Share = sv.config.Name, sv.config.Command, string(sv.config.Share)
	now.Era, now.Tools = sv.learned.Era.String(), sv.tools
	now.Held, now.HeldMore, now.Package = sv.held, sv.heldMore, sv.pkg
	if now.State == "" {
		now.State = Idle
	}
	if sv.probed != nil && now.Error == "" {
		now.Error = sv.probed.Error()
	}
	return now
}

// lastWords is what an agent may read of a dead process's standard error: nothing, unless the owner chose so.
func (sv *server) lastWords(err error) string {
	var died interface{ LastWords() string }
	if !sv.settings().StderrToAgents || !errors.As(err, &died) || died.LastWords() == "" {
		return ""
	}
	words := died.LastWords()
	return ":\n" + strings.ToValidUTF8(words[max(0, len(words)-shownBytes):], "")
}
