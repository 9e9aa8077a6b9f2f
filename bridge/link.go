package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"drawbridge/bridge/era"
	"drawbridge/bridge/front"
	"drawbridge/internal/wire"
)

// link is the bridge's own line to one process: its own ids and its own progress tokens, which are
// the same numbers. One goroutine reads it and hands every message to whom it belongs.
//
//	session.Handle → call → link.send ──▶ process
//	process ──▶ link.read → waiter.answer | waiter.note | route.go
type link struct {
	conn    wire.Conn
	server  *server
	era     era.Era  // what is spoken on it: Legacy or Modern
	only    *session // the one that ever uses it: whatever the process says is that session's; nil when others may
	shared  bool     // callers share it
	agent   string   // whose alone it is; "" when it is shared, or the bridge's own
	log     *slog.Logger
	buffers *sync.Pool // *[]byte, for outgoing messages up to bufferKept

	tasks tasks // of callers that share it
	sight sight

	opened   chan struct{} // closed when open has ended, well or not
	openErr  error         // why it failed; read after opened is closed
	proven   bool          // modern: it has answered as a modern process does; used by read alone
	greeting []byte        // legacy: the result of initialize; read after opened is closed
	hasTasks bool          // legacy: it offers tasks; read after opened is closed

	mu          sync.Mutex // guards the fields below
	last        uint64
	waiting     map[uint64]waiter
	haunted     time.Time             // until then there are more cancelled calls than waiting knows of
	sessions    map[*session]struct{} // legacy sessions on this link
	asks        map[wire.ID]*ask      // requests of the server that are on their way to an agent, by the server's id
	held        []*ask                // requests of the server whose session is not certain yet
	initialized bool
	logs        int              // the least severe level that the process was told to log, as severity; past the last before
	streams     map[*call]filter // subscriptions of modern clients on a legacy process
	taken       bool             // a call has the turn
	turned      chan struct{}    // closed, and made anew, when those who wait for the turn must look again
	dead        error
}

// waiter is who gets what the process sends for one request.
type waiter interface {
	// answer takes the response. It is called once, and nothing after it.
	answer(m wire.Message)
	// note takes a notification that names the request by its progress token or subscription.
	note(m wire.Message)
	// lost is called instead of answer when there will be none.
	lost(err error)
}

// bufferKept bounds the buffers that are kept for the next message.
const bufferKept = 64 << 10

func newLink(sv *server, conn wire.Conn, e era.Era) *link {
	return &link{
		conn: conn, server: sv, era: e,
		log: sv.b.log.With("server", sv.name()), buffers: &sv.b.buffers,
		opened:   make(chan struct{}),
		waiting:  map[uint64]waiter{},
		sessions: map[*session]struct{}{},
		asks:     map[wire.ID]*ask{},
		streams:  map[*call]filter{},
		turned:   make(chan struct{}),
		logs:     len(levels),
	}
}

// send gives m to the process under an id of the link's own and registers w for what comes back.
// It returns that id. After an error w is not registered any more.
func (l *link) send(m wire.Message, w waiter) (uint64, error) {
	id, err := l.register(w)
	if err != nil {
		return 0, err
	}
	return id, l.post(id, m)
}

// register makes w wait for what comes back under the id that it returns.
func (l *link) register(w waiter) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead != nil {
		return 0, l.dead
	}
	l.last++
	l.waiting[l.last] = w
	return l.last, nil
}

// post gives m to the process under a registered id. After an error the registration is over.
func (l *link) post(id uint64, m wire.Message) error {
	own := wire.ID(strconv.FormatUint(id, 10))
	edit := wire.Edit{ID: own}
	if m.ProgressToken() != "" {
		edit.ProgressToken = own
	}
	err := l.write(m, edit)
	if err != nil {
		l.take(id)
	}
	return err
}

// write sends m with the edits put in, out of a buffer that is used again.
func (l *link) write(m wire.Message, e wire.Edit) error {
	buf := l.buffers.Get().(*[]byte)
	*buf = m.AppendTo((*buf)[:0], e)
	err := l.conn.Write(*buf)
	if cap(*buf) <= bufferKept {
		l.buffers.Put(buf)
	}
	return err
}

// take ends the registration of id and returns who waited, or nil.
func (l *link) take(id uint64) waiter {
	l.mu.Lock()
	w := l.waiting[id]
	delete(l.waiting, id)
	l.mu.Unlock()
	return w
}

// cancel ends the registration of id, if it is still there, and tells the process.
func (l *link) cancel(id uint64, reason string) {
	if !l.bury(id) {
		return
	}
	l.settle()
	params := fmt.Sprintf(`{"requestId":%d,"reason":%s}`, id, quote(reason))
	l.tell(wire.NewNotification("notifications/cancelled", []byte(params)), wire.Edit{})
}

// do makes a request of the bridge's own and waits for its result. A JSON-RPC error is a *wire.Error.
func (l *link) do(ctx context.Context, method string, params []byte) (wire.Message, error) {
	w := make(errand, 1)
	id, err := l.send(wire.NewRequest("0", method, params), w)
	if err != nil {
		return wire.Message{}, err
	}
	select {
	case a := <-w:
		return a.m, a.err
	case <-ctx.Done():
		l.cancel(id, "timed out")
		return wire.Message{}, context.Cause(ctx)
	}
}

// start makes a request of the bridge's own; its end comes on the channel.
func (l *link) start(method string, params []byte) (errand, error) {
	w := make(errand, 1)
	_, err := l.send(wire.NewRequest("0", method, params), w)
	return w, err
}

// errand is the waiter of the bridge's own requests. Capacity 1: answer and lost never wait.
type errand chan errandEnd

type errandEnd struct {
	m   wire.Message
	err error
}

func (e errand) note(wire.Message) {}
func (e errand) lost(err error)    { e <- errandEnd{err: err} }
func (e errand) answer(m wire.Message) {
	if m.Kind() == wire.Failure {
		e <- errandEnd{m: m, err: m.Error()}
		return
	}
	e <- errandEnd{m: m}
}

// read hands on what the process says until it ends, at the latest with the bridge. It is the link's one goroutine.
func (l *link) read() {
	stop := context.AfterFunc(l.server.b.ctx, func() { _ = l.conn.Close() })
	defer stop()
	pace := l.paced()
	for {
		l.keepPace(pace)
		m, err := l.conn.Read()
		if err != nil {
			l.die(err)
			return
		}
		switch m.Kind() {
		case wire.Result, wire.Failure:
			l.prove(m)
			if id, ok := m.IntID(); ok {
				if w := l.take(id); w != nil {
					w.answer(m)
					l.settle()
				}
			}
		case wire.Notification:
			l.notification(m)
		case wire.Request:
			l.request(m)
		}
	}
}

// paced is where the agent of the link's only session reads, if it reads there at a pace of its own; else nil. Processes with more
// than one session are never held up by one of them.
func (l *link) paced() front.Paced {
	if l.only == nil {
		return nil
	}
	out, _ := l.only.out.(front.Paced)
	return out
}

// keepPace waits while much waits for the agent of the link's only session: its process is then held up by its own output,
// as it would be if that agent read it.
func (l *link) keepPace(out front.Paced) {
	if out == nil {
		return
	}
	for room := out.Room(); room != nil; room = out.Room() {
		select {
		case <-room:
		case <-l.only.Done():
			return
		}
	}
}

// prove notes whether the first answer of a modern process is a modern server's. If not, what is remembered
// of the server may have stopped being true, and is found out anew.
func (l *link) prove(m wire.Message) {
	if l.proven || l.era != era.Modern {
		return
	}
	l.proven = true
	switch code := m.ErrorCode(); {
	case m.Kind() == wire.Result, code == wire.InvalidParams, code == wire.InternalError, modernError(code):
		return
	}
	l.server.doubt(false)
	l.server.b.Probe(l.server.name())
}

// die ends everything that waits on the link. err says how the process ended and may be shown to agents.
func (l *link) die(err error) {
	l.mu.Lock()
	l.dead = err
	waiting, held, asks, streams := l.waiting, l.held, l.asks, l.streams
	l.waiting, l.held, l.asks, l.streams = nil, nil, nil, nil
	l.wake()
	l.mu.Unlock()
	l.server.forget(l)
	if l.era == era.Modern && !l.proven && len(waiting) > 0 {
		l.server.doubt(false)
	}
	for _, w := range waiting {
		w.lost(err)
	}
	for _, a := range held {
		a.settle()
	}
	for _, a := range asks {
		a.withdraw()
	}
	for c := range streams {
		c.lost(err)
	}
	_ = l.conn.Close()
}

// alive reports whether the process is still there, as far as the link knows.
func (l *link) alive() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead == nil
}

// tell sends a notification of an agent's, or the bridge's own, to the process.
func (l *link) tell(m wire.Message, e wire.Edit) { _ = l.write(m, e) }
