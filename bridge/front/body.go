package front

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	"drawbridge/internal/wire"
)

var errTooLarge = errors.New("larger than the bridge accepts")

// body reads a request's body, bounded in size and pace. When it returns false the request has been answered.
func (h *handler) body(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	if r.ContentLength > int64(h.size) {
		tooLarge(w, h.size)
		return nil, false
	}
	b, err := readAll(&paced{r: r, rc: http.NewResponseController(w)}, int(r.ContentLength), h.size)
	why := grantEnd(r.Context())
	switch {
	case why != nil: // while the body came
		refuse(w, http.StatusForbidden, "", &wire.Error{Code: wire.InternalError, Message: why.Error()})
	case err == nil:
		return b, true
	case errors.Is(err, errTooLarge):
		tooLarge(w, h.size)
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.Header().Set("Connection", "close")
		refuse(w, http.StatusRequestTimeout, "", &wire.Error{Code: wire.InvalidRequest, Message: fmt.Sprintf("the body stopped arriving: %d bytes of it, or what is left, may take %v", piece, pieceTime)})
	default: // the connection is lost; the status is for a log in between
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusBadRequest)
	}
	return nil, false
}

// paced is the body of a request, with time for each piece of it: only a peer that does not send is refused, not one that
// sends slowly.
type paced struct {
	r    *http.Request
	rc   *http.ResponseController
	left int // bytes of the piece that has its time
}

// Read implements io.Reader.
func (p *paced) Read(b []byte) (int, error) {
	if p.left <= 0 {
		p.left = piece
		_ = p.rc.SetReadDeadline(time.Now().Add(pieceTime)) // net/http lifts it when the body has been read
		if p.r.Context().Err() != nil {                     // the gate's deadline, which has just been undone
			_ = p.rc.SetReadDeadline(time.Now())
		}
	}
	n, err := p.r.Body.Read(b[:min(len(b), p.left)]) // of a chunk net/http returns no less than was asked for
	p.left -= n
	return n, err
}

// tooLarge refuses a body without reading the rest of it.
func tooLarge(w http.ResponseWriter, most int) {
	w.Header().Set("Connection", "close")
	refuse(w, http.StatusRequestEntityTooLarge, "", &wire.Error{Code: wire.InvalidRequest, Message: "a message may have " + strconv.Itoa(most) + " bytes"})
}

// readAll reads r to its end: size bytes, or any number up to most when size is negative. It reserves
// little before something has come.
func readAll(r io.Reader, size, most int) ([]byte, error) {
	const first, trust = 512, 512 << 10
	start := first
	if size >= 0 {
		start = min(size, trust)
	}
	b := make([]byte, 0, start)
	for {
		if len(b) == size {
			return b, nil
		}
		if len(b) == cap(b) {
			more := make([]byte, len(b), max(size, 2*cap(b)))
			copy(more, b)
			b = more
		}
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case len(b) > most:
			return nil, errTooLarge
		case err == io.EOF && size > len(b):
			return nil, io.ErrUnexpectedEOF
		case err == io.EOF:
			return b, nil
		case err != nil:
			return nil, err
		}
	}
}

// writePieces writes b to w, which conn is behind, with time for each piece of it: only a peer that does not read is cut, not
// one that reads slowly. When ctx ends, so does the patience.
func writePieces(ctx context.Context, w io.Writer, conn interface{ SetWriteDeadline(time.Time) error }, b []byte) error {
	for len(b) > 0 {
		n := min(len(b), piece)
		allow(ctx, conn)
		if _, err := w.Write(b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// allow gives the next write its time. The gate sets a deadline of its own when it ends ctx, which must not be undone: so ctx is
// looked at afterwards.
func allow(ctx context.Context, conn interface{ SetWriteDeadline(time.Time) error }) {
	_ = conn.SetWriteDeadline(time.Now().Add(pieceTime)) // a writer without deadlines has its own
	if ctx.Err() != nil {
		_ = conn.SetWriteDeadline(time.Now().Add(closeTime))
	}
}
