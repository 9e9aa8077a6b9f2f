package ui

import (
	"encoding/json"
	"time"

	"drawbridge/assets"
	"drawbridge/bridge"
)

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
			Package:   bridge.Package{Manager: "npx", Name: "@modelcontextprotocol/server-filesystem", Version: "2026.8.31", Integrity: "sha512-9yW3mXo6LrZqT0kQ2vJ7hFbN1sDcPgAeUiKxMzBwR4nVtYlHd5jG8oCq0S2aXrE7fLpT6uIvNkZbQmWyJhR3Og=="},
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

// houseChoices are settings that the owner has chosen.
func houseChoices() map[string]json.RawMessage {
	return map[string]json.RawMessage{
		"limits.quotas": json.RawMessage(`[{"callsPerMinute":600,"atOnce":32},{"agent":"ci","tool":"deploy_*","callsPerMinute":6},{"shared":true,"bytesPerMinute":"1GiB"}]`),
		"audit.ship": json.RawMessage(`[{"syslog":"tcp+tls://logs.example.com:6514","ca":"/etc/company-ca.pem"},
			{"otlp":"https://otel.example.com:4318/v1/logs","headers":{"Authorization":"Bearer ${keychain:otlp}"}}]`),
		"signIn.providers": json.RawMessage(`[{"issuer":"https://login.example.com","clientId":"drawbridge","name":"Example Corp","clientSecret":"${keychain:idp}",
			"claims":{"email":"mail","groups":"groups"},"allow":{"groups":["engineering"]}}]`),
		"signIn.approve": json.RawMessage(`[{"groups":["platform"],"servers":["files","github"]}]`),
		"raiseOn":        json.RawMessage(`["lock"]`), "audit.keep": json.RawMessage(`"365d"`),
	}
}

// housePayloads is what is kept whole of some of the calls.
func housePayloads() map[uint64]bridge.Payload {
	return map[uint64]bridge.Payload{132: {
		Arguments: `{"of":"the bridge"}`,
		Answer:    `{"content":[{"type":"text","text":"This is the bridge, lowered."},{"type":"image","mimeType":"image/png","data":"iVBORw0KGgo…"}]}`,
		Content:   []bridge.Content{{Type: "text", Text: "This is the bridge, lowered."}, {Type: "image", MIMEType: "image/png", Data: assets.Icon}},
	}}
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
