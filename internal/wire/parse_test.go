package wire

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// in is a request with those params.
func in(params string) string {
	return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":` + params + `}`
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
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
	} {
		m, err := Parse([]byte(c.b), Limits{})
		if !errors.Is(err, c.want) {
			t.Errorf("%.90q: %v, want %q", c.b, err, c.want)
		}
		if m.Kind() != Invalid {
			t.Errorf("%.90q: refused, and yet of kind %d", c.b, m.Kind())
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
