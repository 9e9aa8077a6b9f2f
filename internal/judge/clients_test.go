//lint:file-ignore SA1019 sampling and roots are deprecated in 2026-07-28, and in use

package judge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// TestTypeScriptIsAsked: the clients of the TypeScript SDK answer servers of the other era, over every front.
func TestTypeScriptIsAsked(t *testing.T) {
	judging(t)
	node := npm(t)
	b := serve(t, map[string]entry{
		"everything": node.server("", "@modelcontextprotocol/server-everything"),
		"old":        own{}.asker(t, "legacy"), "new": own{}.asker(t, "modern"),
		"official": shimmed("modern", entry{Command: program(t, everything)}),
	})
	token := b.token(t, "typescript")
	for _, c := range []struct{ script, server, sdk, front string }{
		{"asking.mjs", "everything", "v2-modern", "streamable"},
		{"asking.mjs", "everything", "v2-modern", "websocket"},
		{"rounds.mjs", "old", "v2-modern", "streamable"},
		{"rounds.mjs", "new", "v1", "streamable"},
		{"rounds.mjs", "new", "v1", "sse"},
		{"rounds.mjs", "new", "v1", "websocket"},
		{"rounds.mjs", "official", "v1", "streamable"},
	} {
		t.Run(fmt.Sprintf("%s/%s/%s/%s", strings.TrimSuffix(c.script, ".mjs"), c.server, c.sdk, c.front), func(t *testing.T) {
			t.Parallel()
			node.judge(t, c.script, "JUDGE_SDK="+c.sdk, "JUDGE_FRONT="+c.front, "JUDGE_URL="+b.at(c.server), "JUDGE_TOKEN="+token)
		})
	}
}

// TestGoSDKIsAsked: the official Go client, as it is by default, answers servers of each era over both of its transports.
func TestGoSDKIsAsked(t *testing.T) {
	judging(t)
	official := entry{Command: program(t, everything)}
	b := serve(t, map[string]entry{
		"old": own{}.asker(t, "legacy"), "new": own{}.asker(t, "modern"),
		"official-old": shimmed("legacy", official), "official-new": shimmed("modern", official),
	})
	agent := func(name string) *http.Client { // of its own: before a server is known to ask, two calls of one agent may ask at once
		c := b.client(t)
		c.Transport = bearer{token: b.token(t, name), next: c.Transport}
		return c
	}
	one, two := agent("go"), agent("gopher")
	for _, server := range []string{"old", "new", "official-old", "official-new"} {
		for _, to := range []mcp.Transport{
			&mcp.StreamableClientTransport{Endpoint: b.at(server) + "/mcp", HTTPClient: one},
			&mcp.SSEClientTransport{Endpoint: b.at(server) + "/sse", HTTPClient: two},
		} {
			t.Run(fmt.Sprintf("%s/%T", server, to), func(t *testing.T) {
				t.Parallel()
				if err := new(gopher).visit(deadline(t, time.Minute), to); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// gopher is a user of the Go SDK.
type gopher struct {
	mu    sync.Mutex // guards the field below
	asked []string   // methods
}

func (g *gopher) note(method string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, method)
}

// wants is an error unless exactly these have been asked since the last time.
func (g *gopher) wants(methods ...string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	asked := g.asked
	g.asked = nil
	if slices.Sort(asked); !slices.Equal(asked, methods) {
		return fmt.Errorf("asked for %v, want %v", asked, methods)
	}
	return nil
}

func (g *gopher) client() *mcp.Client {
	client := mcp.NewClient(&mcp.Implementation{Name: "judge", Version: "1"}, &mcp.ClientOptions{
		ElicitationHandler: func(_ context.Context, r *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			g.note("elicitation")
			return &mcp.ElicitResult{Action: "accept", Content: map[string]any{"name": "Ada", "ok": true, "context": "the keep"}}, nil
		},
		CreateMessageHandler: func(_ context.Context, r *mcp.CreateMessageRequest) (*mcp.CreateMessageResult, error) {
			g.note("sampling")
			return &mcp.CreateMessageResult{Role: "assistant", Model: "judge", Content: &mcp.TextContent{Text: "across the moat"}}, nil
		},
	})
	client.AddRoots(&mcp.Root{URI: "file:///tmp/judge-root", Name: "judge root"})
	return client
}

// visit opens a session and calls what asks.
func (g *gopher) visit(ctx context.Context, to mcp.Transport) (err error) {
	s, err := g.client().Connect(ctx, to, nil)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for range 3 {
		for _, call := range []struct {
			tool, says string
			asks       []string
		}{
			{"elicitation", "Ada", []string{"elicitation"}},
			{"sampling", "across the moat", []string{"sampling"}},
			{"list_roots", "judge-root", nil}, // the SDK answers it by itself
			{"multiple_inputs", "", []string{"elicitation", "sampling"}},
			{"request_state", "", []string{"elicitation"}},
		} {
			r, err := s.CallTool(ctx, &mcp.CallToolParams{Name: "test_input_required_result_" + call.tool})
			if err != nil {
				return fmt.Errorf("%s: %w", call.tool, err)
			}
			if text, ok := r.Content[0].(*mcp.TextContent); !ok || r.IsError || !strings.Contains(text.Text, call.says) {
				return fmt.Errorf("%s: %+v", call.tool, r.Content[0])
			}
			if err := g.wants(call.asks...); err != nil {
				return fmt.Errorf("%s: %w", call.tool, err)
			}
		}
		p, err := s.GetPrompt(ctx, &mcp.GetPromptParams{Name: "test_input_required_result_prompt"})
		if err != nil || len(p.Messages) == 0 {
			return fmt.Errorf("prompt: %+v, %w", p, err)
		}
		if err := g.wants("elicitation"); err != nil {
			return fmt.Errorf("prompt: %w", err)
		}
	}
	return nil
}
