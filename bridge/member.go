package bridge

import (
	"drawbridge/bridge/era"
	"drawbridge/bridge/front"
	"drawbridge/internal/wire"
)

// member is a joined session's own session with one of the servers, for requests of one era.
type member struct {
	*session
	opened chan struct{} // closed when its initialize has ended; closed from the start where there is none
	err    error         // how that failed; read after opened is closed
	late   bool          // the agent will be told when it has opened; guarded by joined.mu
}

// seat is a member's place in a joined session.
type seat struct {
	server *server
	era    era.Era
}

// member is the session with sv for a request like m, made if need be. A legacy client's is opened with what
// the client said; that goes on after member has returned.
func (j *joined) member(sv *server, m wire.Message) (*member, *wire.Error) {
	at := seat{sv, eraOf(m)}
	mb, made, e := j.take(at)
	if !made {
		return mb, e
	}
	mb.meet(j.owner())
	if at.era == era.Modern {
		close(mb.opened)
	} else if !j.work.start(func() { j.openMember(mb) }) {
		return nil, endedSession()
	}
	return mb, nil
}

// take is the member in that seat; made reports that it is new.
func (j *joined) take(at seat) (mb *member, made bool, e *wire.Error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed != nil {
		return nil, false, endedSession()
	}
	if mb := j.members[at]; mb != nil && !mb.over() {
		return mb, false, nil
	}
	mb = &member{
		session: j.b.newSession(front.WithWay(j.ctx, j.way), j.ctx, j.owner(), at.server, j.out, j.byID),
		opened:  make(chan struct{}),
	}
	if !j.b.enter(mb.session, j.account) {
		delete(j.members, at)
		return nil, false, &wire.Error{Code: wire.InvalidRequest, Message: errRemoved.Error()}
	}
	j.members[at] = mb
	return mb, true, nil
}

// openMember opens a member with what the client has said so far. It is a goroutine of the joined session.
func (j *joined) openMember(mb *member) {
	defer close(mb.opened)
	j.mu.Lock()
	params := j.params
	j.mu.Unlock()
	end := make(collector, 1)
	mb.Handle(wire.NewRequest("0", "initialize", params), end)
	if a := <-end; a.Kind() != wire.Result {
		mb.err = answerError(a)
		mb.Close()
		return
	}
	j.mu.Lock()
	ready, level := j.ready, j.level
	j.mu.Unlock()
	if ready {
		mb.Handle(wire.NewNotification("notifications/initialized", nil), nil)
	}
	if level.Kind() == wire.Request {
		mb.Handle(level.WithID("0"), make(collector, 1))
	}
}

// over reports whether the member must be made anew.
func (mb *member) over() bool {
	select {
	case <-mb.Done():
		return true
	default:
		return false
	}
}

// present are the members that are there.
func (j *joined) present() []*member {
	j.mu.Lock()
	defer j.mu.Unlock()
	var all []*member
	for at, mb := range j.members {
		if mb.over() {
			delete(j.members, at)
			continue
		}
		all = append(all, mb)
	}
	return all
}

// pass gives a request to the member that it is for, under the name the server knows.
func (j *joined) pass(sv *server, name string, m wire.Message, reply front.Sink) front.Call {
	mb, e := j.member(sv, m)
	if e != nil {
		return j.turnAway(m, e, reply)
	}
	select {
	case <-mb.opened:
	default:
		return j.gather(m, reply, func(g *gathering) ([]byte, *wire.Error) { return g.hand(mb, name) })
	}
	if mb.err != nil {
		reply.Send(mb.failed().Reply(m.ID()), true)
		return noCall{}
	}
	return mb.Handle(renamed(m, name), reply)
}

// hand gives the request to the member that it is for, once that is open, and waits for its answer, which goes to the
// agent at once.
func (g *gathering) hand(mb *member, name string) ([]byte, *wire.Error) {
	select {
	case <-mb.opened:
	case <-g.ctx.Done():
		return nil, nil
	}
	if mb.err != nil {
		return nil, mb.failed()
	}
	done := make(chan struct{})
	c := mb.Handle(renamed(g.m, name), relay{&g.reply, done})
	g.passed = true
	select {
	case <-done:
	case <-g.ctx.Done():
		c.Cancel()
	}
	return nil, nil
}

// renamed is a request under the name that its server knows.
func renamed(m wire.Message, name string) wire.Message {
	if name == subject(m) {
		return m
	}
	return m.With(wire.Edit{Name: name})
}

// failed is the error for requests to a member that could not be opened.
func (mb *member) failed() *wire.Error {
	return &wire.Error{Code: wire.InternalError, Message: mb.err.Error()}
}

// relay passes everything on and tells when the answer has gone.
type relay struct {
	front.Sink
	answered chan struct{} // closed with the answer
}

// Send implements front.Sink.
func (r relay) Send(m wire.Message, last bool) bool {
	ok := r.Sink.Send(m, last)
	if last {
		close(r.answered)
	}
	return ok
}

// collector is a sink for one answer of a member. Capacity 1: the answer never waits.
type collector chan wire.Message

// Send implements front.Sink.
func (c collector) Send(m wire.Message, last bool) bool {
	if last {
		c <- m
	}
	return true
}

// answerError is the error of an answer that is no result.
func answerError(m wire.Message) error {
	if m.Kind() == wire.Failure {
		return m.Error()
	}
	return errClosed
}
