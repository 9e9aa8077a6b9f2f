package bridge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"sync/atomic"
	"time"

	"drawbridge/bridge/era"
	"drawbridge/bridge/front"
	"drawbridge/internal/caller"
	"drawbridge/internal/wire"
)

// joined is one agent talking to every server that it may use as if they were one. Each of them is a member:
// an ordinary session, so that a call through it takes the same road. What is the joined session's own is
// only who gets what: tools and prompts are named server__name, resources keep their URI, and both are found
// by table.
type joined struct {
	b       *Bridge
	id      string
	caller  atomic.Pointer[caller.Caller] // as a session's
	way     front.Way
	out     front.Sink
	ctx     context.Context // ends with the session
	cancel  context.CancelFunc
	work    work
	account *account // as a session's
	byID    bool
	names   directory

	mu       sync.Mutex // guards the fields below
	closed   error      // why it has ended; nil before
	members  map[seat]*member
	running  map[wire.ID]*gathering // the agent's requests that several members answer
	busy     int                    // of them
	last     time.Time
	params   []byte // of initialize; nil before
	revision string
	ready    bool         // the client has said notifications/initialized
	level    wire.Message // its last logging/setLevel; zero when there was none
}

const (
	// joinFor is how long a list or an opening waits for a server before it goes on without it.
	joinFor = 5 * time.Second
	// nameMax is the longest name that clients are known to take.
	nameMax = 64
)

func (b *Bridge) newJoined(ctx context.Context, who *caller.Caller, out front.Sink, byID bool) *joined {
	j := &joined{
		b: b, id: b.random(), way: front.WayOf(ctx), out: out, byID: byID, work: work{whole: &b.work},
		members: map[seat]*member{}, running: map[wire.ID]*gathering{}, last: b.now(),
	}
	j.caller.Store(who)
	j.ctx, j.cancel = context.WithCancel(b.ctx)
	return j
}

// ID implements front.Session.
func (j *joined) ID() string { return j.id }

// Done implements front.Session.
func (j *joined) Done() <-chan struct{} { return j.ctx.Done() }

// Out implements front.Session.
func (j *joined) Out() front.Sink { return j.out }

// Revision implements front.Session.
func (j *joined) Revision() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.revision
}

// Handle implements front.Session.
func (j *joined) Handle(m wire.Message, reply front.Sink) front.Call {
	switch m.Kind() {
	case wire.Request:
		j.mu.Lock()
		j.last = j.b.now()
		j.mu.Unlock()
		return j.request(m, reply)
	case wire.Notification:
		j.notification(m)
	case wire.Result, wire.Failure:
		for _, mb := range j.present() {
			if a := mb.openAsk(m.ID()); a != nil {
				a.answer(m)
			}
		}
	}
	return nil
}

// request gives a request to the member that it is for, or to all.
func (j *joined) request(m wire.Message, reply front.Sink) front.Call {
	if e := wordy(m); e != nil {
		return j.turnAway(m, e, reply)
	}
	if eraOf(m) == era.Legacy && m.Method() != "initialize" && m.Method() != "ping" && j.Revision() == "" {
		return j.turnAway(m, &wire.Error{Code: wire.InvalidRequest, Message: "the session is not open: send initialize first"}, reply)
	}
	if eraOf(m) == era.Modern && era.Removed(m.Method()) || eraOf(m) == era.Legacy && era.Added(m.Method()) {
		return j.turnAway(m, unknown(m), reply)
	}
	switch m.Method() {
	case "ping":
		reply.Send(wire.Reply(m.ID(), []byte("{}")), true)
		return noCall{}
	case "initialize":
		return j.gather(m, reply, j.initialize)
	case "server/discover":
		return j.gather(m, reply, j.discover)
	case "tools/list", "prompts/list", "resources/list", "resources/templates/list":
		return j.gather(m, reply, j.list)
	case "logging/setLevel":
		return j.gather(m, reply, j.everyone)
	case "subscriptions/listen":
		return j.gather(m, reply, j.listen)
	case "tools/call", "prompts/get", "resources/read", "resources/subscribe", "resources/unsubscribe", "completion/complete":
		if err := j.lacking(m); err != nil {
			return j.turnAway(m, err.Shown, reply)
		}
		if sv, name := j.find(m); sv != nil {
			return j.pass(sv, name, m, reply)
		}
		return j.gather(m, reply, j.look)
	}
	return j.turnAway(m, &wire.Error{Code: wire.MethodNotFound, Message: "unknown method " + m.Method()}, reply)
}

// turnAway answers a request that is no call, with an error, and records it.
func (j *joined) turnAway(m wire.Message, e *wire.Error, reply front.Sink) front.Call {
	j.b.turnAway(j.owner(), j.way, "", m, e)
	reply.Send(e.Reply(m.ID()), true)
	return noCall{}
}

// find is the server that has what a request names, and the server's name for it; nil when no list has named it.
func (j *joined) find(m wire.Message) (*server, string) {
	return j.names.find(kindOf(m), subject(m), j.b.allServers())
}

// notification tells every member; each knows which requests are its own.
func (j *joined) notification(m wire.Message) {
	switch m.Method() {
	case "notifications/cancelled":
		j.mu.Lock()
		g := j.running[m.RequestID()]
		j.mu.Unlock()
		if g != nil {
			g.Cancel()
			return
		}
	case "notifications/initialized":
		j.mu.Lock()
		j.ready = true
		j.mu.Unlock()
	}
	for _, mb := range j.present() {
		mb.Handle(m, nil)
	}
}

// visible are the servers that the caller may use, in the order of the configuration.
func (j *joined) visible() []*server {
	var all []*server
	for _, sv := range j.b.allServers() {
		if j.b.policy.Load().For(j.owner(), sv.name()).ServerVisible() {
			all = append(all, sv)
		}
	}
	return all
}

// Close implements front.Session.
func (j *joined) Close() { j.end(errClosed) }

// end closes the joined session and all its members.
func (j *joined) end(why error) { j.endIf(why, func() bool { return true }) }

// endIf is end, if still says so under the lock.
func (j *joined) endIf(why error, still func() bool) {
	j.mu.Lock()
	if j.closed != nil || !still() {
		j.mu.Unlock()
		return
	}
	j.closed = why
	members := j.members
	j.members = nil
	j.mu.Unlock()
	j.work.end()
	for _, mb := range members {
		mb.session.end(why)
	}
	j.cancel()
	j.b.leave(j)
}

// endIdle ends the session when its members, which are ended as all sessions are, have been idle before it.
func (j *joined) endIdle(now time.Time, limit time.Duration) {
	if attended(j.out) {
		return
	}
	j.endIf(errIdle, func() bool {
		for _, mb := range j.members {
			if !mb.over() {
				return false
			}
		}
		return j.busy == 0 && now.Sub(j.last) > limit
	})
}

// meet implements opened.
func (j *joined) meet(who *caller.Caller) bool {
	j.mu.Lock()
	if j.closed != nil {
		j.mu.Unlock()
		return false
	}
	j.last = j.b.now()
	changed := !sameRights(j.owner(), who)
	j.caller.Store(who)
	j.mu.Unlock()
	if changed {
		for _, mb := range j.present() {
			mb.meet(who)
		}
	}
	return true
}

func (j *joined) owner() *caller.Caller { return j.caller.Load() }
func (j *joined) server() *server       { return nil }
func (j *joined) wait()                 { j.work.wait() }
func (j *joined) charge(a *account)     { j.account = a }

// joinedName is what a server's tool or prompt is called on the joined endpoint. One that is too long for
// clients is cut and ends with a digest, so that it stays different from all others.
func joinedName(server, name string) string {
	full := server + "__" + name
	if len(full) <= nameMax {
		return full
	}
	sum := sha256.Sum256([]byte(full))
	return trimRune(full[:nameMax-9]) + "_" + hex.EncodeToString(sum[:4])
}

// noCall is a call that has ended already.
type noCall struct{}

func (noCall) Cancel() {}
