package ui

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestEndpoint(t *testing.T) {
	for _, c := range []struct {
		servers []string
		want    string
	}{
		{nil, "http://127.0.0.1:7040/mcp"},
		{[]string{"github"}, "http://127.0.0.1:7040/github/mcp"},
		{[]string{"a/b c"}, "http://127.0.0.1:7040/a%2Fb%20c/mcp"},
		{[]string{"github", "time"}, "http://127.0.0.1:7040/mcp"},
	} {
		if got := endpoint("http://127.0.0.1:7040", c.servers); got != c.want {
			t.Errorf("%q: %s, want %s", c.servers, got, c.want)
		}
	}
}

// TestConfigs: each client is told the address and the token, and those that read JSON can.
func TestConfigs(t *testing.T) {
	const url = "http://127.0.0.1:7040/github/mcp"
	for _, c := range clients() {
		text := c.text("github", url, secret)
		if !strings.Contains(text, url) || !strings.Contains(text, "Bearer "+secret) {
			t.Errorf("%s:\n%s", c.name, text)
		}
		if strings.HasPrefix(text, "{") && !json.Valid([]byte(text)) {
			t.Errorf("%s is no JSON:\n%s", c.name, text)
		}
	}
	var file struct {
		Servers map[string]struct {
			Type, URL string
			Headers   map[string]string
		}
	}
	if err := json.Unmarshal([]byte(vsCode("github", url, secret)), &file); err != nil {
		t.Fatal(err)
	}
	if s := file.Servers["github"]; s.Type != "http" || s.URL != url || s.Headers["Authorization"] != "Bearer "+secret {
		t.Errorf("VS Code is told %+v", s)
	}
}
