package share

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
)

func claudeCode(l Link) Snippet {
	text := "claude mcp add --transport http " + quote(l.Name) + " " + quote(l.URL)
	if l.Token == "" {
		return Snippet{Text: text, Where: "Run this in a terminal. Then type /mcp in Claude Code, and sign in."}
	}
	return Snippet{Text: text + " \\\n  --header " + quote("Authorization: Bearer "+l.Token), Where: "Run this in a terminal."}
}

func claudeAI(l Link) Snippet {
	return Snippet{Text: l.URL, Where: "In Claude: Settings, Connectors, Add custom connector. Paste this as its URL and press Connect."}
}

func chatGPT(l Link) Snippet {
	return Snippet{Text: l.URL, Where: "In ChatGPT: Settings, Apps & Connectors, Advanced settings: turn on developer mode, then Create. Paste this as the server's URL and choose OAuth."}
}

// remote is a server as most clients write it.
type remote struct {
	Type    string            `json:"type,omitempty"`
	URL     string            `json:"url,omitempty"`
	HTTPURL string            `json:"httpUrl,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
}

func (l Link) headers() map[string]string {
	if l.Token == "" {
		return nil
	}
	return map[string]string{"Authorization": "Bearer " + l.Token}
}

func cursor(l Link) Snippet {
	entry := remote{URL: l.URL, Headers: l.headers()}
	s := Snippet{Text: indented(map[string]map[string]remote{"mcpServers": {l.Name: entry}}), Where: "Add this to ~/.cursor/mcp.json."}
	if l.Token == "" {
		config := base64.StdEncoding.EncodeToString([]byte(compact(entry)))
		s.Install = "cursor://anysphere.cursor-deeplink/mcp/install?name=" + url.QueryEscape(l.Name) + "&config=" + url.QueryEscape(config)
		s.Where = "Press Install, or add this to ~/.cursor/mcp.json. Then press Connect beside it in Cursor's settings."
	}
	return s
}

func vsCode(l Link) Snippet {
	entry := remote{Type: "http", URL: l.URL, Headers: l.headers()}
	s := Snippet{Text: indented(map[string]map[string]remote{"servers": {l.Name: entry}}), Where: "Add this to .vscode/mcp.json in your workspace, or to your own with the command “MCP: Open User Configuration”."}
	if l.Token == "" {
		named := struct {
			Name string `json:"name"`
			remote
		}{l.Name, entry}
		s.Install = "vscode:mcp/install?" + url.PathEscape(compact(named))
		s.Where = "Press Install, or add this to .vscode/mcp.json in your workspace. VS Code opens your browser to sign in."
	}
	return s
}

// tokenVariable is where Codex, which takes no token in its file, finds it.
const tokenVariable = "DRAWBRIDGE_TOKEN"

func codex(l Link) Snippet {
	text := "codex mcp add " + quote(l.Name) + " --url " + quote(l.URL)
	if l.Token == "" {
		return Snippet{Text: text, Where: "Run this in a terminal. Codex opens your browser to sign in."}
	}
	return Snippet{
		Text:  "export " + tokenVariable + "=" + quote(l.Token) + "\n" + text + " --bearer-token-env-var " + tokenVariable,
		Where: "Run this in a terminal, and put the first line where your shell starts: Codex reads the variable each time.",
	}
}

func gemini(l Link) Snippet {
	text := "gemini mcp add --scope user --transport http"
	if l.Token == "" {
		return Snippet{Text: text + " " + quote(l.Name) + " " + quote(l.URL), Where: "Run this in a terminal. Gemini CLI opens your browser to sign in; /mcp auth " + l.Name + " does it again."}
	}
	return Snippet{Text: text + " \\\n  --header " + quote("Authorization: Bearer "+l.Token) + " \\\n  " + quote(l.Name) + " " + quote(l.URL), Where: "Run this in a terminal."}
}

// local is a server that a client starts itself.
type local struct {
	Command string            `json:"command"`
	Args    []string          `json:"args"`
	Env     map[string]string `json:"env,omitempty"`
}

func mcpRemote(l Link) Snippet {
	entry := local{Command: "npx", Args: []string{"-y", "mcp-remote", l.URL}}
	if strings.HasPrefix(l.URL, "http://") && !IsLocal(l.URL) {
		entry.Args = append(entry.Args, "--allow-http")
	}
	if l.Token != "" {
		entry.Args = append(entry.Args, "--header", "Authorization:${AUTHORIZATION}") // a blank here would be lost on Windows
		entry.Env = map[string]string{"AUTHORIZATION": "Bearer " + l.Token}
	}
	return Snippet{
		Text:  indented(map[string]map[string]local{"mcpServers": {l.Name: entry}}),
		Where: "For clients that only start programs, such as Claude Desktop: add this to their mcpServers. It needs Node.js.",
	}
}

func curl(l Link) Snippet {
	lines := []string{"curl -sS " + quote(l.URL)}
	if l.Token != "" {
		lines = append(lines, "-H "+quote("Authorization: Bearer "+l.Token))
	}
	lines = append(lines,
		"-H 'Content-Type: application/json'",
		"-H 'Accept: application/json, text/event-stream'",
		`-d '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"curl","version":"1"}}}'`)
	where := "Try it from a terminal: the bridge answers with what it can do."
	if l.Token == "" {
		where = "Try it from a terminal: without a token the bridge answers 401 and says where to sign in."
		lines[0] = "curl -sSi " + quote(l.URL)
	}
	return Snippet{Text: strings.Join(lines, " \\\n  "), Where: where}
}

// compact is v as JSON in one line, indented with a line a member. What is given to them can always be encoded.
func compact(v any) string  { return encoded(v, "") }
func indented(v any) string { return encoded(v, "  ") }

func encoded(v any, indent string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	_ = enc.Encode(v)
	return strings.TrimSuffix(b.String(), "\n")
}
