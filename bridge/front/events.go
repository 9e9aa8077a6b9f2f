package front

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// events writes server-sent events in answer to one request. After an error all its methods do nothing.
type events struct {
	ctx context.Context
	w   http.ResponseWriter
	rc  *http.ResponseController
	err error

	numbered bool   // events have ids
	stream   uint64 // of the ids
	scratch  []byte
}

// openEvents begins the response to a request with that context. Headers set before go with it.
func openEvents(ctx context.Context, w http.ResponseWriter) *events {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // reverse proxies pass events on at once
	w.WriteHeader(http.StatusOK)
	return &events{ctx: ctx, w: w, rc: http.NewResponseController(w)}
}

// number gives the events that follow ids of that stream.
func (e *events) number(stream uint64) { e.numbered, e.stream = true, stream }

// prime tells the client an id to come back with, before there is any message, and after how many milliseconds.
func (e *events) prime(number uint64) {
	e.id(number)
	e.write("retry: 1000\ndata:\n\n")
}

// comment is a sign of life.
func (e *events) comment() {
	e.write(":\n\n")
	e.flush()
}

// endpoint is the first event of HTTP+SSE: where to post.
func (e *events) endpoint(url string) {
	e.write("event: endpoint\ndata: " + url + "\n\n")
	e.flush()
}

// items writes one event for each, the first of them with that number; 0 is no id.
func (e *events) items(items []item, number uint64) {
	for i, it := range items {
		if it.data == nil {
			continue
		}
		if e.numbered && number > 0 {
			e.id(number + uint64(i))
		}
		e.write("event: message\n")
		e.data(it.data)
	}
	e.flush()
}

func (e *events) id(number uint64) {
	b := append(e.scratch[:0], "id: "...)
	b = appendEventID(b, e.stream, number)
	e.scratch = append(b, '\n')
	if e.err == nil {
		_, e.err = e.w.Write(e.scratch)
	}
}

// data ends the event.
func (e *events) data(b []byte) {
	e.write("data: ")
	if e.err == nil {
		e.err = writePieces(e.ctx, e.w, e.rc, oneLine(b))
	}
	e.write("\n\n")
}

// oneLine returns b, a JSON value, with blanks for line ends, which it can have between tokens only.
func oneLine(b []byte) []byte {
	if bytes.IndexByte(b, '\n') < 0 && bytes.IndexByte(b, '\r') < 0 {
		return b
	}
	b = bytes.Clone(b)
	for i, c := range b {
		if c == '\n' || c == '\r' {
			b[i] = ' '
		}
	}
	return b
}

func (e *events) write(s string) {
	if e.err == nil {
		_, e.err = io.WriteString(e.w, s)
	}
}

func (e *events) flush() {
	if e.err == nil {
		allow(e.ctx, e.rc)
		e.err = e.rc.Flush()
	}
}

// pump writes items and then what r finds until there is no more, with signs of life in between. It returns what r
// saw last; arrived means that the last item, which it returns, has been written.
func (e *events) pump(r *reader, items []item, number uint64) (item, sight) {
	tick := time.NewTicker(keepAlive)
	defer tick.Stop()
	s := arrived
	if len(items) == 0 {
		s = idle
	}
	for {
		switch s {
		case arrived:
			e.items(items, number)
			if it := items[len(items)-1]; it.last && e.err == nil {
				return it, arrived
			}
		case idle:
			e.comment()
		default:
			return item{}, s
		}
		if e.err != nil {
			return item{}, gone
		}
		items, number, s = r.next(tick.C)
	}
}

// appendEventID appends the id of an event: which stream of the session, and which message of the stream.
func appendEventID(b []byte, stream, number uint64) []byte {
	b = strconv.AppendUint(b, stream, 10)
	return strconv.AppendUint(append(b, '/'), number, 10)
}

// parseEventID is the inverse of appendEventID and takes nothing else.
func parseEventID(s string) (stream, number uint64, ok bool) {
	before, after, _ := strings.Cut(s, "/")
	stream, err := strconv.ParseUint(before, 10, 64)
	if err == nil {
		number, err = strconv.ParseUint(after, 10, 64)
	}
	return stream, number, err == nil && s == string(appendEventID(nil, stream, number))
}
