package front

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"drawbridge/internal/caller"
	"drawbridge/internal/wire"

	"github.com/coder/websocket"
)

// Why the bridge closes a socket, beyond the codes of RFC 6455; see the IANA registry.
const (
	closeUnauthorized websocket.StatusCode = 3000
	closeForbidden    websocket.StatusCode = 3003
)

const (
	subprotocol = "mcp"
	pingsMost   = 3 // without a sign of life from the peer
)

// pingFrame is a ping without a payload; see RFC 6455, section 5.5.2.
var pingFrame = []byte{0x89, 0}

// websocket opens a session over a WebSocket: one message is one text frame. It lives as long as the socket.
func (h *handler) websocket(w http.ResponseWriter, r *http.Request, server string) {
	switch {
	case !allowedOrigin(h.origins, r):
		h.refused(r, ErrOrigin)
		foreignOrigin(w)
		return
	case !hasToken(r.Header, "Upgrade", "websocket"):
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
		refuse(w, http.StatusUpgradeRequired, "", &wire.Error{Code: wire.InvalidRequest, Message: "this endpoint is a WebSocket"})
		return
	case !hasToken(r.Header, "Sec-Websocket-Protocol", subprotocol):
		refuse(w, http.StatusBadRequest, "", &wire.Error{Code: wire.InvalidRequest, Message: "the client must offer the WebSocket subprotocol " + subprotocol})
		return
	}
	out := line{newQueue(h.memory)}
	defer out.close(shut)
	s, err := h.bridge.Open(h.way(r, "websocket"), server, out)
	if err != nil {
		h.refuseSession(r, w, "", err)
		return
	}
	defer s.Close()
	raw := &corked{ctx: r.Context()}
	conn, err := websocket.Accept(&hijacking{w, raw}, r, &websocket.AcceptOptions{
		Subprotocols:       []string{subprotocol},
		InsecureSkipVerify: true, // the origin is checked above
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		return // Accept has answered
	}
	conn.SetReadLimit(int64(h.size))
	ctx, cancel := context.WithCancel(r.Context())
	k := &socket{handler: h, conn: conn, raw: raw, ctx: ctx, request: r, session: s, out: out}
	var wg sync.WaitGroup
	wg.Go(k.write)
	k.read()
	cancel()
	wg.Wait()
	_ = conn.CloseNow() // it may be closed already
}

// socket is a session on its WebSocket. One goroutine reads, one writes.
type socket struct {
	handler *handler
	conn    *websocket.Conn
	raw     *corked
	ctx     context.Context // ends with the grant, or when nothing more is read
	request *http.Request   // that opened it
	session Session
	out     line

	// Of the writer.
	heard uint64 // reads of raw before the first ping without a sign of life
	pings int    // since then
}

// read hands what the agent says to the session until the socket ends.
func (k *socket) read() {
	for {
		// The socket is closed to end a read: a context here would cost a registration for each message.
		kind, r, err := k.conn.Reader(context.Background())
		if err != nil {
			return
		}
		if kind != websocket.MessageText {
			k.close(websocket.StatusUnsupportedData, "one JSON-RPC message is one text frame")
			return
		}
		body, err := readAll(r, -1, math.MaxInt) // SetReadLimit bounds it
		if err != nil {
			if errors.Is(err, websocket.ErrMessageTooBig) {
				k.linger()
			}
			return
		}
		if k.ctx.Err() != nil {
			return
		}
		if id, e := k.handler.hand(k.session, body, k.out); e != nil {
			k.handler.refused(k.request, e)
			k.out.Send(e.Reply(id), true)
		}
	}
}

// write sends what there is for the agent until the socket, the session or the grant ends.
func (k *socket) write() {
	r := newReader(k.ctx, k.session, k.out.queue, k.out.wake, 0)
	r.owned = k.session
	r.warn(k.out)
	tick := time.NewTicker(keepAlive)
	defer tick.Stop()
	for {
		var err error
		items, _, s := r.next(tick.C)
		switch s {
		case arrived:
			err = k.send(items)
		case idle:
			if err = k.ping(); k.ctx.Err() != nil {
				err = nil // next sees why
			}
		case ended:
			k.close(closeCode(k.ctx))
			return
		case behind:
			err = os.ErrDeadlineExceeded
		default: // nobody listens
			err = net.ErrClosed
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			k.handler.cut(k.request, "websocket")
		}
		if err != nil {
			_ = k.conn.CloseNow()
			return
		}
	}
}

// send writes items, with one system call where they are small.
func (k *socket) send(items []item) error {
	if len(items) > 1 {
		k.raw.cork()
	}
	for _, it := range items {
		if err := k.conn.Write(context.Background(), websocket.MessageText, it.data); err != nil {
			return err
		}
	}
	return k.raw.uncork()
}

// ping asks for a sign of life, which is whatever the peer sends. It does not wait for one: a slow peer may have much to
// read before the ping, or to send before the pong. The error says that there was none for too long. It is not the
// library's Ping, which waits, and closes a socket whose peer does not read for some seconds.
func (k *socket) ping() error {
	if n := k.raw.reads.Load(); n != k.heard {
		k.heard, k.pings = n, 0
	}
	if k.pings == pingsMost {
		return os.ErrDeadlineExceeded
	}
	k.pings++
	_, err := k.raw.Write(pingFrame)
	return err
}

// close says why, and gives the agent a moment to say goodbye.
func (k *socket) close(code websocket.StatusCode, reason string) {
	_ = k.raw.SetReadDeadline(time.Now().Add(closeTime))
	_ = k.conn.Close(code, reason) // the agent may have gone
}

// linger reads on for a moment after the last word, so that what is on its way does not reset the connection before
// the agent has read that word.
func (k *socket) linger() {
	_ = k.raw.SetReadDeadline(time.Now().Add(closeTime))
	_, _ = io.Copy(io.Discard, k.raw)
}

// closeCode says why the session on a socket ended; ctx is the socket's.
func closeCode(ctx context.Context) (websocket.StatusCode, string) {
	switch why := grantEnd(ctx); {
	case errors.Is(why, caller.ErrEnded):
		return closeUnauthorized, caller.ErrEnded.Error()
	case errors.Is(why, caller.ErrNarrowed):
		return closeForbidden, caller.ErrNarrowed.Error()
	}
	return websocket.StatusGoingAway, "the session has ended"
}

// hasToken reports whether a header lists token, in any case.
func hasToken(h http.Header, key, token string) bool {
	for _, v := range h[key] {
		for t := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.TrimSpace(t), token) {
				return true
			}
		}
	}
	return false
}
