package front

import (
	"context"
	"net/http"

	"drawbridge/internal/wire"
)

// exchange is the POST of a request, or of a batch of them, and what goes back for it:
//
//	wait          an answer within commitAfter, with nothing before it → single
//	single        one JSON body
//	stream        server-sent events, up to the answer or the end of the connection
type exchange struct {
	handler *handler
	w       http.ResponseWriter
	ctx     context.Context
	session Session
	queue   *queue
	request wire.Message // the zero Message for a batch

	call   Call // nil for a batch
	modern bool

	// Of a legacy request.
	streams  *streams
	revision string // of the session; "" while it is being initialized
	opens    bool   // it is initialize: the session lives on only if the answer tells its id
}

// run gives the agent its answer. It returns when all is written or the connection has ended.
func (x *exchange) run() {
	r := newReader(x.ctx, x.session, x.queue, x.queue.wake, endGrace)
	timer := x.handler.timer(commitAfter)
	defer x.handler.release(timer)
	items, number, s := r.next(timer.C)
	switch {
	case s == arrived && items[0].last:
		x.single(items[0])
	case s == arrived || s == idle:
		x.stream(r, items, number)
	case s == gone:
		x.leave()
	default:
		x.fail(s)
	}
}

// single answers with one JSON body, or with none for a request that the agent cancelled.
func (x *exchange) single(it item) {
	x.queue.close(shut)
	status := http.StatusOK
	switch {
	case x.modern:
		status = statusOf(it.code)
	case x.opens && !it.good():
		x.session.Close()
	case x.opens:
		x.w.Header().Set(headerSession, x.session.ID())
	}
	if seconds := it.retryAfter(); seconds != "" {
		x.w.Header().Set("Retry-After", seconds)
		status = http.StatusTooManyRequests
	}
	if it.data == nil {
		x.w.WriteHeader(http.StatusAccepted)
		return
	}
	writeJSON(x.ctx, x.w, status, it.data)
}

// stream commits the response to events, beginning with items.
func (x *exchange) stream(r *reader, items []item, number uint64) {
	if x.opens {
		x.w.Header().Set(headerSession, x.session.ID())
	}
	e := openEvents(x.ctx, x.w)
	var stream uint64
	if x.revision != "" {
		x.streams.connected.Add(1)
		defer x.streams.connected.Add(-1)
		stream = x.streams.begin(x.queue)
		e.number(stream)
		if x.revision >= primeRevision {
			e.prime(max(number, 1) - 1)
		}
	}
	last, saw := e.pump(r, items, number)
	if saw == ended {
		e.items([]item{{data: x.lost().Reply(x.request.ID()).Bytes()}}, 0)
	}
	switch {
	case stream != 0:
		x.streams.settle(stream, r.wake, last, saw)
	case saw == arrived:
		x.queue.close(shut)
		if x.opens && !last.good() {
			x.session.Close()
		}
	case saw == gone:
		x.leave()
	}
	if saw == ended || saw == behind {
		x.discard()
	}
	if saw == behind {
		panic(http.ErrAbortHandler) // a clean end would look as if this were all
	}
}

// leave is the end of a connection that has had nothing to come back to. For a modern agent it cancels the call. A
// legacy call goes on, only nobody hears of it.
//
// See https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#sending-messages-to-the-server
func (x *exchange) leave() {
	if x.modern || x.opens {
		x.discard()
		return
	}
	x.queue.close(void)
}

// discard gives up a request that nobody can get an answer to any more.
func (x *exchange) discard() {
	x.queue.close(shut)
	if x.call != nil {
		x.call.Cancel()
	}
	if x.opens {
		x.session.Close()
	}
}

// fail answers when there will be no answer from the bridge.
func (x *exchange) fail(s sight) {
	x.discard()
	status, e := http.StatusServiceUnavailable, x.lost()
	switch {
	case s == behind:
		e = &wire.Error{Code: wire.InternalError, Message: "the answer is larger than what may wait for this agent; read what is there first"}
	case grantEnd(x.ctx) != nil:
		status = http.StatusForbidden
	case e.Code == wire.SessionNotFound:
		status = http.StatusNotFound
	}
	refuse(x.w, status, x.request.ID(), e)
}

// lost is why there is no answer: the grant has ended, or the session.
func (x *exchange) lost() *wire.Error {
	if why := grantEnd(x.ctx); why != nil {
		return &wire.Error{Code: wire.InternalError, Message: why.Error()}
	}
	if x.modern {
		return &wire.Error{Code: wire.InternalError, Message: "the bridge has ended this call"}
	}
	return noSession()
}
