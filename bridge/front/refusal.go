package front

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"drawbridge/internal/wire"
)

// statusOf is the HTTP status of an answer to a modern request, by the code of the JSON-RPC error in
// it; 0 is none. Legacy answers are 200; see retryAfter for the exception.
func statusOf(code int) int {
	switch code {
	case wire.MethodNotFound:
		return http.StatusNotFound
	case wire.HeaderMismatch, wire.MissingClientCapability, wire.UnsupportedProtocolVersion:
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// retryAfter is the seconds after which a request over a limit may be tried again; "" for any other answer. With it
// the answer has status 429, in both eras.
func (it item) retryAfter() string {
	if it.code != wire.LimitExceeded {
		return ""
	}
	seconds := string(wire.Get(it.data, "error", "data", "retryAfter"))
	if _, err := strconv.ParseUint(seconds, 10, 32); err != nil {
		return ""
	}
	return seconds
}

// refuse answers with an error of the front's own. id is the request's, or empty when it has none or it is not known yet.
func refuse(w http.ResponseWriter, status int, id wire.ID, e *wire.Error) {
	writeJSON(context.Background(), w, status, e.Reply(id).Bytes()) // too little to block
}

// refuseSession answers a request for which the bridge has no session.
func (h *handler) refuseSession(r *http.Request, w http.ResponseWriter, id wire.ID, err error) {
	var e *wire.Error
	var narrow *ScopeError
	switch {
	case errors.Is(err, ErrNoSession):
		refuse(w, http.StatusNotFound, id, noSession())
	case !errors.As(err, &e):
		h.log.ErrorContext(r.Context(), "no session", "err", err)
		refuse(w, http.StatusInternalServerError, id, &wire.Error{Code: wire.InternalError, Message: "internal error; the owner's log has more"})
	case errors.As(err, &narrow) && h.stepUp != nil:
		w.Header().Set("WWW-Authenticate", h.stepUp(r, narrow.Scopes))
		refuse(w, http.StatusForbidden, id, e)
	case errors.Is(err, ErrNoServer):
		refuse(w, http.StatusNotFound, id, e)
	default:
		refuse(w, http.StatusServiceUnavailable, id, e)
	}
}

// noSession is what makes clients initialize again, together with status 404.
func noSession() *wire.Error {
	return &wire.Error{Code: wire.SessionNotFound, Message: "no such session; initialize again"}
}

func noEndpoint(w http.ResponseWriter) {
	refuse(w, http.StatusNotFound, "", &wire.Error{Code: wire.InvalidRequest, Message: "nothing is here; endpoints are /mcp, /sse and /ws, of one server /{server}/mcp, /{server}/sse and /{server}/ws"})
}

func wrongMethod(w http.ResponseWriter, methods ...string) {
	allow := strings.Join(methods, ", ")
	w.Header().Set("Allow", allow)
	refuse(w, http.StatusMethodNotAllowed, "", &wire.Error{Code: wire.InvalidRequest, Message: "the method must be one of " + allow})
}

// nothingHere answers a GET or DELETE that has no session, or whose stream has nothing more. Clients take
// status 405 for "there is no such stream" and go on without; upon any other they try again, or give the session up.
func nothingHere(w http.ResponseWriter) { wrongMethod(w, http.MethodPost) }

// asError is err, from Parse or the front itself, as it is told.
func asError(err error) *wire.Error {
	var e *wire.Error
	if errors.As(err, &e) {
		return e
	}
	return &wire.Error{Code: wire.InternalError, Message: err.Error()}
}

func writeJSON(ctx context.Context, w http.ResponseWriter, status int, b []byte) {
	h := w.Header()
	h["Content-Type"] = []string{"application/json"}
	if len(b) > 2<<10 { // below that net/http knows it
		h["Content-Length"] = []string{strconv.Itoa(len(b))}
	}
	w.WriteHeader(status)
	_ = writePieces(ctx, w, http.NewResponseController(w), b) // an agent that has gone gets nothing
}
