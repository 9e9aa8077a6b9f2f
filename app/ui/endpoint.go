package ui

import (
	"encoding/json"
	"net/url"
	"strings"
)

// endpoint is where an agent reaches these servers: one has a place of its own, several are joined.
func endpoint(address string, servers []string) string {
	if len(servers) == 1 {
		return address + "/" + url.PathEscape(servers[0]) + "/mcp"
	}
	return address + "/mcp"
}

// client is a program that an agent runs in, and how it is told of the bridge.
type client struct {
	name string
	hint string // where the text goes
	text func(name, url, token string) string
}

// clients are those that the owner most likely has.
func clients() []client {
	return []client{
		{"Claude Code", "Run this in a terminal.", claudeCode},
		{"Cursor", "Add this to ~/.cursor/mcp.json.", cursor},
		{"VS Code", "Add this to .vscode/mcp.json in your workspace.", vsCode},
		{"curl", "Try it from a terminal: the bridge answers with what it can do.", curl},
	}
}

func claudeCode(name, url, token string) string {
	return "claude mcp add --transport http " + name + " " + url + " \\\n  --header \"Authorization: Bearer " + token + "\""
}

type remote struct {
	Type    string            `json:"type,omitempty"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
}

func cursor(name, url, token string) string {
	return indented(map[string]map[string]remote{"mcpServers": {name: {URL: url, Headers: bearer(token)}}})
}

func vsCode(name, url, token string) string {
	return indented(map[string]map[string]remote{"servers": {name: {Type: "http", URL: url, Headers: bearer(token)}}})
}

func bearer(token string) map[string]string {
	return map[string]string{"Authorization": "Bearer " + token}
}

func curl(_, url, token string) string {
	return strings.Join([]string{
		"curl -sS " + url,
		"-H 'Authorization: Bearer " + token + "'",
		"-H 'Content-Type: application/json'",
		"-H 'Accept: application/json, text/event-stream'",
		`-d '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"curl","version":"1"}}}'`,
	}, " \\\n  ")
}

// indented is v as JSON. What is given to it can always be encoded.
func indented(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	_ = enc.Encode(v)
	return strings.TrimSuffix(b.String(), "\n")
}
