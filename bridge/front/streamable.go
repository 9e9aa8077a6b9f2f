package front

import (
	"context"
	"net/http"

	"drawbridge/internal/wire"
)

// streamable serves Streamable HTTP, both eras on one endpoint. A request tells its era:
//
//	a revision in params._meta, or a modern one in the header → modern, Bridge.Stateless
//	initialize                                                → legacy, Bridge.Open
//	all else, by Mcp-Session-Id                               → legacy, Bridge.Session
//
// See https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http and
// https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
func (h *handler) streamable(w http.ResponseWriter, r *http.Request, server string) {
	switch r.Method {
	case http.MethodPost:
		h.post(w, r, server)
	case http.MethodGet:
		h.listen(w, r, server)
	case http.MethodDelete:
		if s, st := h.legacySession(w, r, server, ""); s != nil {
			s.Close()
			st.close()
			w.WriteHeader(http.StatusNoContent)
		}
	}
}

func (h *handler) post(w http.ResponseWriter, r *http.Request, server string) {
	body, ok := h.body(w, r)
	if !ok {
		return
	}
	if wire.IsBatch(body) {
		h.postBatch(w, r, server, body)
		return
	}
	m, err := wire.Parse(body, h.limits)
	if err != nil {
		h.refuseMessage(w, r, m.ID(), err)
		return
	}
	m = traced(m, r.Header)
	header, _ := one(r.Header, headerRevision)
	switch initialize := m.Kind() == wire.Request && m.Method() == "initialize"; {
	case m.Version() != "" || isModern(header) && !initialize:
		h.postModern(w, r, server, m)
	case initialize:
		h.initialize(w, r, server, m)
	default:
		h.postLegacy(w, r, server, m)
	}
}

// refuseMessage answers a body that is no message.
func (h *handler) refuseMessage(w http.ResponseWriter, r *http.Request, id wire.ID, err error) {
	h.refused(r, err)
	refuse(w, http.StatusBadRequest, id, asError(err))
}

// postModern serves a message that stands for itself.
func (h *handler) postModern(w http.ResponseWriter, r *http.Request, server string, m wire.Message) {
	if m.Kind() != wire.Request && m.Kind() != wire.Notification {
		refuse(w, http.StatusBadRequest, m.ID(), &wire.Error{Code: wire.InvalidRequest, Message: "in this revision clients send no answers; put them into inputResponses"})
		return
	}
	if e := checkModern(m, r.Header); e != nil {
		refuse(w, http.StatusBadRequest, m.ID(), e)
		return
	}
	s, err := h.bridge.Stateless(h.way(r, "streamable"), server)
	if err != nil {
		h.refuseSession(r, w, m.ID(), err)
		return
	}
	if m.Kind() == wire.Notification {
		s.Handle(m, nil)
		w.WriteHeader(http.StatusAccepted)
		return
	}
	if !h.covered(w, r, s, m) {
		return
	}
	if c, ok := s.(ParamChecker); ok && m.Method() == "tools/call" {
		if e := c.CheckParams(m, r.Header); e != nil {
			refuse(w, http.StatusBadRequest, m.ID(), e)
			return
		}
	}
	x := exchange{handler: h, w: w, ctx: r.Context(), session: s, queue: newQueue(h.memory), request: m, modern: true}
	x.call = s.Handle(m, x.queue)
	x.run()
}

// initialize opens a session. The agent learns its id together with the answer.
func (h *handler) initialize(w http.ResponseWriter, r *http.Request, server string, m wire.Message) {
	st := newStreams(h.memory)
	s, err := h.bridge.Open(h.way(r, "streamable"), server, st)
	if err != nil {
		h.refuseSession(r, w, m.ID(), err)
		return
	}
	h.roll.add(s, st)
	x := exchange{handler: h, w: w, ctx: r.Context(), session: s, queue: newKeeper(&st.share), request: m, streams: st, opens: true}
	x.call = s.Handle(m, x.queue)
	x.run()
}

// postLegacy serves a message of an open session.
func (h *handler) postLegacy(w http.ResponseWriter, r *http.Request, server string, m wire.Message) {
	s, st := h.legacySession(w, r, server, m.ID())
	if s == nil {
		return
	}
	if m.Kind() != wire.Request {
		s.Handle(m, nil)
		w.WriteHeader(http.StatusAccepted)
		return
	}
	if !h.covered(w, r, s, m) {
		return
	}
	x := exchange{handler: h, w: w, ctx: r.Context(), session: s, queue: newKeeper(&st.share), request: m, streams: st, revision: s.Revision()}
	x.call = s.Handle(m, x.queue)
	x.run()
}

// covered reports whether the token has the scopes that a request needs. When it returns false the request has been answered.
func (h *handler) covered(w http.ResponseWriter, r *http.Request, s Session, m wire.Message) bool {
	c, ok := s.(ScopeChecker)
	if !ok {
		return true
	}
	if err := c.CheckScopes(m); err != nil {
		h.refuseSession(r, w, m.ID(), err)
		return false
	}
	return true
}

// postBatch serves several messages at once, which only one legacy revision allows.
func (h *handler) postBatch(w http.ResponseWriter, r *http.Request, server string, body []byte) {
	if header, _ := one(r.Header, headerRevision); isModern(header) {
		refuse(w, http.StatusBadRequest, "", noBatches())
		return
	}
	s, st := h.legacySession(w, r, server, "")
	if s == nil {
		return
	}
	ms, err := h.parseBatch(s, body)
	if err != nil {
		h.refuseMessage(w, r, "", err)
		return
	}
	x := exchange{handler: h, w: w, ctx: r.Context(), session: s, queue: newKeeper(&st.share), streams: st, revision: s.Revision()}
	if !deliver(s, ms, x.queue, true) {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	x.run()
}

// legacySession is the session that a request names. When it returns nil the request has been answered.
func (h *handler) legacySession(w http.ResponseWriter, r *http.Request, server string, id wire.ID) (Session, *streams) {
	if vs := r.Header[headerRevision]; len(vs) > 0 {
		switch revision := vs[0]; {
		case isModern(revision) && r.Method != http.MethodPost:
			nothingHere(w)
			return nil, nil
		case len(vs) > 1 || !isKnown(revision):
			refuse(w, http.StatusBadRequest, id, unsupported(revision))
			return nil, nil
		}
	}
	name, ok := one(r.Header, headerSession)
	switch {
	case !ok && r.Method != http.MethodPost: // as where there are no sessions: clients go on without a stream
		nothingHere(w)
		return nil, nil
	case !ok:
		refuse(w, http.StatusBadRequest, id, &wire.Error{Code: wire.InvalidRequest, Message: "the header Mcp-Session-Id must be there once; initialize gives it"})
		return nil, nil
	}
	s, err := h.bridge.Session(r.Context(), server, name)
	if err == nil {
		if st, ok := s.Out().(*streams); ok {
			return s, st
		}
		err = ErrNoSession // it is of another front
	}
	h.refuseSession(r, w, id, err)
	return nil, nil
}

// listen serves GET: the stream for what belongs to no request, or any stream from where the client lost it.
func (h *handler) listen(w http.ResponseWriter, r *http.Request, server string) {
	s, st := h.legacySession(w, r, server, "")
	if s == nil {
		return
	}
	stream, number, resumes := uint64(0), uint64(0), false
	if last := r.Header[headerLastEvent]; len(last) > 0 {
		if stream, number, resumes = parseEventID(last[0]); !resumes || len(last) > 1 {
			refuse(w, http.StatusBadRequest, "", &wire.Error{Code: wire.InvalidRequest, Message: "Last-Event-ID is none of this session's"})
			return
		}
	}
	q := st.find(stream)
	if q == nil {
		nothingHere(w)
		return
	}
	var wake <-chan struct{}
	if resumes {
		wake, resumes = q.resume(number)
	}
	switch {
	case resumes:
		st.hold(stream)
	case stream != 0:
		nothingHere(w)
		return
	default:
		wake, number = q.attach()
	}
	l := listener{w: w, streams: st, stream: stream, prime: s.Revision() >= primeRevision}
	if stream == 0 {
		rd := newReader(r.Context(), s, q, wake, 0)
		rd.warn(st)
		l.run(rd, number)
		return
	}
	l.run(newReader(r.Context(), s, q, wake, endGrace), number)
}

// listener is a GET that listens to one stream.
type listener struct {
	w       http.ResponseWriter
	streams *streams
	stream  uint64
	prime   bool
}

// run writes what comes after that number.
func (l listener) run(r *reader, number uint64) {
	l.streams.connected.Add(1)
	defer l.streams.connected.Add(-1)
	e := openEvents(r.ctx, l.w)
	e.number(l.stream)
	if l.prime {
		e.prime(number)
	}
	last, saw := e.pump(r, nil, 0)
	if l.stream != 0 {
		l.streams.settle(l.stream, r.wake, last, saw)
	}
	if saw == behind {
		panic(http.ErrAbortHandler)
	}
}

// way is r's context for the bridge, which shows the owner how an agent came in.
func (h *handler) way(r *http.Request, front string) context.Context {
	return WithWay(r.Context(), Way{Front: front, Address: r.RemoteAddr})
}
