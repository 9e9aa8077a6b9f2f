package authserver

import (
	"net/url"
	"strings"
	"testing"
)

// known are the redirects of clients that people have, as they register them and as they ask.
var known = map[string]string{
	"http://localhost/callback":                             "http://localhost:54321/callback",
	"http://127.0.0.1/callback":                             "http://127.0.0.1:9/callback",
	"http://localhost:3118/callback":                        "http://localhost:40000/callback",
	"https://claude.ai/api/mcp/auth_callback":               "https://claude.ai/api/mcp/auth_callback",
	"https://claude.com/api/mcp/auth_callback":              "https://claude.com/api/mcp/auth_callback",
	"https://chatgpt.com/connector/oauth/abc123":            "https://chatgpt.com/connector/oauth/abc123",
	"https://chatgpt.com/connector_platform_oauth_redirect": "https://chatgpt.com/connector_platform_oauth_redirect",
	"cursor://anysphere.cursor-mcp/oauth/callback":          "cursor://anysphere.cursor-mcp/oauth/callback",
	"https://www.cursor.com/agents/mcp/oauth/callback":      "https://www.cursor.com/agents/mcp/oauth/callback",
	"http://127.0.0.1:33418/":                               "http://127.0.0.1:33418/",
	"https://vscode.dev/redirect":                           "https://vscode.dev/redirect",
	"https://insiders.vscode.dev/redirect":                  "https://insiders.vscode.dev/redirect",
	"http://localhost:6274/oauth/callback":                  "http://localhost:6274/oauth/callback",
	"http://localhost:7777/oauth/callback":                  "http://localhost:7777/oauth/callback",
	"http://[::1]:3000/callback":                            "http://[::1]:4000/callback",
	"http://localhost":                                      "http://localhost:80",
	"http://127.0.0.1:3000/callback?tenant=a":               "http://127.0.0.1:3001/callback?tenant=a",
}

func TestRedirectsOfKnownClients(t *testing.T) {
	for registered, asked := range known {
		if err := checkRedirect(registered); err != nil {
			t.Errorf("%s cannot be registered: %v", registered, err)
		}
		if !matches(registered, asked) {
			t.Errorf("%s is not matched by %s", registered, asked)
		}
	}
}

// near are redirects that must not be answered, by the ones that were registered.
var near = map[string][]string{
	"http://localhost/callback": {
		"http://localhost:54321/callback/", "http://localhost:54321/Callback", "http://localhost:54321/callback?x=1",
		"http://localhost:54321/callback#x", "http://localhost:54321/", "http://localhost:54321", "http://localhost:54321/callback%2f",
		"http://localhost:0/callback", "http://localhost:65536/callback", "http://localhost:080/callback", "http://localhost:+80/callback",
		"http://localhost:/callback", "http://localhost:8o/callback", "http://localhost:80:80/callback", "http://localhost.evil.example/callback",
		"http://localhost@evil.example/callback", "http://localhost:80@evil.example/callback", "http://evil.example/localhost/callback",
		"http://user@localhost:80/callback", "http://127.0.0.1:80/callback", "http://[::1]:80/callback", "https://localhost:80/callback",
		"HTTP://localhost:80/callback", "http://LOCALHOST:80/callback", "http://localhost:80//callback", "http://localhost:80/../callback",
		"http://localhost\\.evil.example/callback", "http://localhost /callback", "http:/localhost/callback", "//localhost/callback",
	},
	"http://127.0.0.1:33418/": {
		"http://127.0.0.1:33418", "http://127.0.0.2:33418/", "http://127.1:33418/", "http://0.0.0.0:33418/", "http://2130706433:33418/",
		"http://127.0.0.1.nip.io:33418/", "http://127.0.0.1:33418/x",
	},
	"https://claude.ai/api/mcp/auth_callback": {
		"https://claude.ai:443/api/mcp/auth_callback", "https://claude.ai:8443/api/mcp/auth_callback", "http://claude.ai/api/mcp/auth_callback",
		"https://claude.ai/api/mcp/auth_callback/", "https://claude.ai/api/mcp/auth_callbac", "https://claude.ai.evil.example/api/mcp/auth_callback",
		"https://evil.claude.ai/api/mcp/auth_callback", "https://claude.ai/api/mcp/../mcp/auth_callback", "https://claude.ai/api/mcp/auth_callback?",
		"https://claude.ai@evil.example/api/mcp/auth_callback", "https://сlaude.ai/api/mcp/auth_callback",
	},
	"cursor://anysphere.cursor-mcp/oauth/callback": {
		"cursor://anysphere.cursor-mcp/oauth/callback/", "cursor://anysphere.cursor-mcp:80/oauth/callback", "CURSOR://anysphere.cursor-mcp/oauth/callback",
	},
}

func TestRedirectsThatAreNear(t *testing.T) {
	count := 0
	for registered, list := range near {
		for _, asked := range list {
			count++
			if matches(registered, asked) {
				t.Errorf("%s is matched by %s", registered, asked)
			}
		}
	}
	if count < 40 {
		t.Errorf("only %d near misses", count)
	}
}

func TestRedirectsThatCannotBeRegistered(t *testing.T) {
	for _, redirect := range []string{
		"", "x", "/callback", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "myapp://callback", "cursor://other/callback",
		"http://evil.example/callback", "http://10.0.0.1/callback", "http://localhost.evil.example/", "https://", "https:///callback",
		"https://user@claude.ai/", "https://user:pw@claude.ai/", "https://claude.ai/#", "https://claude.ai/#x", "https:claude.ai",
		"https://CLAUDE.ai/", "HTTPS://claude.ai/", "https://claude.ai/ x", "https://claude.ai/\n", "https://claude.ai\\@evil.example/",
		"https://claude.ai:/", "https://сlaude.ai/", "http://127.0.0.2/", "http://0.0.0.0/", "https://claude.ai/" + strings.Repeat("x", maxRedirect),
	} {
		if checkRedirect(redirect) == nil {
			t.Errorf("%q can be registered", redirect)
		}
	}
}

// FuzzRedirect holds the matcher to what a browser makes of an address: it goes where the
// registered one leads, to the same path, unless it is the person's own machine to another port.
func FuzzRedirect(f *testing.F) {
	for registered, asked := range known {
		f.Add(registered, asked)
	}
	for registered, list := range near {
		for _, asked := range list {
			f.Add(registered, asked)
		}
	}
	f.Fuzz(func(t *testing.T, registered, asked string) {
		if checkRedirect(registered) != nil || !matches(registered, asked) || registered == asked {
			return
		}
		r, err1 := url.Parse(registered)
		a, err2 := url.Parse(asked)
		if err1 != nil || err2 != nil {
			t.Fatalf("%q is matched by %q: %v, %v", registered, asked, err1, err2)
		}
		if r.Scheme != "http" || a.Scheme != "http" || a.User != nil || a.Fragment != "" || !isLoopback(a.Hostname()) {
			t.Fatalf("%q is matched by %q", registered, asked)
		}
		r.Host, a.Host = r.Hostname(), a.Hostname()
		if r.String() != a.String() {
			t.Fatalf("%q is matched by %q", registered, asked)
		}
	})
}
