package front

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"drawbridge/internal/wire"
)

func TestDecodeHeader(t *testing.T) {
	for _, c := range []struct {
		value, want string
		ok          bool
	}{
		{"us-west1", "us-west1", true},
		{"", "", true},
		{"a b\tc", "a b\tc", true},
		{"=?base64?SGVsbG8sIOS4lueVjA==?=", "Hello, 世界", true},
		{"=?base64?IHBhZGRlZCA=?=", " padded ", true},
		{"=?base64?bGluZTEKbGluZTI=?=", "line1\nline2", true},
		{"=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=", "=?base64?literal?=", true},
		{"=?base64??=", "", true},
		{"SGVsbG8=", "SGVsbG8=", true},
		{"=?base64?SGVsbG8=", "=?base64?SGVsbG8=", true}, // no sentinel without its end
		{"=?base64?=", "=?base64?=", true},               // nor where the ends overlap
		{"=?BASE64?SGVsbG8=?=", "=?BASE64?SGVsbG8=?=", true},
		{"=?base64?SGVsbG8?=", "", false},     // padding is missing
		{"=?base64?SGVs!!!bG8=?=", "", false}, // no base64
		{"=?base64?SGVsbG9=?=", "", false},    // bits that mean nothing
		{"=?base64?/w==?=", "", false},        // no UTF-8
		{"caf\u00e9", "", false},              // must be encoded
		{"a\x00b", "", false},
	} {
		got, ok := DecodeHeader(c.value)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%q is %q, %v, want %q, %v", c.value, got, ok, c.want, c.ok)
		}
	}
}

func FuzzDecodeHeader(f *testing.F) {
	for _, s := range []string{"", "plain", "=?base64?SGVsbG8=?=", "=?base64?", "?=", "=?base64?=?=", "=?base64?/w==?="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text, ok := DecodeHeader(s)
		inside, sentinel := strings.CutPrefix(s, "=?base64?")
		inside, end := strings.CutSuffix(inside, "?=")
		switch {
		case ok && sentinel && end && base64.StdEncoding.EncodeToString([]byte(text)) != inside:
			t.Errorf("%q is %q, which is encoded differently", s, text)
		case ok && !(sentinel && end) && text != s:
			t.Errorf("%q is %q, not itself", s, text)
		case ok && !utf8.ValidString(text):
			t.Errorf("%q is %q: not UTF-8", s, text)
		}
		if !utf8.ValidString(s) {
			return
		}
		again, ok := DecodeHeader("=?base64?" + base64.StdEncoding.EncodeToString([]byte(s)) + "?=")
		if !ok || again != s {
			t.Errorf("%q encoded comes back as %q, %v", s, again, ok)
		}
	})
}

const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`

// modern is a modern request.
func modern(method, params string) string {
	if params != "" {
		params += ","
	}
	return `{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":{` + params + meta + `}}`
}

// modernHeaders are those of a modern request.
func modernHeaders(method string, more ...string) []string {
	return append([]string{"MCP-Protocol-Version: 2026-07-28", "Mcp-Method: " + method}, more...)
}

func TestCheckModern(t *testing.T) {
	const fine = 0
	call := modern("tools/call", `"name":"get"`)
	list := modern("tools/list", "")
	old := strings.Replace(list, "2026-07-28", "2025-11-25", 1)
	for _, c := range []struct {
		body    string
		headers []string
		want    int
	}{
		{list, modernHeaders("tools/list"), fine},
		{list, modernHeaders("tools/list", "Mcp-Name: whatever"), fine},
		{list, modernHeaders("TOOLS/LIST"), wire.HeaderMismatch},
		{list, modernHeaders("prompts/list"), wire.HeaderMismatch},
		{list, modernHeaders("tools/list", "Mcp-Method: tools/list"), wire.HeaderMismatch},
		{list, []string{"MCP-Protocol-Version: 2026-07-28"}, wire.HeaderMismatch},
		{list, []string{"Mcp-Method: tools/list"}, wire.HeaderMismatch},
		{list, []string{"MCP-Protocol-Version: 2025-11-25", "Mcp-Method: tools/list"}, wire.HeaderMismatch},
		{list, append(modernHeaders("tools/list"), "MCP-Protocol-Version: 2026-07-28"), wire.HeaderMismatch},

		{call, modernHeaders("tools/call", "Mcp-Name: get"), fine},
		{call, modernHeaders("tools/call", "Mcp-Name: =?base64?Z2V0?="), fine},
		{call, modernHeaders("tools/call"), wire.HeaderMismatch},
		{call, modernHeaders("tools/call", "Mcp-Name: GET"), wire.HeaderMismatch},
		{call, modernHeaders("tools/call", "Mcp-Name: =?base64?Z2V0?"), wire.HeaderMismatch},
		{call, modernHeaders("tools/call", "Mcp-Name: =?base64?!?="), wire.HeaderMismatch},
		{call, modernHeaders("tools/call", "Mcp-Name: get", "Mcp-Name: get"), wire.HeaderMismatch},
		{modern("tools/call", ""), modernHeaders("tools/call"), fine}, // for the server to refuse
		{modern("prompts/get", `"name":"get"`), modernHeaders("prompts/get"), wire.HeaderMismatch},
		{modern("resources/read", `"uri":"file:///é"`), modernHeaders("resources/read", "Mcp-Name: =?base64?ZmlsZTovLy/DqQ==?="), fine},
		{modern("resources/read", `"uri":"file:///é"`), modernHeaders("resources/read", "Mcp-Name: file:///é"), wire.HeaderMismatch},

		{old, []string{"MCP-Protocol-Version: 2025-11-25", "Mcp-Method: tools/list"}, wire.UnsupportedProtocolVersion},
		{strings.Replace(list, "2026-07-28", "v999.0.0", 1), []string{"MCP-Protocol-Version: v999.0.0"}, wire.UnsupportedProtocolVersion},
		{strings.Replace(list, "2026-07-28", "v999.0.0", 1), modernHeaders("tools/list"), wire.HeaderMismatch},
		{`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, modernHeaders("tools/list"), wire.InvalidParams},
		{strings.Replace(list, ",\"io.modelcontextprotocol/clientCapabilities\":{}", "", 1), modernHeaders("tools/list"), wire.InvalidParams},

		{`{"jsonrpc":"2.0","method":"notifications/x"}`, []string{"MCP-Protocol-Version: 2026-07-28"}, fine},
		{`{"jsonrpc":"2.0","method":"notifications/x"}`, []string{"MCP-Protocol-Version: 2027-01-01"}, wire.UnsupportedProtocolVersion},
		{`{"jsonrpc":"2.0","method":"notifications/x","params":{` + meta + `}}`, nil, fine},
	} {
		m, err := wire.Parse([]byte(c.body), wire.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", c.body, err)
		}
		h := http.Header{}
		for _, line := range c.headers {
			name, value, _ := strings.Cut(line, ": ")
			h.Add(name, value)
		}
		got := 0
		e := checkModern(m, h)
		if e != nil {
			got = e.Code
		}
		if got != c.want {
			t.Errorf("%s\nwith %v: %v, want code %d", c.body, c.headers, e, c.want)
		}
	}
}

func TestRevisions(t *testing.T) {
	for _, r := range revisions() {
		if !isKnown(r) {
			t.Errorf("%s is listed, but not known", r)
		}
	}
	for r, want := range map[string]bool{
		"2026-07-28": true, "2026-07-29": true, "2030-01-01": true, "9999-99-99": true,
		"2026-07-27": false, "2025-11-25": false, "": false, "v999.0.0": false, "2026-7-28": false, "2026-07-28x": false, "３026-07-28": false,
	} {
		if isModern(r) != want {
			t.Errorf("%q is modern: %v", r, !want)
		}
	}
	e := unsupported("1999-01-01")
	if want := `{"requested":"1999-01-01","supported":["2026-07-28","2025-11-25","2025-06-18","2025-03-26","2024-11-05"]}`; string(e.Data) != want {
		t.Errorf("got %s, want %s", e.Data, want)
	}
	if e = unsupported("2025-11-25"); strings.Count(string(e.Data), "2025-11-25") != 1 {
		t.Errorf("what is refused is offered: %s", e.Data)
	}
	if e = unsupported(strings.Repeat("é", 1<<16)); len(e.Data) > 400 {
		t.Errorf("%d bytes are said back", len(e.Data))
	}
}
