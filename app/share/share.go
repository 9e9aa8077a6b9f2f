// Package share tells the programs that agents run in how to reach the bridge: the address, as text and as a
// picture, and for each program what to paste where. Its functions are pure.
package share

import (
	"net"
	"net/url"
	"strings"
)

// Link is a way to the bridge for one agent.
type Link struct {
	Name  string // what the agent calls it; a name that settings.CheckName allows
	URL   string // of the endpoint: one server's, or the joined one
	Token string // "" lets the agent sign in by OAuth
}

// To is the Link to these servers at the address of the bridge: one has a place of its own, several are joined.
func To(address string, servers []string, token string) Link {
	if len(servers) == 1 {
		return Link{servers[0], Endpoint(address, servers), token}
	}
	return Link{"drawbridge", Endpoint(address, servers), token}
}

// Endpoint is where an agent reaches these servers; with none, or several, all of them are joined.
func Endpoint(address string, servers []string) string {
	if len(servers) == 1 {
		return address + "/" + url.PathEscape(servers[0]) + "/mcp"
	}
	return address + "/mcp"
}

// IsLocal reports whether only programs on this computer can reach the address.
func IsLocal(address string) bool {
	name, ip := host(address)
	return name == "localhost" || ip.IsLoopback()
}

// IsNear reports whether programs elsewhere than on this computer and its network cannot reach the address.
func IsNear(address string) bool {
	_, ip := host(address)
	return IsLocal(address) || ip.IsPrivate() || ip.IsLinkLocalUnicast()
}

// host is an address's host, and what that is where it is no name; nil is a name.
func host(address string) (string, net.IP) {
	u, err := url.Parse(address)
	if err != nil {
		return "", nil
	}
	return u.Hostname(), net.ParseIP(u.Hostname())
}

// Reach says in a line from where the address can be reached.
func Reach(address string) string {
	switch {
	case IsLocal(address):
		return "Only programs on this computer can reach this address."
	case IsNear(address):
		return "Agents on your network can reach this address; only those that you approve get in."
	}
	return "Agents anywhere can reach this address; only those that you approve get in."
}

// Client is a program that agents run in.
type Client struct {
	Key   string // for the command line: "claude-code"
	Title string
	// Remote programs run in the cloud: an address of this computer alone is of no use to them.
	Remote bool
	// Tokens says whether a token can be given to it. What takes none signs in by OAuth.
	Tokens bool

	snippet func(Link) Snippet
}

// Snippet is what the owner gives to a client.
type Snippet struct {
	Text    string
	Where   string // where the text goes: a sentence or two
	Install string // a link that has the client ask whether to add it; "" when there is none
}

// Snippet is what makes l known to the client. A token is left out where the client takes none.
func (c Client) Snippet(l Link) Snippet {
	if !c.Tokens {
		l.Token = ""
	}
	return c.snippet(l)
}

// Clients are all that are known, those first that the owner most likely has.
func Clients() []Client {
	return []Client{
		{"claude-code", "Claude Code", false, true, claudeCode},
		{"claude-ai", "Claude.ai", true, false, claudeAI},
		{"chatgpt", "ChatGPT", true, false, chatGPT},
		{"cursor", "Cursor", false, true, cursor},
		{"vscode", "VS Code", false, true, vsCode},
		{"codex", "Codex", false, true, codex},
		{"gemini", "Gemini CLI", false, true, gemini},
		{"mcp-remote", "mcp-remote", false, true, mcpRemote},
		{"curl", "curl", false, true, curl},
	}
}

// Keys are the keys of all clients.
func Keys() []string {
	var keys []string
	for _, c := range Clients() {
		keys = append(keys, c.Key)
	}
	return keys
}

// For is the client of that key.
func For(key string) (Client, bool) {
	for _, c := range Clients() {
		if c.Key == key {
			return c, true
		}
	}
	return Client{}, false
}

// quote is s as one word of a shell.
func quote(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r|' ' < 'a' || r|' ' > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("-_./:@%+=,", r)
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
