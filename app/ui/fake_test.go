package ui

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"drawbridge/bridge"
	"drawbridge/internal/feed"
)

// fake is an application that keeps everything in memory and writes down what it was asked to do.
type fake struct {
	feed feed.Feed[bridge.Event]

	mu    sync.Mutex // guards the fields below
	state bridge.Snapshot
	asked []string
	fails error // what the next methods return
}

func newFake() *fake {
	return &fake{state: bridge.Snapshot{
		Raised:  true,
		Servers: map[string]bridge.Server{}, Agents: map[string]bridge.Agent{}, Sessions: map[uint64]bridge.SessionInfo{},
		Applying: map[string]bridge.Applicant{},
	}}
}

func (f *fake) Watch() (bridge.Snapshot, *feed.Sub[bridge.Event]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.state
	s.Servers, s.Agents, s.Sessions, s.Calls = maps.Clone(s.Servers), maps.Clone(s.Agents), maps.Clone(s.Sessions), slices.Clone(s.Calls)
	s.Applying, s.Questions = maps.Clone(s.Applying), maps.Clone(s.Questions)
	return s, f.feed.Subscribe()
}

func (f *fake) publish(events ...bridge.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range events {
		f.state.Apply(e)
		f.feed.Publish(e)
	}
}

func (f *fake) ask(format string, args ...any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, fmt.Sprintf(format, args...))
	return f.fails
}

// said is what the application was asked to do since it was last looked at.
func (f *fake) said() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.asked
	f.asked = nil
	return s
}

func (f *fake) failing(why string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails = errors.New(why)
}

func (f *fake) Address() string { return "http://127.0.0.1:7040" }

func (f *fake) Raise() {
	_ = f.ask("raise")
	f.publish(bridge.Raised{Raised: true})
}

func (f *fake) Lower() {
	_ = f.ask("lower")
	f.publish(bridge.Raised{Raised: false})
}

func (f *fake) NewToken(name string, servers, tools []string, expires time.Duration) (string, error) {
	return secret, f.ask("new token %s %q %q %v", name, servers, tools, expires)
}

const secret = "dbk_k3Fz81Qm9wJx7RbN2sVtYcLd5hGpA4eUoXqTiKzM6fBvW0rS1nyD"

func (f *fake) RotateAgent(name string) (string, error) { return secret, f.ask("rotate %s", name) }
func (f *fake) RevokeAgent(name string) error           { return f.ask("revoke %s", name) }
func (f *fake) DisconnectAgent(name string) error       { return f.ask("disconnect %s", name) }
func (f *fake) RemoveServer(name string) error          { return f.ask("remove %s", name) }
func (f *fake) StartServer(name string) error           { return f.ask("start %s", name) }
func (f *fake) StopServer(name string) error            { return f.ask("stop %s", name) }
func (f *fake) RestartServer(name string) error         { return f.ask("restart %s", name) }
func (f *fake) CancelCall(id uint64) error              { return f.ask("cancel %d", id) }

func (f *fake) AddServer(name string, command []string, env map[string]string) error {
	return f.ask("add %s %q %v", name, command, env)
}

func (f *fake) Logs(name string) string {
	if name == "github" {
		return ""
	}
	return "2026-11-23T10:03:12Z starting\nSecure MCP Filesystem Server running on stdio\nAllowed directories: [ '/home/ada/Documents' ]\n"
}

// house fills a snapshot with a believable household, as it is at now.
func house(now time.Time) bridge.Snapshot {
	s := newFake().state
	s.Raised = false
	for _, sv := range houseServers(now) {
		s.Servers[sv.Name] = sv
	}
	for _, a := range houseAgents(now) {
		s.Agents[a.Name] = a
	}
	for i, o := range []bridge.SessionInfo{
		{Agent: "claude-laptop", User: "ada@example.com", Server: "filesystem", Front: "streamable", Era: "legacy", Client: "claude-code 2.1.14", Address: "127.0.0.1"},
		{Agent: "claude-laptop", User: "ada@example.com", Server: "github", Front: "streamable", Era: "legacy", Client: "claude-code 2.1.14", Address: "127.0.0.1"},
		{Agent: "cursor-studio", Server: "postgres", Front: "sse", Era: "legacy", Client: "cursor 3.9", Address: "192.0.2.14"},
	} {
		o.ID, o.Opened = uint64(i+1), now.Add(-time.Duration(i+1)*17*time.Minute)
		s.Sessions[o.ID] = o
	}
	s.Calls = houseCalls(now)
	return s
}

func houseServers(now time.Time) []bridge.Server {
	tools := func(names ...string) (t []bridge.Tool) {
		for _, n := range names {
			t = append(t, bridge.Tool{Name: n})
		}
		return t
	}
	return []bridge.Server{
		{
			Name: "filesystem", Command: []string{"npx", "-y", "@modelcontextprotocol/server-filesystem", "/home/ada/Documents"}, Share: "session", Era: "legacy", State: bridge.Running,
			Tools:     tools("read_text_file", "read_media_file", "read_multiple_files", "write_file", "edit_file", "create_directory", "list_directory", "directory_tree", "move_file", "search_files", "get_file_info"),
			Processes: []bridge.ProcessInfo{{PID: 48113, Serves: "claude-laptop (ada@example.com)", Started: now.Add(-3 * time.Hour)}, {PID: 48201, Started: now.Add(-12 * time.Minute)}},
		},
		{
			Name: "github", Command: []string{"docker", "run", "-i", "--rm", "ghcr.io/github/github-mcp-server"}, Share: "all", Era: "modern", State: bridge.Running,
			Tools:     tools("search_code", "create_pull_request", "list_issues", "get_issue"),
			Processes: []bridge.ProcessInfo{{PID: 48377, Serves: "everybody", Started: now.Add(-4 * time.Hour)}},
		},
		{Name: "obsidian", Command: []string{"uvx", "mcp-obsidian"}, State: bridge.Idle},
		{
			Name: "playwright", Command: []string{"npx", "@playwright/mcp@latest", "--headless"}, State: bridge.Failed,
			Error:  "npx was not found. Install Node.js, or put the full path of npx into the command; then press Restart. Looked in /usr/local/bin, /usr/bin and ~/.local/bin",
			Stderr: "sh: 1: npx: not found\n",
		},
		{
			Name: "postgres", Command: []string{"uvx", "postgres-mcp", "--access-mode=restricted"}, Share: "session", Era: "legacy", State: bridge.Starting,
			Tools: tools("query", "explain_query", "list_schemas"),
		},
		{Name: "time", Command: []string{"uvx", "mcp-server-time"}, State: bridge.Stopped, Tools: tools("get_current_time", "convert_time")},
	}
}

func houseAgents(now time.Time) []bridge.Agent {
	return []bridge.Agent{
		{Name: "claude-laptop", Hint: "dbk_k3Fz81Qm", Created: now.Add(-40 * 24 * time.Hour), Expires: now.Add(50 * 24 * time.Hour), LastUsed: now},
		{Name: "cursor-studio", Hint: "dbk_Zq20aPw1", Servers: []string{"postgres", "filesystem"}, Created: now.Add(-3 * 24 * time.Hour), LastUsed: now.Add(-2 * time.Minute)},
		{Name: "n8n-workflow", Hint: "dbk_4f2aLm0c", Servers: []string{"postgres"}, Tools: []string{"query", "list_*"}, Expires: now.Add(6 * 24 * time.Hour), LastUsed: now.Add(-26 * time.Hour)},
		{Name: "old-script", Hint: "dbk_Yt71xBn5", Servers: []string{"time"}, Expires: now.Add(-24 * time.Hour), LastUsed: now.Add(-60 * 24 * time.Hour)},
		{Name: "vscode-desk", Hint: "dbk_p0Wm3VrE", Servers: []string{"github", "filesystem"}},
	}
}

func houseCalls(now time.Time) (calls []bridge.CallInfo) {
	kinds := []bridge.CallInfo{
		{Session: 1, Agent: "claude-laptop", User: "ada@example.com", Server: "filesystem", Method: "tools/call", Name: "read_text_file", Arguments: `{"path":"/home/ada/Documents/plan.md","head":40}`},
		{Session: 2, Agent: "claude-laptop", User: "ada@example.com", Server: "github", Method: "tools/call", Name: "search_code", Arguments: `{"q":"drawbridge language:go"}`},
		{Session: 3, Agent: "cursor-studio", Server: "postgres", Method: "tools/call", Name: "query", Arguments: `{"sql":"select count(*) from orders where created_at > now() - interval '1 day'","password":"[redacted]"}`},
		{Agent: "n8n-workflow", Server: "postgres", Method: "tools/list"},
		{Session: 1, Agent: "claude-laptop", User: "ada@example.com", Server: "filesystem", Method: "resources/read", Name: "file:///home/ada/Documents/a-very-long-name-of-a-file-that-does-not-fit-anywhere.md"},
	}
	results := []bridge.Result{bridge.OK, bridge.OK, bridge.OK, bridge.OK, bridge.ToolError, bridge.OK, bridge.OK, bridge.Failure, bridge.OK, bridge.Cancelled, bridge.OK, bridge.Denied, bridge.OK, bridge.Lost}
	const n = 140
	for i := range n {
		c := kinds[(i*7+i/3)%len(kinds)]
		c.ID = uint64(i + 1)
		c.Started = now.Add(-time.Duration((n-i)*(n-i)) * 40 * time.Millisecond)
		if i < n-3 {
			c.Ended = true
			c.End = bridge.Outcome{Result: results[i%len(results)], Took: time.Duration(i*i*997%1_700_000) * time.Microsecond, Bytes: i * 311, Answer: `{"content":[{"type":"text","text":"# Plan\n\nLower the bridge, let them in, raise it again."}]}`}
			if bad(c.End.Result) {
				c.End.Error = "postgres: relation \"orders\" does not exist (incident 7f3a)"
			}
		}
		if i == n-2 {
			c.Progress = bridge.Progress{Done: 2, Total: 5, Message: "Reading 2 of 5 files"}
		}
		calls = append(calls, c)
	}
	return calls
}
