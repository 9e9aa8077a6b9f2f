package judge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestIDs: an id of any legal kind comes back byte for byte.
func TestIDs(t *testing.T) {
	judging(t)
	b := serve(t, map[string]entry{"echo": ourselves(t, "all")})
	l := b.open(t, b.client(t), "echo", b.token(t, "ids"))
	for _, id := range []string{
		"0", "-7", "9007199254740993", "123456789012345678901234567890",
		`"a"`, `""`, `"1"`, `"id-\"é\\ 👨‍👩‍👧"`, `"\u00e9\u2028"`, `"` + strings.Repeat("x", 200) + `"`,
	} {
		if text, err := l.tool(deadline(t, 10*time.Second), id, "echo", `{"text":"hello"}`); err != nil || text != "hello" {
			t.Errorf("id %s: %q, %v", id, text, err)
		}
	}
}

// TestDoor: what is refused before anything is started, and how.
func TestDoor(t *testing.T) {
	judging(t)
	b := serve(t, map[string]entry{"echo": ourselves(t, "session"), "other": ourselves(t, "session")})
	token := b.token(t, "narrow", "--server", "echo")
	const hello = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"judge","version":"1"}}}`
	for _, c := range []struct {
		name   string
		server string
		token  string
		query  string
		header http.Header
		body   string
		status int
		says   string // in the body, or in WWW-Authenticate
	}{
		{name: "no token", server: "echo", body: hello, status: 401, says: "resource_metadata="},
		{name: "a wrong token", server: "echo", token: token[:len(token)-1] + "_", body: hello, status: 401, says: `error="invalid_token"`},
		{name: "a token in the query", server: "echo", query: "?access_token=" + token, body: hello, status: 400, says: "invalid_request"},
		{name: "no such server", server: "nowhere", token: token, body: hello, status: 404, says: "echo"},
		{name: "a server that this agent may not use", server: "other", token: token, body: hello, status: 404, says: "echo"},
		{name: "a foreign origin", server: "echo", token: token, header: http.Header{"Origin": {"https://evil.example"}}, body: hello, status: 403},
		{name: "no JSON", server: "echo", token: token, body: `{"jsonrpc"`, status: 400, says: "-32700"},
		{name: "two methods", server: "echo", token: token, body: `{"jsonrpc":"2.0","id":1,"method":"ping","method":"initialize"}`, status: 400, says: "-32600"},
		{name: "an unknown session", server: "echo", token: token, header: http.Header{"Mcp-Session-Id": {"__proto__"}}, body: `{"jsonrpc":"2.0","id":1,"method":"ping"}`, status: 404, says: "-32001"},
	} {
		t.Run(c.name, func(t *testing.T) {
			resp, body := knock(t, b, c.server+"/mcp"+c.query, c.token, c.header, c.body)
			if said := resp.Header.Get("WWW-Authenticate") + string(body); resp.StatusCode != c.status || !strings.Contains(said, c.says) {
				t.Errorf("HTTP %d %.500s, want %d and %q", resp.StatusCode, said, c.status, c.says)
			}
		})
	}
}

// knock posts body with exactly these headers.
func knock(t *testing.T, b *bridge, path, token string, header http.Header, body string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(deadline(t, 10*time.Second), http.MethodPost, b.url+"/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		req.Header = header
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := b.client(t).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, text
}

// TestRudeServers: a server that misbehaves gives a clear error within its time, and one that only
// chatters works. The others don't notice.
func TestRudeServers(t *testing.T) {
	judging(t)
	servers := map[string]entry{"polite": ourselves(t, "session")}
	for _, manner := range []string{"exits", "mute", "deaf", "floods", "endless", "chatty"} {
		servers[manner] = ourselves(t, "session", manner)
	}
	servers["absent"] = entry{Command: "no-such-program-anywhere"}
	b := serve(t, servers)
	token, c := b.token(t, "patient"), b.client(t)
	for _, want := range []struct{ server, says string }{
		{"exits", "status 3"}, {"absent", "could not be started"},
		{"mute", ""}, {"deaf", ""}, {"floods", ""}, {"endless", ""}, // after two minutes: first starts take long
	} {
		t.Run(want.server, func(t *testing.T) {
			t.Parallel()
			ctx := deadline(t, 150*time.Second)
			l, err := b.dial(ctx, c, want.server, token, `{}`)
			if err == nil {
				_, err = l.tool(ctx, "1", "echo", `{"text":"hello"}`)
			}
			t.Log(err)
			if err == nil || errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), want.says) {
				t.Errorf("error is %v, want one that says %q", err, want.says)
			}
		})
	}
	for _, server := range []string{"polite", "chatty"} {
		t.Run(server, func(t *testing.T) {
			t.Parallel()
			l := b.open(t, c, server, token)
			if err := chatter(deadline(t, 30*time.Second), l, server); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() {
		if n := resident(b.pid) >> 20; n > 128 {
			t.Errorf("%d MiB resident behind servers that flood, want 128 at most", n)
		}
	})
}

// TestRudeClients: half a body, a body past the limit and an agent that never reads are bounded, and
// another agent is served meanwhile.
func TestRudeClients(t *testing.T) {
	needProc(t)
	b := serve(t, map[string]entry{"echo": ourselves(t, "all")})
	token, c := b.token(t, "rude"), b.client(t)
	l := b.open(t, c, "echo", token)
	head := "POST /echo/mcp HTTP/1.1\r\nHost: " + strings.TrimPrefix(b.url, "http://") + "\r\nAuthorization: Bearer " + token +
		"\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nMcp-Session-Id: " + l.session +
		"\r\nMCP-Protocol-Version: 2025-11-25\r\n"
	before := resident(b.pid)
	for i := range 50 {
		say(t, b, fmt.Sprintf("%sContent-Length: 1000\r\n\r\n{\"half\":%d", head, i))
		big := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"echo","arguments":{"text":"%s"}}}`, i, strings.Repeat("x", 1<<20))
		say(t, b, fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(big), big))
	}
	if err := chatter(deadline(t, 30*time.Second), b.open(t, c, "echo", b.token(t, "kind")), "kind"); err != nil {
		t.Error(err)
	}
	t.Logf("%d MiB resident before, %d with 100 rude connections", before>>20, resident(b.pid)>>20)
	_, err := l.call(deadline(t, 30*time.Second), "1", "tools/call", `{"name":"echo","arguments":{"text":"`+strings.Repeat("x", 100<<20)+`"}}`, nil)
	if r := new(refused); !errors.As(err, &r) || r.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a body of 100 MiB: %v, want HTTP 413", err)
	}
}

// say writes text to the bridge's address and leaves the connection open, unread, until t ends.
func say(t *testing.T, b *bridge, text string) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(b.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}

// TestBatch: only 2025-03-26 has batches.
func TestBatch(t *testing.T) {
	judging(t)
	b := serve(t, map[string]entry{"echo": ourselves(t, "session")})
	l := &line{url: b.at("echo") + "/mcp", token: b.token(t, "batch"), http: b.client(t)}
	if _, err := l.call(deadline(t, 10*time.Second), "1", "initialize", `{"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{"name":"judge","version":"1"}}`, nil); err != nil {
		t.Fatal(err)
	}
	resp, body := knock(t, b, "echo/mcp", l.token, http.Header{"Mcp-Session-Id": {l.session}},
		`[{"jsonrpc":"2.0","method":"notifications/initialized"},{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":"1","method":"ping"}]`)
	for _, id := range []string{`"id":1`, `"id":"1"`} {
		if !bytes.Contains(bytes.ReplaceAll(body, []byte(" "), nil), []byte(id)) {
			t.Errorf("HTTP %d %.300s: no answer with %s", resp.StatusCode, body, id)
		}
	}
	l = b.open(t, b.client(t), "echo", l.token)
	resp, body = knock(t, b, "echo/mcp", l.token, http.Header{"Mcp-Session-Id": {l.session}, "Mcp-Protocol-Version": {"2025-11-25"}},
		`[{"jsonrpc":"2.0","id":1,"method":"ping"}]`)
	if resp.StatusCode != http.StatusBadRequest || !json.Valid(body) {
		t.Errorf("a batch in 2025-11-25: HTTP %d %.300s, want 400", resp.StatusCode, body)
	}
}
