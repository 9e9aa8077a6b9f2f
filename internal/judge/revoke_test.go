package judge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// TestRevoke: when `token revoke` returns, everything of that agent has ended, on every front, and
// nothing more can begin. Another agent notices nothing.
func TestRevoke(t *testing.T) {
	judging(t)
	b := serve(t, map[string]entry{"echo": ourselves(t, "all")})
	c := b.client(t)
	kept := b.open(t, c, "echo", b.token(t, "kept"))
	token := b.token(t, "gone")
	l := b.open(t, c, "echo", token)

	ended := make(chan error, 3) // one for each thing that revoking ends
	stream, err := l.resume(deadline(t, time.Minute), "")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	go func() { ended <- listen(stream, func(message) bool { return true }) }()
	go func() { ended <- runs(t.Context(), l) }()
	socket := b.socket(t, "echo", token)
	go func() { _, _, err := socket.Read(t.Context()); ended <- err }()
	eventually(t, 5*time.Second, "the call runs", func() bool {
		return strings.Contains(b.run(t, "calls", "--json"), "never")
	})

	b.run(t, "token", "revoke", "gone")
	for range cap(ended) {
		select {
		case err := <-ended:
			if err == nil {
				t.Error("something of the agent ended well")
			}
		case <-time.After(time.Second):
			t.Fatal("something of the agent goes on after it was revoked")
		}
	}
	_, err = l.tool(deadline(t, 10*time.Second), "2", "echo", `{"text":"hello"}`)
	if r := new(refused); !errors.As(err, &r) || r.status != http.StatusUnauthorized {
		t.Errorf("a call after revocation: %v, want HTTP 401", err)
	}
	if err := chatter(deadline(t, 30*time.Second), kept, "kept"); err != nil {
		t.Error(err)
	}
}

// runs makes a call that is never answered. It returns how that ended, which is an error.
func runs(ctx context.Context, l *line) error {
	m, err := l.call(ctx, "1", "tools/call", `{"name":"never","arguments":{}}`, nil)
	if err == nil && m.Error != nil {
		err = fmt.Errorf("error %d: %s", m.Error.Code, m.Error.Message)
	}
	return err
}

// socket opens a WebSocket and makes the handshake on it.
func (b *bridge) socket(t *testing.T, server, token string) *websocket.Conn {
	t.Helper()
	conn, err := b.upgrade(deadline(t, 10*time.Second), server, token)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return conn
}

// upgrade is socket for goroutines other than the test's own.
func (b *bridge) upgrade(ctx context.Context, server, token string) (*websocket.Conn, error) {
	conn, _, err := websocket.Dial(ctx, b.at(server)+"/ws", &websocket.DialOptions{
		Subprotocols: []string{"mcp"},
		HTTPHeader:   http.Header{"Authorization": {"Bearer " + token}},
	})
	if err != nil {
		return nil, err
	}
	for _, text := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"judge","version":"1"}}}`,
		`{"jsonrpc":"2.0","method":"notifications/initialized"}`,
	} {
		if err := conn.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			return conn, err
		}
	}
	if _, answer, err := conn.Read(ctx); err != nil || !contains(answer, "serverInfo") {
		return conn, fmt.Errorf("initialize: %s, %w", answer, err)
	}
	return conn, nil
}

// TestSocketNeedsAToken: without one there is no upgrade.
func TestSocketNeedsAToken(t *testing.T) {
	judging(t)
	b := serve(t, map[string]entry{"echo": ourselves(t, "all")})
	for _, header := range []http.Header{nil, {"Authorization": {"Bearer dbk_wrong"}}} {
		_, resp, err := websocket.Dial(deadline(t, 10*time.Second), b.at("echo")+"/ws", &websocket.DialOptions{
			Subprotocols: []string{"mcp"}, HTTPHeader: header,
		})
		if err == nil || resp == nil || resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("with %v: %v, want HTTP 401", header, err)
		}
	}
}
