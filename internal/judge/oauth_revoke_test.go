package judge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// hammers is how many connections call without a pause.
const hammers = 50

// TestNothingStartsAfterRevocation: while fifty connections on all fronts call without a pause, access ends in each way
// that there is. When that has returned, no call starts any more, and what is open closes within a second.
func TestNothingStartsAfterRevocation(t *testing.T) {
	judging(t)
	for name, end := range map[string]func(*testing.T, *bridge, *agent){
		"by the agent": func(t *testing.T, _ *bridge, a *agent) { a.revoke(t, a.refresh) },
		"by the owner": func(t *testing.T, b *bridge, _ *agent) { b.run(t, "agents", "revoke", "hammer") },
	} {
		t.Run(name, func(t *testing.T) {
			b := serve(t, map[string]entry{"echo": ourselves(t, "all")})
			a := b.admit(t, b.approving(t, nil, "hammer"), "echo")
			struck := b.hammer(t, a.access)
			eventually(t, 30*time.Second, "every connection calls", struck.all)
			end(t, b, a)
			revoked := time.Now()
			if !struck.over(time.Second) {
				t.Error("a connection is open a second after revocation")
			}
			t.Logf("%d calls until revocation, all connections closed %v after", struck.calls.Load(), time.Since(revoked).Round(time.Millisecond))
			b.refuses(t, "echo", a.access)
			if all := b.begun(t, time.Time{}); int64(len(all)) < struck.calls.Load() {
				t.Errorf("%d of %d calls are on record", len(all), struck.calls.Load())
			}
			if late := b.begun(t, revoked); len(late) > 0 {
				t.Errorf("%d calls started after revocation, such as %s", len(late), late[0])
			}
			if status, problem := a.renew(t, a.refresh); problem != "invalid_grant" {
				t.Errorf("refresh: HTTP %d %s", status, problem)
			}
		})
	}
}

// strokes is what the hammers do.
type strokes struct {
	calls atomic.Int64
	began atomic.Int64 // connections that have had an answer
	wg    sync.WaitGroup
}

func (s *strokes) all() bool { return s.began.Load() == hammers }

// over reports whether all connections ended within d.
func (s *strokes) over(d time.Duration) bool {
	done := make(chan struct{})
	go func() { s.wg.Wait(); close(done) }() // ends with the hammers, which end with their test
	select {
	case <-done:
		return true
	case <-time.After(d):
		return false
	}
}

// hammer begins to call on all fronts. Each connection ends with the first call that fails.
func (b *bridge) hammer(t *testing.T, token string) *strokes {
	t.Helper()
	s, c := &strokes{}, b.client(t)
	ctx := deadline(t, time.Minute)
	for i := range hammers {
		s.wg.Go(func() {
			call, err := b.striker(ctx, i, token, c)
			if err != nil {
				if ctx.Err() == nil {
					t.Errorf("connection %d: %v", i, err)
				}
				return
			}
			for n := 0; call(fmt.Sprint(n+10)) == nil; n++ {
				if s.calls.Add(1); n == 0 {
					s.began.Add(1)
				}
			}
		})
	}
	return s
}

// striker opens the connection of that number, and returns how it calls, given an id.
func (b *bridge) striker(ctx context.Context, number int, token string, c *http.Client) (func(id string) error, error) {
	const params = `{"name":"echo","arguments":{"text":"hello"}}`
	switch number % 3 {
	case 0:
		l, err := b.dial(ctx, c, "echo", token, `{}`)
		return func(id string) error { _, err := l.tool(ctx, id, "echo", `{"text":"hello"}`); return err }, err
	case 1:
		conn, err := b.upgrade(ctx, "echo", token)
		return func(id string) error {
			if err := conn.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"method":"tools/call","params":%s}`, id, params)); err != nil {
				return err
			}
			_, answer, err := conn.Read(ctx)
			if err == nil && !contains(answer, `"result"`) {
				err = errors.New(string(answer))
			}
			return err
		}, err
	}
	own := *c
	own.Transport = bearer{token: token, next: c.Transport}
	s, err := mcp.NewClient(&mcp.Implementation{Name: "judge", Version: "1"}, nil).Connect(ctx,
		&mcp.SSEClientTransport{Endpoint: b.at("echo") + "/sse", HTTPClient: &own}, nil)
	return func(string) error {
		_, err := s.CallTool(ctx, &mcp.CallToolParams{Name: "echo", Arguments: map[string]any{"text": "hello"}})
		return err
	}, err
}

// begun are the records of calls that began after a moment.
func (b *bridge) begun(t *testing.T, after time.Time) (late []string) {
	t.Helper()
	for line := range strings.Lines(b.run(t, "audit", "export")) {
		var r struct {
			Kind   string
			Method string
			Time   time.Time
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("audit export: %q: %v", line, err)
		}
		if r.Kind == "call-begin" && r.Time.After(after) {
			late = append(late, line)
		}
	}
	return late
}
