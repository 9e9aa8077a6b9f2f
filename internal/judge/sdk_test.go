package judge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// TestTypeScript: the clients most agents are built on, over every front, with real servers.
func TestTypeScript(t *testing.T) {
	judging(t)
	node := npm(t)
	dir := t.TempDir()
	b := serve(t, map[string]entry{
		"everything": node.server("session", "@modelcontextprotocol/server-everything"),
		"shared":     node.server("all", "@modelcontextprotocol/server-everything"),
		"files":      node.server("", "@modelcontextprotocol/server-filesystem", dir),
		"both":       {Command: program(t, everything)},
	})
	token := b.token(t, "typescript")
	for _, c := range []struct{ script, server, sdk, front string }{
		{"everything.mjs", "everything", "v1", "streamable"},
		{"everything.mjs", "everything", "v1", "sse"},
		{"everything.mjs", "everything", "v1", "websocket"},
		{"everything.mjs", "shared", "v1", "streamable"},
		{"everything.mjs", "everything", "v2", "streamable"},
		{"everything.mjs", "everything", "v2", "sse"},
		{"everything.mjs", "everything", "v2", "websocket"},
		{"everything.mjs", "everything", "v2-auto", "streamable"},
		{"everything.mjs", "everything", "v2-auto", "websocket"},
		{"everything.mjs", "shared", "v2-auto", "streamable"},
		{"filesystem.mjs", "files", "v1", "streamable"},
		{"filesystem.mjs", "files", "v1", "sse"},
		{"filesystem.mjs", "files", "v1", "websocket"},
		{"filesystem.mjs", "files", "v2", "streamable"},
		{"filesystem.mjs", "files", "v2-auto", "streamable"},
		{"modern.mjs", "both", "v2-modern", "streamable"},
		{"modern.mjs", "both", "v2-auto", "streamable"},
		{"modern.mjs", "both", "v2-modern", "websocket"},
	} {
		name := strings.TrimSuffix(c.script, ".mjs")
		t.Run(fmt.Sprintf("%s/%s/%s/%s", name, c.server, c.sdk, c.front), func(t *testing.T) {
			node.judge(t, c.script,
				"JUDGE_SDK="+c.sdk, "JUDGE_FRONT="+c.front, "JUDGE_URL="+b.at(c.server), "JUDGE_TOKEN="+token, "JUDGE_DIR="+dir)
		})
	}
}

// TestGoSDK: the official Go client, which tries the modern era first, over both of its HTTP
// transports, with a server of each era.
func TestGoSDK(t *testing.T) {
	judging(t)
	b := serve(t, map[string]entry{
		"both":   {Command: program(t, everything)},
		"legacy": ourselves(t, "session"),
	})
	c := b.client(t)
	c.Transport = bearer{token: b.token(t, "go"), next: c.Transport}
	for _, to := range []struct {
		server, tool string
		transport    mcp.Transport
	}{
		{"both", "test_simple_text", &mcp.StreamableClientTransport{Endpoint: b.at("both") + "/mcp", HTTPClient: c}},
		{"both", "test_simple_text", &mcp.SSEClientTransport{Endpoint: b.at("both") + "/sse", HTTPClient: c}},
		{"legacy", "echo", &mcp.StreamableClientTransport{Endpoint: b.at("legacy") + "/mcp", HTTPClient: c}},
		{"legacy", "echo", &mcp.SSEClientTransport{Endpoint: b.at("legacy") + "/sse", HTTPClient: c}},
	} {
		t.Run(fmt.Sprintf("%s/%T", to.server, to.transport), func(t *testing.T) {
			if err := visit(deadline(t, time.Minute), to.transport, to.tool); err != nil {
				t.Error(err)
			}
		})
	}
}

// visit opens a session, lists the tools, calls one a hundred times and leaves.
func visit(ctx context.Context, to mcp.Transport, tool string) (err error) {
	s, err := mcp.NewClient(&mcp.Implementation{Name: "judge", Version: "1"}, nil).Connect(ctx, to, nil)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	tools, err := s.ListTools(ctx, nil)
	if err != nil || len(tools.Tools) == 0 {
		return fmt.Errorf("list: %v, %w", tools, err)
	}
	for i := range 100 {
		r, err := s.CallTool(ctx, &mcp.CallToolParams{Name: tool, Arguments: map[string]any{"text": "hello"}})
		if err != nil {
			return fmt.Errorf("call %d: %w", i, err)
		}
		if text, ok := r.Content[0].(*mcp.TextContent); !ok || text.Text == "" || r.IsError {
			return fmt.Errorf("call %d: %+v", i, r.Content)
		}
	}
	return nil
}

// bearer puts a token into every request.
type bearer struct {
	token string
	next  http.RoundTripper
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.next.RoundTrip(r)
}
