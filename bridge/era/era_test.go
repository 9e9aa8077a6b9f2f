package era

import (
	"strings"
	"testing"

	"drawbridge/internal/wire"
)

func TestAgree(t *testing.T) {
	for _, tt := range []struct{ client, server, want string }{
		{"2025-06-18", "2025-11-25", "2025-06-18"},
		{"2025-11-25", "2024-11-05", "2024-11-05"},
		{"2025-03-26", "2025-03-26", "2025-03-26"},
		{"1999-01-01", "2025-11-25", "2025-11-25"},
		{"2099-01-01", "2025-06-18", "2025-06-18"},
		{"", "2025-06-18", "2025-06-18"},
	} {
		if got := Agree(tt.client, tt.server); got != tt.want {
			t.Errorf("Agree(%q, %q) = %q, want %q", tt.client, tt.server, got, tt.want)
		}
	}
}

func TestOf(t *testing.T) {
	for revision, want := range map[string]Era{
		ModernRevision: Modern, LegacyRevision: Legacy, "2024-11-05": Legacy, "2024-10-07": Unknown, "": Unknown,
	} {
		if got := Of(revision); got != want {
			t.Errorf("Of(%q) = %v", revision, got)
		}
	}
}

// TestTranslations compares what each function makes of a message. {M} is the metadata of a modern client.
func TestTranslations(t *testing.T) {
	const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"c"}}`
	client := Client{Info: []byte(`{"name":"c"}`)}
	greeting := []byte(`{"serverInfo":{"name":"s"}}`)
	for _, tt := range []struct {
		name string
		make func(m wire.Message) wire.Message
		in   string
		want string // "" is Invalid
	}{
		{"a call to a legacy server", ToLegacy, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a",{M}}}`, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}`},
		{"own metadata stays", ToLegacy, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"a/b":1,"io.modelcontextprotocol/logLevel":"info","progressToken":7},"name":"a"}}`, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"a/b":1,"progressToken":7},"name":"a"}}`},
		{"a retry", ToLegacy, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","inputResponses":{},"requestState":"s"}}`, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}`},
		{"no such method there", ToLegacy, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}`, ``},
		{"a call to a modern server", func(m wire.Message) wire.Message { return ToModern(m, client) }, `{"jsonrpc":"2.0","id":1,"method":"prompts/list"}`, `{"params":{` + meta + `},"jsonrpc":"2.0","id":1,"method":"prompts/list"}`},
		{"no such method any more", func(m wire.Message) wire.Message { return ToModern(m, client) }, `{"jsonrpc":"2.0","id":1,"method":"ping"}`, ``},
		{"a legacy result", func(m wire.Message) wire.Message { return FromLegacy("tools/call", m, greeting) }, `{"jsonrpc":"2.0","id":1,"result":{"content":[]}}`, `{"jsonrpc":"2.0","id":1,"result":{"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s"}},"resultType":"complete","content":[]}}`},
		{"a legacy error", func(m wire.Message) wire.Message { return FromLegacy("resources/read", m, greeting) }, `{"jsonrpc":"2.0","id":1,"error":{"code":-32002,"message":"m","data":{"uri":"u"}}}`, `{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"m","data":{"uri":"u"}}}`},
		{"a modern error", func(m wire.Message) wire.Message { return FromModern("resources/read", m) }, `{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"m","data":{"uri":"u"}}}`, `{"jsonrpc":"2.0","id":1,"error":{"code":-32002,"message":"m","data":{"uri":"u"}}}`},
		{"content that is no object", func(m wire.Message) wire.Message { return FromModern("tools/call", m) }, `{"jsonrpc":"2.0","id":1,"result":{"structuredContent":[1],"content":[]}}`, `{"jsonrpc":"2.0","id":1,"result":{"content":[]}}`},
		{"a subscription's notification", WithoutSubscription, `{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"u","_meta":{"io.modelcontextprotocol/subscriptionId":1}}}`, `{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"u"}}`},
	} {
		got := string(tt.make(parse(t, strings.ReplaceAll(tt.in, "{M}", meta))).Bytes())
		if got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// FuzzTranslations: whatever a valid message holds, its translation is a valid message of the same kind and id.
func FuzzTranslations(f *testing.F) {
	f.Add(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","_meta":{"io.modelcontextprotocol/logLevel":"x"},"inputResponses":{"a":1},"requestState":"s"}}`)
	f.Add(`{"jsonrpc":"2.0","id":"x","result":{"tools":[{"name":"a","execution":{"taskSupport":"required"},"outputSchema":1},7],"_meta":3,"structuredContent":null}}`)
	f.Add(`{"jsonrpc":"2.0","id":1,"error":{"code":-32042,"message":"m","data":{"elicitations":[{"mode":"url"},3]}}}`)
	f.Add(`{"jsonrpc":"2.0","method":"notifications/x","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":1}}}`)
	f.Add(`{"jsonrpc":"2.0","id":1,"result":null}`)
	f.Fuzz(func(t *testing.T, text string) {
		m, err := wire.Parse([]byte(text), wire.Limits{})
		if err != nil {
			return
		}
		same := func(what string, got wire.Message) {
			if got.Kind() != wire.Invalid && (got.Kind() != m.Kind() || got.ID() != m.ID()) {
				t.Errorf("%s of %s is %s", what, text, got.Bytes())
			}
		}
		switch m.Kind() {
		case wire.Request:
			same("ToLegacy", ToLegacy(m))
			same("ToModern", ToModern(m, Client{LogLevel: "info"}))
			same("Retry", Retry(m, []wire.Member{{Key: "k", Value: []byte("1")}}, []byte(`"s"`)))
			if wire.NewRequest("0", "x", InputRequest(m)).Kind() != wire.Request {
				t.Errorf("InputRequest of %s is %s", text, InputRequest(m))
			}
		case wire.Notification:
			same("WithoutSubscription", WithoutSubscription(m))
		case wire.Result, wire.Failure:
			for _, method := range []string{"tools/list", "tools/call", "resources/read"} {
				same("FromLegacy", FromLegacy(method, m, []byte(`{}`)))
				same("FromModern", FromModern(method, m))
			}
			for _, r := range URLRequests(m) {
				if LegacyRequest("1", r.Value, "e").Kind() != wire.Request {
					t.Errorf("a URL request of %s is %s", text, r.Value)
				}
			}
			if wire.Reply("1", Discover(m.Result())).Kind() != wire.Result || wire.Reply("1", Greeting(m.Result(), LegacyRevision)).Kind() != wire.Result {
				t.Errorf("a greeting of %s is no result", text)
			}
		}
	})
}

func parse(t *testing.T, text string) wire.Message {
	t.Helper()
	m, err := wire.Parse([]byte(text), wire.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return m
}
