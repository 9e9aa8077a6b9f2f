package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// in is a request with those params.
func in(params string) string {
	return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":` + params + `}`
}

// refused is what Parse refuses, and why.
var refused = []struct {
	b    string
	want reason
}{
	{``, notJSON},
	{`{`, notJSON},
	{`nul`, notJSON},
	{"\ufeff{}", notJSON},
	{in(`{"a":01}`), notJSON},
	{in(`{"a":1.}`), notJSON},
	{in(`{"a":.5}`), notJSON},
	{in(`{"a":+1}`), notJSON},
	{in(`{"a":-}`), notJSON},
	{in(`{"a":1e}`), notJSON},
	{in(`{"a":NaN}`), notJSON},
	{in(`{"a":"\x"}`), notJSON},
	{in(`{"a":"\u12G4"}`), notJSON},
	{in(`{"a":1,}`), notJSON},
	{in(`{"a":[1,]}`), notJSON},
	{in(`{,}`), notJSON},
	{in(`{"a"}`), notJSON},
	{in(`{"a":}`), notJSON},
	{in(`{'a':1}`), notJSON},
	{in(`{"a":1 "b":2}`), notJSON},
	{in(`[1 2]`), notJSON},
	{in(`{/**/}`), notJSON},
	{in("{\u00a0}"), notJSON},
	{in("{\"a\":\"\xff\"}"), notUTF8},
	{in("{\"a\":\"\xed\xa0\x80\"}"), notUTF8},
	{in("{\"\xc0\x80\":1}"), notUTF8},
	{`{"jsonrpc":"2.0","id":1,"result":"` + "\xff" + `"}`, notUTF8},
	{in("{\"a\":\"\n\"}"), controlCharacter},
	{in("{\"a\":\"1234567\x00\"}"), controlCharacter},
	{in(`{}`) + `{}`, trailingData},
	{in(`{}`) + "\x00", trailingData},
	{in(`{"a":` + strings.Repeat("[", 127) + strings.Repeat("]", 127) + `}`), tooDeep},
	{in(strings.Repeat(`{"a":`, 5000)), tooDeep},
	{`[]`, notObject},
	{`[` + in(`{}`) + `]`, notObject},
	{`"x"`, notObject},
	{`7`, notObject},
	{`{}`, wrongVersion},
	{`{"jsonrpc":"1.0","id":1,"method":"ping"}`, wrongVersion},
	{`{"jsonrpc":2.0,"id":1,"method":"ping"}`, wrongVersion},
	{`{"id":1,"method":"ping"}`, wrongVersion},

	{`{"jsonrpc":"2.0","jsonrpc":"2.0","id":1,"method":"ping"}`, duplicateKey},
	{`{"jsonrpc":"2.0","id":1,"id":1,"method":"ping"}`, duplicateKey},
	{`{"jsonrpc":"2.0","id":1,"\u0069d":2,"method":"ping"}`, duplicateKey},
	{`{"jsonrpc":"2.0","id":1,"method":"ping","x":1,"x":1}`, duplicateKey},
	{in(`{"name":"a","name":"a"}`), duplicateKey},
	{in(`{"name":"a","\u006eame":"b"}`), duplicateKey},
	{in(`{"arguments":{"a":1,"\u0061":2}}`), duplicateKey},
	{in(`{"arguments":[[{"a":{"/":1,"\/":2}}]]}`), duplicateKey},
	{in(`{"arguments":{"😀":1,"\ud83d\ude00":2}}`), duplicateKey},
	{in(`{"arguments":{` + manyKeys(100) + `,"k42":0}}`), duplicateKey},
	{in(`{"_meta":{"progressToken":1,"progressToken":2}}`), duplicateKey},
	{`{"jsonrpc":"2.0","id":1,"result":{"isError":true,"isError":false}}`, duplicateKey},
	{`{"jsonrpc":"2.0","id":1,"result":{"_meta":{},"_meta":{}}}`, duplicateKey},
	{`{"jsonrpc":"2.0","id":1,"error":{"code":1,"co\u0064e":2}}`, duplicateKey},

	{`{"jsonrpc":"2.0","id":1,"Method":"ping"}`, ambiguousKey},
	{`{"jsonrpc":"2.0","id":1,"method":"ping","METHOD":"x"}`, ambiguousKey},
	{`{"jsonrpc":"2.0","id":1,"method":"ping","param` + "ſ" + `":{}}`, ambiguousKey},
	{`{"jsonrpc":"2.0","id":1,"method":"ping","param\u017f":{}}`, ambiguousKey},
	{in(`{"name":"a","Name":"b"}`), ambiguousKey},
	{in(`{"_meta":{"progressTo` + "\u212a" + `en":1}}`), ambiguousKey},
	{in(`{"_META":{}}`), ambiguousKey},
	{in(`{"argument\u017F":{}}`), ambiguousKey},
	{`{"jsonrpc":"2.0","id":1,"result":{"iserror":true}}`, ambiguousKey},

	{in(`{"arguments":{"\ud800":1}}`), loneSurrogate},
	{in(`{"arguments":{"\udc00\ud800":1}}`), loneSurrogate},
	{in(`{"name":"\ud800"}`), loneSurrogate},
	{in(`{"uri":"a\ud800\u0041"}`), loneSurrogate},

	{`{"jsonrpc":"2.0","id":null,"method":"ping"}`, badID},
	{`{"jsonrpc":"2.0","id":null,"result":{}}`, badID},
	{`{"jsonrpc":"2.0","id":{},"method":"ping"}`, badID},
	{`{"jsonrpc":"2.0","id":[1],"method":"ping"}`, badID},
	{`{"jsonrpc":"2.0","id":true,"method":"ping"}`, badID},
	{`{"jsonrpc":"2.0","id":1.0,"method":"ping"}`, badID},
	{`{"jsonrpc":"2.0","id":1e3,"method":"ping"}`, badID},
	{`{"jsonrpc":"2.0","id":"\ud800","method":"ping"}`, badID},
	{in(`{"_meta":{"progressToken":null}}`), badToken},
	{in(`{"_meta":{"progressToken":1.5}}`), badToken},
	{in(`{"_meta":{"io.modelcontextprotocol/subscriptionId":{}}}`), badToken},
	{`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":[]}}`, badToken},
	{`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1E1}}`, badToken},
	{`{"jsonrpc":"2.0","id":1,"result":{"_meta":{"io.modelcontextprotocol/subscriptionId":null}}}`, badToken},

	{`{"jsonrpc":"2.0","id":1,"method":7}`, badMethod},
	{`{"jsonrpc":"2.0","id":1,"method":""}`, badMethod},
	{`{"jsonrpc":"2.0","id":1,"method":"\udfff"}`, badMethod},
	{in(`[]`), badParams},
	{in(`null`), badParams},
	{in(`{"name":7}`), badName},
	{in(`{"name":null}`), badName},
	{in(`{"requestState":{}}`), badName},
	{`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":["file:///"]}}`, badName},
	{`{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"name":1}}}`, badName},
	{in(`{"_meta":[]}`), badMeta},
	{in(`{"_meta":{"io.modelcontextprotocol/protocolVersion":1}}`), badMeta},
	{in(`{"_meta":{"io.modelcontextprotocol/clientInfo":"me"}}`), badMeta},
	{`{"jsonrpc":"2.0","id":1,"error":"no"}`, badError},

	{`{"jsonrpc":"2.0"}`, noKind},
	{`{"jsonrpc":"2.0","id":1}`, noKind},
	{`{"jsonrpc":"2.0","result":{}}`, noKind},
	{`{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}`, noKind},
	{`{"jsonrpc":"2.0","id":1,"method":"ping","error":{}}`, noKind},
	{`{"jsonrpc":"2.0","id":1,"result":{},"error":{}}`, noKind},
	{`{"jsonrpc":"2.0","id":1,"result":{},"params":{}}`, noKind},
}

func TestParseRefuses(t *testing.T) {
	seen := map[reason]bool{tooLarge: true, emptyBatch: true, longBatch: true} // shown elsewhere
	for _, c := range refused {
		seen[c.want] = true
		m, err := Parse([]byte(c.b), Limits{})
		if !errors.Is(err, c.want) || !errors.Is(err, ErrMalformed) {
			t.Errorf("%.90q: %v, want %q", c.b, err, c.want)
		}
		if m.Kind() != Invalid {
			t.Errorf("%.90q: refused, and yet of kind %d", c.b, m.Kind())
		}
	}
	for why := fine + 1; why < reasons; why++ {
		if !seen[why] {
			t.Errorf("nothing shows %q", why)
		}
		if why.Error() == "" {
			t.Errorf("reason %d has no text", why)
		}
	}
}

// view is all that a Message says, for comparison.
type view struct {
	Kind                             Kind
	Method, Name, URI                string
	ID, Token, Request, Subscription string // decoded: a string as "s" and its text
	Version, LogLevel, ResultType    string
	Params, Result, Err, Arguments   string
	ClientInfo, Capabilities         string
	IsError                          bool
}

func viewOf(m Message) view {
	return view{
		Kind: m.Kind(), Method: m.Method(), Name: m.Name(), URI: m.URI(),
		ID: plainID(string(m.ID())), Token: plainID(string(m.ProgressToken())),
		Request: plainID(string(m.RequestID())), Subscription: plainID(string(m.SubscriptionID())),
		Version: m.Version(), LogLevel: m.LogLevel(), ResultType: m.ResultType(),
		Params: string(m.Params()), Result: string(m.Result()), Err: string(m.Err()), Arguments: string(m.Arguments()),
		ClientInfo: string(m.ClientInfo()), Capabilities: string(m.ClientCapabilities()),
		IsError: m.IsError(),
	}
}

// plainID is an id such that equal ids are equal text.
func plainID(raw string) string {
	var s string
	if json.Unmarshal([]byte(raw), &s) == nil && raw != "null" {
		return "s" + s
	}
	if raw == "-0" {
		return "0"
	}
	return raw
}

// accepted is what Parse accepts, and what it finds.
var accepted = []struct {
	b    string
	want view
}{
	{`{"jsonrpc":"2.0","id":1,"method":"ping"}`, view{Kind: Request, ID: "1", Method: "ping"}},
	{" \t\r\n{ \"method\" : \"p\\u0069ng\" , \"id\" : \"\\u0061\" , \"jsonrpc\" : \"2.0\" }\n", view{Kind: Request, ID: "sa", Method: "ping"}},
	{`{"jsonrpc":"2.0","id":-0,"method":"made/up","x":[1,-2.5e+10,true,false,null,"",{}]}`, view{Kind: Request, ID: "0", Method: "made/up"}},
	{`{"jsonrpc":"2.0","id":"","method":"ping"}`, view{Kind: Request, ID: "s", Method: "ping"}},
	{`{"jsonrpc":"2.0","id":123456789012345678901234567890,"method":"ping"}`, view{Kind: Request, ID: "123456789012345678901234567890", Method: "ping"}},
	{`{"jsonrpc":"2.0","method":"notifications/initialized"}`, view{Kind: Notification, Method: "notifications/initialized"}},
	{`{"jsonrpc":"2.0","id":"a","result":null}`, view{Kind: Result, ID: "sa", Result: "null"}},
	{`{"jsonrpc":"2.0","id":1,"result":{"x":1,"x":2,"\ud800":"\ud800","isError":true,"content":[{"a":1,"a":2}]}}`,
		view{Kind: Result, ID: "1", IsError: true, Result: `{"x":1,"x":2,"\ud800":"\ud800","isError":true,"content":[{"a":1,"a":2}]}`}},
	{`{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required","_meta":{"io.modelcontextprotocol/subscriptionId":"q"}}}`,
		view{Kind: Result, ID: "1", ResultType: "input_required", Subscription: "sq",
			Result: `{"resultType":"input_required","_meta":{"io.modelcontextprotocol/subscriptionId":"q"}}`}},
	{`{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}}`, view{Kind: Failure, ID: "1", Err: `{"code":-32601,"message":"no"}`}},
	{`{"jsonrpc":"2.0","id":null,"error":{}}`, view{Kind: Failure, Err: `{}`}},
	{`{"jsonrpc":"2.0","error":{}}`, view{Kind: Failure, Err: `{}`}},
	{in(`{"arguments":{"Name":1,"name":2,"METHOD":3},"name":"a\/b\ud83d\ude00","_meta":{"progressToken":"t"}}`),
		view{Kind: Request, ID: "1", Method: "tools/call", Name: "a/b😀", Token: "st", Arguments: `{"Name":1,"name":2,"METHOD":3}`,
			Params: `{"arguments":{"Name":1,"name":2,"METHOD":3},"name":"a\/b\ud83d\ude00","_meta":{"progressToken":"t"}}`}},
	{in(`{"arguments":"\ud800","_meta":null}`), view{Kind: Request, ID: "1", Method: "tools/call", Arguments: `"\ud800"`, Params: `{"arguments":"\ud800","_meta":null}`}},
	{in(`{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"c"},"io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/logLevel":"debug"}}`),
		view{Kind: Request, ID: "1", Method: "tools/call", Version: "2026-07-28", ClientInfo: `{"name":"c"}`, Capabilities: `{}`, LogLevel: "debug",
			Params: `{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"c"},"io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/logLevel":"debug"}}`}},
	{`{"jsonrpc":"2.0","id":1,"method":"x","params":{"name":7,"uri":{},"progressToken":null,"requestId":null,"requestState":[]}}`,
		view{Kind: Request, ID: "1", Method: "x", Params: `{"name":7,"uri":{},"progressToken":null,"requestId":null,"requestState":[]}`}},
	{`{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"p"},"name":"no"}}`,
		view{Kind: Request, ID: "1", Method: "completion/complete", Name: "p", Params: `{"ref":{"type":"ref/prompt","name":"p"},"name":"no"}`}},
	{`{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"uri":"f://{x}"}}}`,
		view{Kind: Request, ID: "1", Method: "completion/complete", URI: "f://{x}", Params: `{"ref":{"uri":"f://{x}"}}`}},
	{`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":3,"progress":0.5,"_meta":{"progressToken":4}}}`,
		view{Kind: Notification, Method: "notifications/progress", Token: "3", Params: `{"progressToken":3,"progress":0.5,"_meta":{"progressToken":4}}`}},
	{`{"params":{"requestId":"r"},"jsonrpc":"2.0","method":"notifications/cancelled"}`,
		view{Kind: Notification, Method: "notifications/cancelled", Request: "sr", Params: `{"requestId":"r"}`}},
	{`{"jsonrpc":"2.0","method":"notifications/message","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":12}}}`,
		view{Kind: Notification, Method: "notifications/message", Subscription: "12", Params: `{"_meta":{"io.modelcontextprotocol/subscriptionId":12}}`}},
}

func TestParseAccepts(t *testing.T) {
	for _, c := range accepted {
		m, err := Parse([]byte(c.b), Limits{})
		if err != nil {
			t.Errorf("%s: %v", c.b, err)
			continue
		}
		if d := cmp.Diff(c.want, viewOf(m)); d != "" {
			t.Errorf("%s: (-want +got)\n%s", c.b, d)
		}
		if got, want := string(m.Bytes()), strings.TrimSpace(c.b); got != want {
			t.Errorf("Bytes: %q, want %q", got, want)
		}
	}
}

func TestParseKnowsEveryMethod(t *testing.T) {
	if !slices.IsSorted(methods[:]) {
		t.Error("methods are not sorted")
	}
	for _, name := range methods {
		if got := methodOf([]byte(`"` + name + `"`)); got != name {
			t.Errorf("methodOf %q: %q", name, got)
		}
	}
}

func TestParseGivesTheIDToAnswerUnder(t *testing.T) {
	for b, want := range map[string]ID{
		in(`{"name":1}`): "1",
		`{"jsonrpc":"1.0","id":"x","method":"ping"}`:      `"x"`,
		`{"jsonrpc":"2.0","id":[],"method":"ping"}`:       "",
		`{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}`: "",
		`{"jsonrpc":"2.0","id":1,"result":{},"error":{}}`: "",
		`{"jsonrpc":"2.0","id":1,"method":"ping"`:         "",
	} {
		m, err := Parse([]byte(b), Limits{})
		if err == nil || m.ID() != want {
			t.Errorf("%s: id %q, %v; want %q and an error", b, m.ID(), err, want)
		}
	}
}

func TestParseLimits(t *testing.T) {
	b := in(`{"a":[[[]]]}`)
	for _, c := range []struct {
		max  Limits
		want error
	}{
		{Limits{}, nil},
		{Limits{Size: len(b), Depth: 5}, nil},
		{Limits{Size: len(b) - 1}, tooLarge},
		{Limits{Depth: 4}, tooDeep},
		{Limits{Size: -1, Depth: -1}, nil},
	} {
		if _, err := Parse([]byte(b), c.max); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.max, err, c.want)
		}
	}
	deep := strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth)
	if _, err := Parse([]byte(in(`{"a":`+deep+`}`)), Limits{Depth: 1 << 30}); !errors.Is(err, tooDeep) {
		t.Errorf("deeper than any limit: %v", err)
	}
}

func TestIntID(t *testing.T) {
	for raw, want := range map[string]uint64{
		"0": 0, "7": 7, "1234567890123456789": 1234567890123456789, "18446744073709551615": 18446744073709551615,
	} {
		if n, ok := intOf([]byte(raw)); !ok || n != want {
			t.Errorf("%s: %d, %v", raw, n, ok)
		}
	}
	for _, raw := range []string{"", "-1", "-0", `"7"`, "18446744073709551616", "99999999999999999999", "123456789012345678901", "-1234567890123456789"} {
		if n, ok := intOf([]byte(raw)); ok {
			t.Errorf("%s: taken for %d", raw, n)
		}
	}
}

// manyKeys are n members with different keys.
func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"k%d":%d`, i, i)
	}
	return b.String()[1:]
}
