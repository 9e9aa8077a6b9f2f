package authserver

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestResources(t *testing.T) {
	servers := []string{"files", "mcp"}
	for resource, want := range map[string]string{
		"https://bridge.example":               joined,
		"https://bridge.example/":              joined,
		"https://bridge.example/mcp":           joined,
		"https://bridge.example/sse":           joined,
		"https://bridge.example/ws":            joined,
		"https://bridge.example/files/mcp":     "files",
		"https://bridge.example/files/sse":     "files",
		"https://bridge.example/files/ws":      "files",
		"https://bridge.example/mcp/mcp":       "mcp",
		"HTTPS://BRIDGE.EXAMPLE/files/mcp":     "files",
		"":                                     "-",
		"files":                                "-",
		"/files/mcp":                           "-",
		"http://bridge.example/files/mcp":      "-",
		"https://bridge.example:8443/mcp":      "-",
		"https://bridge.example.evil/mcp":      "-",
		"https://x@bridge.example/mcp":         "-",
		"https://bridge.example/files":         "-",
		"https://bridge.example/files/":        "-",
		"https://bridge.example/files/mcp/":    "-",
		"https://bridge.example/FILES/mcp":     "-",
		"https://bridge.example/other/mcp":     "-",
		"https://bridge.example//mcp":          "-",
		"https://bridge.example/%66iles/mcp":   "-",
		"https://bridge.example/files%2fmcp":   "-",
		"https://bridge.example/files/mcp?x":   "-",
		"https://bridge.example/files/mcp#":    "-",
		"https://bridge.example/files/mcp#x":   "-",
		"https://bridge.example/files/message": "-",
		"https://bridge.example/../mcp":        "-",
		"urn:x":                                "-",
	} {
		got, ok := audienceOf(resource, "https://bridge.example", servers)
		if !ok {
			got = "-"
		}
		if got != want {
			t.Errorf("%s: %q, want %q", resource, got, want)
		}
	}
}

func TestAskedServers(t *testing.T) {
	servers := []string{"files", "clock"}
	for _, c := range []struct {
		audience string
		scopes   []string
		want     []string
	}{
		{"files", []string{"mcp", "server:clock"}, []string{"files"}},
		{joined, []string{"mcp"}, nil},
		{joined, []string{"mcp", "server:clock", "server:clock", "server:other", "openid"}, []string{"clock"}},
		{anywhere, []string{"server:files", "server:clock"}, []string{"files", "clock"}},
	} {
		if diff := cmp.Diff(c.want, askedServers(c.audience, c.scopes, servers)); diff != "" {
			t.Errorf("%q %q (-want +got):\n%s", c.audience, c.scopes, diff)
		}
	}
}
