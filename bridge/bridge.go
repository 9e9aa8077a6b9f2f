// Package bridge is what happens to a message: sessions of agents, links to processes, and the calls
// between them. Every call of every front and era takes the one road that is drawn at call.
package bridge

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"drawbridge/bridge/audit"
	"drawbridge/bridge/era"
	"drawbridge/bridge/front"
	"drawbridge/bridge/policy"
	"drawbridge/internal/caller"
	"drawbridge/internal/feed"
	"drawbridge/internal/trace"
	"drawbridge/internal/wire"
)

// Config is what New takes.
type Config struct {
	Backend Backend        // required
	Policy  *policy.Policy // required
	Record  Record         // required
	Memory  Memory         // nil: eras are found out anew at each start
	Pins    Pins           // nil: nothing is pinned
	Log     *slog.Logger   // nil: nothing is logged
	Limits  Limits
}

// Record is where calls are written down. Append returns when the entry is where a crash of this
// program cannot lose it.
type Record interface {
	Append(audit.Entry) error
}

// Memory keeps what was learned about a server between runs.
type Memory interface {
	// Recall is what was learned of that version of the server; the zero Facts when nothing was.
	Recall(server, version string) Facts
	Remember(server, version string, f Facts)
}

// Facts is what the bridge learns about a server by talking to it.
type Facts struct {
	Era  era.Era
	Asks bool // it has asked an agent for input in the middle of a call
}

// Limits bound what one caller may hold. A zero field is its default.
type Limits struct {
	Sessions      int           // open sessions of a caller; 1,024
	Calls         int           // calls in flight of a caller; 1,024
	Asks          int           // requests of servers waiting at a session; 64
	Subscriptions int           // resource subscriptions of a session; 1,024
	Idle          time.Duration // a session without calls and streams ends after; 30 minutes
}

// Bridge is the bridge. It implements front.Bridge. It starts lowered, with no servers.
type Bridge struct {
	backend                 Backend
	policy                  atomic.Pointer[policy.Policy]
	audit                   Record
	memory                  Memory
	pins                    Pins // may be nil
	log                     *slog.Logger
	limits                  Limits // but for the two that may change
	quotas                  atomic.Pointer[allowances]
	mostSessions, mostCalls atomic.Int64    // of a caller
	buffers                 sync.Pool       // *[]byte
	ctx                     context.Context // ends with the bridge
	cancel                  context.CancelFunc
	work                    work
	asks                    atomic.Uint64
	parking                 parking
	refusals                *audit.Sieve                     // of what is no call
	traces                  atomic.Pointer[func(trace.Span)] // nil: nobody wants to know
	payloads                payloads

	questions questions
	numbers   atomic.Uint64 // of sessions
	ruling    sync.Mutex    // held while the policy, or who is behind a session, becomes a session's rules

	mu       sync.Mutex // guards the fields below
	closed   bool
	servers  []*server           // in the order of the configuration
	sessions map[opened]struct{} // those that have ended, too, until nothing of them runs
	byID     map[string]opened
	accounts map[string]*account  // of grants with sessions in byID
	shared   map[sharedKey]opened // of modern requests

	state    sync.Mutex // guards the two below: what is published and what is folded are the same
	shown    Snapshot
	feed     *feed.Feed[Event]
	lastCall uint64
	raised   atomic.Bool // shown.Raised, for those who may not wait for the lock

	raisedFor sync.Map // the keys are names of agents, as in shown.RaisedFor
}

// New returns a bridge. Close ends it.
func New(c Config) *Bridge {
	ctx, cancel := context.WithCancel(context.Background())
	b := &Bridge{
		backend: c.Backend, audit: c.Record, memory: c.Memory, pins: c.Pins, log: c.Log, limits: c.Limits.orDefault(),
		ctx: ctx, cancel: cancel,
		sessions: map[opened]struct{}{}, byID: map[string]opened{}, accounts: map[string]*account{}, shared: map[sharedKey]opened{},
		shown: newSnapshot(), feed: feed.New[Event](0),
	}
	b.refusals = audit.NewSieve(b.write)
	b.policy.Store(c.Policy)
	b.SetLimits(c.Limits.Sessions, c.Limits.Calls)
	b.buffers.New = func() any { return new([]byte) }
	if b.memory == nil {
		b.memory = noMemory{}
	}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	b.work.start(b.sweep)
	return b
}

func (l Limits) orDefault() Limits {
	def := func(n *int, d int) {
		if *n == 0 {
			*n = d
		}
	}
	def(&l.Sessions, 1024)
	def(&l.Calls, 1024)
	def(&l.Asks, 64)
	def(&l.Subscriptions, 1024)
	if l.Idle == 0 {
		l.Idle = 30 * time.Minute
	}
	return l
}

// noMemory remembers nothing.
type noMemory struct{}

func (noMemory) Recall(string, string) Facts    { return Facts{} }
func (noMemory) Remember(string, string, Facts) {}

// Close ends every session and waits until nothing of the bridge runs any more.
func (b *Bridge) Close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.cancel()
	b.endAll(errClosing, func(opened) bool { return true }, func(*parked) bool { return true })
	b.work.end()
	b.work.wait()
	_ = b.refusals.Close() // it does not fail
}

var (
	errClosing    = errors.New("the bridge is closing")
	errRevoked    = errors.New("this agent's access has ended")
	errRemoved    = errors.New("the server was removed")
	errUnanswered = errors.New("the agent did not answer in time")
	errIdle       = errors.New("the session was idle for too long")
)

// Open implements front.Bridge.
func (b *Bridge) Open(ctx context.Context, server string, out front.Sink) (front.Session, error) {
	return b.open(ctx, server, out, nil)
}

// open makes a session, or for a modern request with that key finds the one that another made meanwhile.
func (b *Bridge) open(ctx context.Context, name string, out front.Sink, key *sharedKey) (front.Session, error) {
	s, err := b.openFor(ctx, name, out, key)
	if err != nil {
		b.turnAway(caller.From(ctx), front.WayOf(ctx), name, wire.Message{}, err)
		return nil, err
	}
	return s, nil
}

func (b *Bridge) openFor(ctx context.Context, name string, out front.Sink, key *sharedKey) (front.Session, error) {
	who, sv, err := b.admit(ctx, name)
	if err != nil {
		return nil, err
	}
	var s opened
	if sv == nil {
		s = b.newJoined(ctx, who, out, key == nil)
	} else {
		s = b.newSession(ctx, b.ctx, who, sv, out, key == nil)
	}
	first, err := b.enroll(ctx, s, key)
	if err != nil {
		s.end(err)
		return nil, err
	}
	if first != s {
		s.end(errClosed)
	}
	first.meet(who)
	return first, nil
}

// Session implements front.Bridge.
func (b *Bridge) Session(ctx context.Context, server, id string) (front.Session, error) {
	who := caller.From(ctx)
	if who != nil {
		if e := b.barred(who.Agent); e != nil {
			b.turnAway(who, front.WayOf(ctx), server, wire.Message{}, e)
			return nil, e
		}
	}
	b.mu.Lock()
	s := b.byID[id]
	b.mu.Unlock()
	if who == nil || s == nil || !same(s.owner(), who) || endpoint(s) != server || !s.meet(who) {
		return nil, front.ErrNoSession
	}
	return s, nil
}

// same reports whether two callers are one: what the one has open is the other's.
func same(a, b *caller.Caller) bool { return a.Grant == b.Grant && a.User == b.User }

// Stateless implements front.Bridge.
func (b *Bridge) Stateless(ctx context.Context, server string) (front.Session, error) {
	who := caller.From(ctx)
	if who == nil {
		return nil, errNobody
	}
	key := sharedKey{who.Grant, who.User, server}
	b.mu.Lock()
	s := b.shared[key]
	b.mu.Unlock()
	if s != nil && ctx.Err() == nil && s.meet(who) {
		return s, nil
	}
	return b.open(ctx, server, nowhere{}, &key)
}

var errNobody = &wire.Error{Code: wire.InvalidRequest, Message: "nobody vouches for this request"}

// admit checks what is the same for every way in and finds the server, nil for the joined endpoint. A server
// that the caller may not use is unknown.
func (b *Bridge) admit(ctx context.Context, name string) (*caller.Caller, *server, error) {
	who := caller.From(ctx)
	if who == nil {
		return nil, nil, errNobody
	}
	if e := b.barred(who.Agent); e != nil {
		return nil, nil, e
	}
	if name == "" {
		return who, nil, nil
	}
	visible := func(sv *server) bool { return b.policy.Load().For(who, sv.name()).ServerVisible() }
	switch sv := b.server(name); {
	case sv != nil && visible(sv):
		return who, sv, nil
	case sv != nil && b.wider(who, name).ServerVisible():
		return nil, nil, narrow(who, name)
	}
	var may []string
	for _, sv := range b.allServers() {
		if visible(sv) {
			may = append(may, sv.name())
		}
	}
	return nil, nil, fmt.Errorf("%w: %w", front.ErrNoServer, &wire.Error{
		Code: wire.InvalidRequest, Message: fmt.Sprintf("no server %q; this agent may use %s", name, listing(may))})
}

// sweep ends what has run out of time, once a second.
func (b *Bridge) sweep() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-b.ctx.Done():
			return
		case now := <-tick.C:
			for _, sv := range b.allServers() {
				sv.expire(now)
			}
			for _, s := range b.single() {
				s.expire(now)
				s.rest(now)
			}
			for _, s := range b.everySession() {
				s.endIdle(now, b.limits.Idle)
			}
			for _, c := range b.questions.expire(now, b) {
				c.tryAgain()
			}
			b.parking.end(errUnanswered, func(p *parked) bool { return p.expired(now) })
		}
	}
}

func (b *Bridge) allServers() []*server {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.servers)
}

// askID is a fresh id for a request to an agent, unique in the bridge.
func (b *Bridge) askID() wire.ID { return wire.ID(strconv.FormatUint(b.asks.Add(1), 10)) }

// random is 130 bits of chance as text that is safe in a header and a URL.
func (b *Bridge) random() string { return rand.Text() }

func (b *Bridge) now() time.Time { return time.Now() }

// nowhere is the sink of sessions that have no stream of their own.
type nowhere struct{}

func (nowhere) Send(wire.Message, bool) bool { return false }
