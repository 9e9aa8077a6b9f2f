package app

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// liveness is a connection that was opened and stays.
type liveness struct {
	ended chan struct{} // closed when the other side has ended it
	close func()
}

// live reads until the other side ends it.
func live(r io.Reader, end func() error) liveness {
	l := liveness{ended: make(chan struct{})}
	go func() {
		defer close(l.ended)
		_, _ = io.Copy(io.Discard, r)
	}()
	l.close = func() { _ = end(); <-l.ended }
	return l
}

// stream opens a stream of events: of a session, or with "" one that is a session itself.
func (h *house) stream(client *http.Client, path, token, session string) liveness {
	h.t.Helper()
	r, err := http.NewRequest(http.MethodGet, h.Address()+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Authorization", "Bearer "+token)
	if session != "" {
		r.Header.Set("Mcp-Session-Id", session)
	}
	response, err := client.Do(r)
	if err != nil || response.StatusCode != http.StatusOK {
		h.t.Fatalf("%s: %+v, %v", path, response, err)
	}
	return live(response.Body, response.Body.Close)
}

// upgrade opens a socket; status is what the handshake is answered with.
func (h *house) upgrade(path, token string) (conn net.Conn, in *bufio.Reader, status int) {
	h.t.Helper()
	host := strings.TrimPrefix(h.Address(), "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		h.t.Fatal(err)
	}
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mcp\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", path, host, token)
	in = bufio.NewReader(conn)
	response, err := http.ReadResponse(in, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return conn, in, response.StatusCode
}

// says opens a socket and sends a message, of more than 125 bytes.
func (h *house) says(path, token, message string) (net.Conn, *bufio.Reader) {
	h.t.Helper()
	conn, in, status := h.upgrade(path, token)
	if status != http.StatusSwitchingProtocols {
		h.t.Fatalf("%s: status %d", path, status)
	}
	frame := binary.BigEndian.AppendUint16([]byte{0x81, 0x80 | 126}, uint16(len(message)))
	frame = append(append(frame, 0, 0, 0, 0), message...) // with a mask that changes nothing
	if _, err := conn.Write(frame); err != nil {
		h.t.Fatal(err)
	}
	return conn, in
}

// socketAnswers is what a message on a socket of its own is answered with, in more than 125 bytes.
func (h *house) socketAnswers(path, token, message string) string {
	h.t.Helper()
	conn, in := h.says(path, token, message)
	defer conn.Close()
	var head [4]byte
	if _, err := io.ReadFull(in, head[:]); err != nil || head[0] != 0x81 || head[1] != 126 {
		h.t.Fatalf("%s: the answer begins with %x, %v", path, head, err)
	}
	text := make([]byte, binary.BigEndian.Uint16(head[2:]))
	if _, err := io.ReadFull(in, text); err != nil {
		h.t.Fatal(err)
	}
	return string(text)
}

// socket opens a session on a socket.
func (h *house) socket(path, token string) liveness {
	h.t.Helper()
	conn, in := h.says(path, token, initialize)
	if b, err := in.ReadByte(); err != nil || b != 0x81 {
		h.t.Fatalf("%s: the answer begins with %x, %v", path, b, err)
	}
	return live(in, conn.Close)
}

// shared is a config.json with one demo server whose process all share.
func oneProcess() string {
	return strings.Replace(entries("demo"), `"command"`, `"drawbridge":{"share":"all"},"command"`, 1)
}

// TestRaiseEndsAll: a hundred connections on three fronts, and the process behind them, are gone at once when the bridge
// is raised; nothing begins until it is lowered, a new start of the bridge included; and then no new approval is needed.
func TestRaiseEndsAll(t *testing.T) {
	h := newHouse(t, oneProcess()).run()
	token := h.token("ada")
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	var open []liveness
	for i := range 100 {
		switch i % 3 {
		case 0:
			open = append(open, h.stream(client, "/demo/mcp", token, h.begin("/demo/mcp", token)))
		case 1:
			open = append(open, h.stream(client, "/demo/sse", token, ""))
		default:
			open = append(open, h.socket("/demo/ws", token))
		}
	}
	defer func() {
		for _, l := range open {
			l.close()
		}
	}()
	snapshot, sub := h.Watch()
	defer sub.Close()
	await(t, sub.Events(), &snapshot, func() bool { return len(snapshot.Servers["demo"].Processes) > 0 && len(snapshot.Sessions) >= 66 })

	begin := time.Now()
	if err := h.SetRaised("", true); err != nil {
		t.Fatal(err)
	}
	late := time.After(10 * time.Second) // a second, and what a busy machine makes of it
	for i, l := range open {
		select {
		case <-l.ended:
		case <-late:
			t.Fatalf("connection %d is still open", i)
		}
	}
	t.Logf("all were gone after %v", time.Since(begin))
	await(t, sub.Events(), &snapshot, func() bool {
		return len(snapshot.Servers["demo"].Processes) == 0 && len(snapshot.Sessions) == 0 && snapshot.Raised
	})

	refused := func(h *house) {
		t.Helper()
		for _, path := range []string{"/demo/mcp", "/mcp"} {
			if a, err := h.post(path, token, "", initialize); err != nil || a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "its owner lets nothing pass") {
				t.Errorf("%s: %+v, %v", path, a, err)
			}
		}
		if a, err := h.post("/demo/mcp", token, "no-such-session", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`); err != nil || !strings.Contains(a.body, "its owner lets nothing pass") {
			t.Errorf("an old session: %+v, %v", a, err)
		}
		r, _ := http.NewRequest(http.MethodGet, h.Address()+"/demo/sse", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		if response, err := client.Do(r); err != nil || response.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("SSE: %+v, %v", response, err)
		} else {
			response.Body.Close()
		}
		conn, _, status := h.upgrade("/demo/ws", token)
		conn.Close()
		if status != http.StatusServiceUnavailable {
			t.Errorf("a socket: status %d", status)
		}
		if now, sub := h.Watch(); len(now.Servers["demo"].Processes) > 0 || len(now.Sessions) > 0 {
			t.Errorf("something has begun: %+v, %v", now.Servers["demo"].Processes, now.Sessions)
		} else {
			sub.Close()
		}
	}
	refused(h)
	h.stop()

	again := &house{t: t}
	var err error
	if again.App, err = New(h.options); err != nil {
		t.Fatal(err)
	}
	again.stop = again.Close
	t.Cleanup(func() { again.stop() })
	again.run()
	if s, err := again.Status(); err != nil || !s.Raised {
		t.Errorf("after a new start: %+v, %v", s, err)
	}
	refused(again)
	if err := again.SetRaised("", false); err != nil {
		t.Fatal(err)
	}
	again.echo("/demo/mcp", token, again.begin("/demo/mcp", token))
}

// TestRaiseForOne: one agent is cut off, over a new start too, and the others notice nothing.
func TestRaiseForOne(t *testing.T) {
	h := newHouse(t, entries("demo")).run()
	ada, ben := h.token("ada"), h.token("ben")
	session, other := h.begin("/demo/mcp", ada), h.begin("/demo/mcp", ben)
	if err := h.SetRaised("nobody", true); !errors.Is(err, ErrUnknown) {
		t.Errorf("for nobody: %v", err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if a, err := h.use("/demo/mcp", ada, session, "slow", `{"seconds":60}`); err != nil || strings.Contains(a.body, "That took") {
			t.Errorf("the call in flight: %+v, %v", a, err)
		}
	})
	snapshot, sub := h.Watch()
	await(t, sub.Events(), &snapshot, func() bool { n := len(snapshot.Calls); return n > 0 && snapshot.Calls[n-1].Name == "slow" })
	sub.Close()
	if err := h.SetRaised("ada", true); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	refused := func(h *house) {
		t.Helper()
		if a, err := h.post("/demo/mcp", ada, "", initialize); err != nil || a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "raised for this agent") {
			t.Errorf("refused: %+v, %v", a, err)
		}
	}
	refused(h)
	h.echo("/demo/mcp", ben, other)
	h.stop()

	again := &house{t: t}
	var err error
	if again.App, err = New(h.options); err != nil {
		t.Fatal(err)
	}
	again.stop = again.Close
	t.Cleanup(func() { again.stop() })
	again.run()
	refused(again)
	again.echo("/demo/mcp", ben, again.begin("/demo/mcp", ben))
	if err := again.SetRaised("ada", false); err != nil {
		t.Fatal(err)
	}
	again.echo("/demo/mcp", ada, again.begin("/demo/mcp", ada))

	// Who is called the same later is somebody else.
	if err := errors.Join(again.SetRaised("ada", true), again.RevokeAgent("ada")); err != nil {
		t.Fatal(err)
	}
	ada = again.token("ada")
	again.echo("/demo/mcp", ada, again.begin("/demo/mcp", ada))
}
