// Command mcpgo is a client built on mcp-go, with its defaults. It is a module of its own, so that the bridge needs none of
// it. Arguments are the bridge's address with the server's name, the agent's token and the front: mcp or sse. It prints a
// line for each call, "ok" or what is wrong, after its name.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
)

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run opens a session and calls what asks.
func run(address, token, front string) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	to, err := dial(address, token, front)
	if err != nil {
		return err
	}
	u := &user{}
	c := client.NewClient(to, client.WithElicitationHandler(u), client.WithSamplingHandler(u), client.WithRootsHandler(u))
	if err := c.Start(ctx); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if _, err := c.Initialize(ctx, mcp.InitializeRequest{Params: mcp.InitializeParams{
		ClientInfo: mcp.Implementation{Name: "judge", Version: "1"}, ProtocolVersion: mcp.LATEST_PROTOCOL_VERSION,
	}}); err != nil {
		return fmt.Errorf("initialize: %w", err)
	}
	for _, call := range []struct {
		tool, says string
		asks       []string
	}{
		{"elicitation", "Ada", []string{"elicitation"}},
		{"sampling", "across the moat", []string{"sampling"}},
		{"list_roots", "judge-root", []string{"roots"}},
		{"multiple_inputs", "", []string{"elicitation", "roots", "sampling"}},
		{"multi_round", "", []string{"elicitation", "elicitation"}},
		{"request_state", "", []string{"elicitation"}},
	} {
		r, err := c.CallTool(ctx, mcp.CallToolRequest{Params: mcp.CallToolParams{Name: "test_input_required_result_" + call.tool}})
		fmt.Println(call.tool, verdict(r, err, call.says, u.heard(), call.asks))
	}
	return nil
}

func verdict(r *mcp.CallToolResult, err error, says string, asked, want []string) string {
	switch {
	case err != nil:
		return err.Error()
	case r.IsError || len(r.Content) == 0 || !strings.Contains(fmt.Sprint(r.Content[0]), says):
		return fmt.Sprintf("result %v", r.Content)
	case !slices.Equal(asked, want):
		return fmt.Sprintf("asked for %v, want %v", asked, want)
	}
	return "ok"
}

func dial(address, token, front string) (transport.Interface, error) {
	headers := map[string]string{"Authorization": "Bearer " + token}
	if front == "sse" {
		return transport.NewSSE(address+"/sse", transport.WithHeaders(headers))
	}
	return transport.NewStreamableHTTP(address+"/mcp", transport.WithHTTPHeaders(headers))
}

// user answers what is asked.
type user struct {
	mu    sync.Mutex // guards the field below
	asked []string
}

func (u *user) note(what string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.asked = append(u.asked, what)
}

// heard is what was asked since the last time, sorted.
func (u *user) heard() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	asked := u.asked
	u.asked = nil
	slices.Sort(asked)
	return asked
}

func (u *user) Elicit(context.Context, mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	u.note("elicitation")
	return &mcp.ElicitationResult{ElicitationResponse: mcp.ElicitationResponse{
		Action: mcp.ElicitationResponseActionAccept, Content: map[string]any{"name": "Ada", "ok": true},
	}}, nil
}

func (u *user) CreateMessage(context.Context, mcp.CreateMessageRequest) (*mcp.CreateMessageResult, error) {
	u.note("sampling")
	return &mcp.CreateMessageResult{
		SamplingMessage: mcp.SamplingMessage{Role: mcp.RoleAssistant, Content: mcp.TextContent{Type: "text", Text: "across the moat"}}, Model: "judge",
	}, nil
}

func (u *user) ListRoots(context.Context, mcp.ListRootsRequest) (*mcp.ListRootsResult, error) {
	u.note("roots")
	return &mcp.ListRootsResult{Roots: []mcp.Root{{URI: "file:///tmp/judge-root", Name: "judge root"}}}, nil
}
