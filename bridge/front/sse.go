package front

import (
	"errors"
	"net/http"
	"net/url"
	"os"

	"drawbridge/internal/wire"
)

// eventLine is the Out of a session over HTTP+SSE: its one event stream.
type eventLine struct{ line }

// sse opens a session over HTTP+SSE. It lives as long as the response, which carries all messages to
// the agent; what the agent says is posted to the endpoint that the first event names.
//
// See https://modelcontextprotocol.io/specification/2024-11-05/basic/transports#http-with-sse
func (h *handler) sse(w http.ResponseWriter, r *http.Request, server string) {
	out := &eventLine{line{newQueue(h.memory)}}
	defer out.close(shut)
	s, err := h.bridge.Open(h.way(r, "sse"), server, out)
	if err != nil {
		h.refuseSession(r, w, "", err)
		return
	}
	defer s.Close()
	e := openEvents(r.Context(), w)
	e.endpoint(messagePath(server, s.ID()))
	rd := newReader(r.Context(), s, out.queue, out.wake, 0)
	rd.owned = s
	rd.warn(out)
	_, saw := e.pump(rd, nil, 0)
	if saw == behind || errors.Is(e.err, os.ErrDeadlineExceeded) {
		h.cut(r, "sse")
	}
	if saw == behind {
		panic(http.ErrAbortHandler)
	}
}

func messagePath(server, session string) string {
	if server != "" {
		server = "/" + server
	}
	return server + "/message?sessionId=" + url.QueryEscape(session)
}

// message takes what an agent says in a session over HTTP+SSE. The answer comes on the stream.
func (h *handler) message(w http.ResponseWriter, r *http.Request, server string) {
	s, err := h.bridge.Session(r.Context(), server, r.URL.Query().Get("sessionId"))
	if err != nil {
		h.refuseSession(r, w, "", err)
		return
	}
	out, ok := s.Out().(*eventLine)
	if !ok { // a session of another front
		h.refuseSession(r, w, "", ErrNoSession)
		return
	}
	body, ok := h.body(w, r)
	if !ok {
		return
	}
	if id, err := h.hand(s, body, out.line); err != nil {
		h.refused(r, err)
		refuse(w, http.StatusBadRequest, id, err)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

// hand gives what came for a session to it; answers go to out. The error is for the agent, as is the id.
func (h *handler) hand(s Session, body []byte, out line) (wire.ID, *wire.Error) {
	if wire.IsBatch(body) {
		ms, err := h.parseBatch(s, body)
		if err != nil {
			return "", asError(err)
		}
		deliver(s, ms, out.queue, false)
		return "", nil
	}
	m, err := wire.Parse(body, h.limits)
	if err != nil {
		return m.ID(), asError(err)
	}
	s.Handle(m, out)
	return "", nil
}
