package app

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLineYielder(t *testing.T) {
	long := strings.Repeat("x", lineMost+3)
	for _, c := range []struct {
		in   []string
		most int
		want []string
	}{
		{[]string{"a\nb\r\n", "c"}, 9, []string{"a", "b", "c"}},
		{[]string{"a", "b", "\n\n", ""}, 9, []string{"ab", ""}},
		{[]string{long, "\n"}, 9, []string{long[:lineMost], "xxx"}},
		{[]string{"a\nb\nc\n"}, 2, []string{"a", "b"}},
		{[]string{"a\nb"}, 1, []string{"a"}},
		{nil, 9, nil},
	} {
		var got []string
		l := lineYielder{yield: func(line string, _ error) bool {
			got = append(got, line)
			return len(got) < c.most
		}}
		for _, b := range c.in {
			if more := l.add([]byte(b)); more == (len(got) >= c.most) {
				t.Errorf("%.20q: wants more: %v after %d", c.in, more, len(got))
			}
		}
		l.end()
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%.20q (-want +got):\n%s", c.in, diff)
		}
	}
}

// TestServerLog: the owner reads what a server complains about.
func TestServerLog(t *testing.T) {
	h := newHouse(t, `{"mcpServers": {"grumpy": {"command": "/bin/sh", "args": ["-c", "read line; echo not today >&2; exit 3"]}}}`).run()
	token := h.token("ada")
	if a, err := h.post("/grumpy/mcp", token, "", `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`); err != nil || !strings.Contains(a.body, "status 3") {
		t.Errorf("a server that exits: %+v, %v", a, err)
	}
	for line, err := range h.dial().ServerLog(t.Context(), "grumpy", true) {
		if err != nil || line != "not today" {
			t.Errorf("%q, %v", line, err)
		}
		break
	}
	if !strings.HasPrefix(h.Logs("grumpy"), "not today\n") || h.Logs("nobody") != "" {
		t.Errorf("Logs: %q, and of nobody %q", h.Logs("grumpy"), h.Logs("nobody"))
	}
	servers, err := h.Servers()
	if err != nil || !strings.Contains(servers[0].Error, "status 3") {
		t.Errorf("Servers: %+v, %v", servers, err)
	}
}
