package front

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drawbridge/internal/caller"
	"drawbridge/internal/wire"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
)

// connect opens a socket.
func (h *house) connect(t *testing.T, path string, protocols ...string) *websocket.Conn {
	t.Helper()
	if protocols == nil {
		protocols = []string{"mcp"}
	}
	c, _, err := websocket.Dial(t.Context(), "ws://localhost"+path, &websocket.DialOptions{HTTPClient: h.client, Subprotocols: protocols})
	if err != nil {
		t.Fatal(err)
	}
	c.SetReadLimit(-1)
	t.Cleanup(func() { _ = c.CloseNow() })
	return c
}

func say(t *testing.T, c *websocket.Conn, text string) {
	t.Helper()
	if err := c.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func hear(t *testing.T, c *websocket.Conn) string {
	t.Helper()
	kind, b, err := c.Read(t.Context())
	if err != nil || kind != websocket.MessageText {
		t.Fatalf("got %v, %v", kind, err)
	}
	return string(b)
}

func TestWebSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		c := h.connect(t, "/files/ws", "base64url.bearer.authorization.mcp.eA", "mcp")
		if got := c.Subprotocol(); got != "mcp" {
			t.Errorf("the subprotocol is %q", got)
		}
		for _, step := range []struct{ say, hear string }{
			{initialize("2025-11-25"), `{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25"}}`},
			{legacy("7", "note", ""), string(progress(1).Bytes())},
			{legacy(`"é"`, "echo", `"a":1`), `{"jsonrpc":"2.0","id":"é","result":{"a":1}}`},
			{"{", `{"jsonrpc":"2.0","id":null,"error":{"code":-32700`},
			{`{"jsonrpc":"2.0","id":4,"method":7}`, `{"jsonrpc":"2.0","id":4,"error":{"code":-32600`},
			{`[` + legacy("1", "echo", "") + `]`, `{"jsonrpc":"2.0","id":null,"error":{"code":-32600`},
			{modern("echo", ""), `{"jsonrpc":"2.0","id":1,"result":{"_meta"`},
		} {
			say(t, c, step.say)
			if got := hear(t, c); !strings.HasPrefix(got, step.hear) {
				t.Errorf("said %s\nheard %s\n want %s", step.say, got, step.hear)
			}
		}
		s := h.island.session("session-1")
		s.Out().Send(wire.NewRequest("9", "roots/list", nil), false)
		if got := hear(t, c); got != `{"jsonrpc":"2.0","id":9,"method":"roots/list"}` {
			t.Errorf("heard %s", got)
		}
		say(t, c, `{"jsonrpc":"2.0","id":9,"result":{}}`)
		if m := <-s.heard; m.Kind() != wire.Result {
			t.Errorf("the session heard %s", m.Bytes())
		}
		_ = c.Close(websocket.StatusNormalClosure, "")
		synctest.Wait()
		if !s.over() {
			t.Error("the session lives on without its socket")
		}
	})
}

func TestWebSocketRefusals(t *testing.T) {
	h := newHouse(t, Config{})
	const up = "Upgrade: websocket"
	key := []string{up, "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="}
	for what, c := range map[string]struct {
		headers []string
		status  int
	}{
		"no upgrade":      {nil, 426},
		"no subprotocol":  {key, 400},
		"another":         {append(key, "Sec-WebSocket-Protocol: mcp2, x"), 400},
		"bad handshake":   {[]string{up, "Connection: Upgrade", "Sec-WebSocket-Protocol: mcp"}, 400},
		"foreign origin":  {[]string{up, "Connection: Upgrade", "Sec-WebSocket-Protocol: mcp", "Origin: https://evil.example.com"}, 403},
		"no HTTP upgrade": {[]string{up, "Sec-WebSocket-Protocol: mcp"}, 426},
	} {
		if resp := h.do(t, "GET", "/ws", "", c.headers...); resp.StatusCode != c.status {
			t.Errorf("%s: %s, want %d", what, resp.Status, c.status)
		}
	}
	if n := h.open(); n != 0 {
		t.Errorf("%d sessions are open without a socket", n)
	}
	// The front itself refuses pages, too, should it ever stand without the guard.
	bare := New(Config{Bridge: h.island})
	w := &recorder{}
	r := request("GET /ws\nOrigin: https://evil.example.com\nUpgrade: websocket\nSec-WebSocket-Protocol: mcp")
	bare.ServeHTTP(w, r)
	if w.status != 403 {
		t.Errorf("without the guard a foreign page gets %d", w.status)
	}
}

// recorder keeps a status.
type recorder struct {
	header http.Header
	status int
}

func (r *recorder) Header() http.Header {
	if r.header == nil {
		r.header = http.Header{}
	}
	return r.header
}
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return len(b), nil }

func TestWebSocketCloses(t *testing.T) {
	for what, c := range map[string]struct {
		do   func(*house, *websocket.Conn)
		want websocket.StatusCode
	}{
		"revoked":       {func(h *house, _ *websocket.Conn) { h.gate.end(caller.ErrEnded) }, 3000},
		"narrowed":      {func(h *house, _ *websocket.Conn) { h.gate.end(caller.ErrNarrowed) }, 3003},
		"session ended": {func(h *house, _ *websocket.Conn) { h.island.session("session-1").Close() }, 1001},
		"binary": {func(_ *house, c *websocket.Conn) {
			_ = c.Write(context.Background(), websocket.MessageBinary, []byte("{}"))
		}, 1003},
		"too large": {func(_ *house, c *websocket.Conn) {
			_ = c.Write(context.Background(), websocket.MessageText, make([]byte, 3<<20))
		}, 1009},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t, Config{Limits: wire.Limits{Size: 1 << 20}})
			conn := h.connect(t, "/ws")
			say(t, conn, legacy("1", "note", ""))
			_ = hear(t, conn)
			go c.do(h, conn)
			var err error
			for err == nil {
				_, _, err = conn.Read(t.Context())
			}
			if got := websocket.CloseStatus(err); got != c.want {
				t.Errorf("%s: closed with %v: %v", what, got, err)
			}
			synctest.Wait()
			if h.open() != 0 {
				t.Errorf("%s: the session lives on", what)
			}
		})
	}
}

// TestWebSocketAnswersBeforeClose: when the grant ends, calls in flight get an error first.
func TestWebSocketAnswersBeforeClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		c := h.connect(t, "/ws")
		say(t, c, legacy("1", "note", ""))
		_ = hear(t, c)
		go h.gate.end(caller.ErrEnded)
		if got := hear(t, c); !strings.Contains(got, `"id":1,"error"`) {
			t.Errorf("heard %s", got)
		}
	})
}

// TestWebSocketEndsDuringPing: the reason is told although a pong is waited for.
func TestWebSocketEndsDuringPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		c := h.handshake(t)
		heard := make(chan []byte)
		go func() {
			b, _ := io.ReadAll(c)
			heard <- b
		}()
		time.Sleep(keepAlive + time.Second)
		h.gate.end(caller.ErrEnded)
		reason := caller.ErrEnded.Error()
		ping, goodbye := string(pingFrame), "\x88"+string(rune(len(reason)+2))+"\x0b\xb8"+reason
		if got := string(<-heard); got != ping+goodbye {
			t.Errorf("heard %q", got)
		}
	})
}

// TestWebSocketMute: a peer that does not say goodbye, and one that is not there, are not waited for.
func TestWebSocketMute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		start := time.Now()
		mute := h.handshake(t)
		go func() { _, _ = io.Copy(io.Discard, mute) }()
		synctest.Wait()
		h.gate.end(caller.ErrEnded)
		if _, err := mute.Write([]byte{0}); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("the socket is open %v after the grant ended: %v", time.Since(start), err)
		}

		mute = h.handshake(t)
		go func() { _, _ = io.Copy(io.Discard, mute) }()
		synctest.Wait()
		h.island.session("session-2").Close()
		time.Sleep(closeTime)
		synctest.Wait()
		if _, err := mute.Write([]byte{0}); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("the socket is open after the session ended: %v", err)
		}

		mute = h.handshake(t)
		go func() { _, _ = io.Copy(io.Discard, mute) }()
		time.Sleep((pingsMost + 1) * keepAlive)
		synctest.Wait()
		if h.open() != 0 {
			t.Error("a peer that answers no ping is kept")
		}
	})
}

// handshake opens a socket by hand.
func (h *house) handshake(t *testing.T) net.Conn {
	t.Helper()
	c, err := h.dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_, _ = io.WriteString(c, "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: mcp\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || resp.StatusCode != 101 {
		t.Fatalf("%v, %v", resp, err)
	}
	return c
}

// TestWebSocketKeepsAlive: a silent socket with a peer stays.
func TestWebSocketKeepsAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		c := h.connect(t, "/ws")
		heard := make(chan string)
		go func() {
			_, b, _ := c.Read(t.Context())
			heard <- string(b)
		}()
		time.Sleep(time.Hour)
		say(t, c, legacy("1", "echo", ""))
		if got := <-heard; !strings.Contains(got, "result") {
			t.Errorf("heard %q", got)
		}
	})
}

// TestWebSocketSlowSender: whoever is at a long message answers no ping until it is out, and lives.
func TestWebSocketSlowSender(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		c := h.handshake(t)
		heard := make(chan string)
		go func() {
			b, _ := io.ReadAll(c)
			heard <- string(b)
		}()
		message := legacy("1", "echo", "")
		_, _ = c.Write([]byte{0x81, 0x80 | byte(len(message)), 0, 0, 0, 0}) // masked with zeros
		for _, b := range []byte(message) {
			time.Sleep(keepAlive)
			if _, err := c.Write([]byte{b}); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		_ = c.Close()
		if got := <-heard; !strings.Contains(got, `"result"`) {
			t.Errorf("heard %q", got)
		}
	})
}

func TestWebSocketSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{Limits: wire.Limits{Size: 1 << 20}})
		c := h.connect(t, "/ws")
		say(t, c, legacy("1", "flood", ""))
		time.Sleep(2 * pieceTime)
		synctest.Wait()
		if h.open() != 0 {
			t.Error("the session of a reader that does not read lives on")
		}
	})
}

// TestWebSocketMany: all answers arrive, once, however writes are combined.
func TestWebSocketMany(t *testing.T) {
	const calls = 300
	h := newHouse(t, Config{})
	c := h.connect(t, "/ws")
	go func() {
		for n := range calls {
			_ = c.Write(context.Background(), websocket.MessageText, []byte(legacy(strconv.Itoa(n), "echo", `"a":"`+strings.Repeat("x", n*n/8)+`"`)))
		}
	}()
	seen := map[int]bool{}
	for range calls {
		var m struct {
			ID     int
			Result struct{ A string }
		}
		if err := json.Unmarshal([]byte(hear(t, c)), &m); err != nil {
			t.Fatal(err)
		}
		if seen[m.ID] || len(m.Result.A) != m.ID*m.ID/8 {
			t.Fatalf("answer %d has %d bytes, or comes twice", m.ID, len(m.Result.A))
		}
		seen[m.ID] = true
	}
}

// TestCork: what is held back goes out in order, as one where it is little, and never is much.
func TestCork(t *testing.T) {
	here, there := net.Pipe()
	defer there.Close()
	c := &corked{Conn: here, ctx: t.Context()}
	var writes []int
	var got []byte
	done := make(chan struct{})
	go func() {
		defer close(done)
		for b := make([]byte, 2*corkMost); ; {
			n, err := there.Read(b)
			if err != nil {
				return
			}
			writes, got = append(writes, n), append(got, b[:n]...)
		}
	}()
	var want []byte
	write := func(n int) {
		part := bytes.Repeat([]byte{byte(len(want))}, n)
		want = append(want, part...)
		if _, err := c.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	write(1)
	c.cork()
	write(2)
	write(3)
	write(corkMost)
	write(4)
	write(5)
	if err := c.uncork(); err != nil {
		t.Fatal(err)
	}
	write(6)
	_ = here.Close()
	<-done
	if diff := cmp.Diff([]int{1, 5, corkMost, 9, 6}, writes); diff != "" || !bytes.Equal(got, want) {
		t.Errorf("what arrives is the same: %v\n%s", bytes.Equal(got, want), diff)
	}
}
