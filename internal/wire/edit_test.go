package wire

import (
	"strings"
	"testing"
)

func mustParse(t *testing.T, b string) Message {
	t.Helper()
	m, err := Parse([]byte(b), Limits{})
	if err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	return m
}

func TestEdit(t *testing.T) {
	call := "{\"jsonrpc\":\"2.0\",\n\"id\": 1,\"method\":\"tools/call\",\"params\":{\"_meta\":{\"progressToken\":\"p\\n\"},\r\n\"name\":\"n\"}}\n"
	for _, c := range []struct {
		name, b string
		edit    Edit
		want    string
	}{
		{"nothing", call, Edit{},
			`{"jsonrpc":"2.0", "id": 1,"method":"tools/call","params":{"_meta":{"progressToken":"p\n"},  "name":"n"}}`},
		{"ids", call, Edit{ID: "1000", ProgressToken: "1000", RequestID: "1", SubscriptionID: "1"},
			`{"jsonrpc":"2.0", "id": 1000,"method":"tools/call","params":{"_meta":{"progressToken":1000},  "name":"n"}}`},
		{"name", call, Edit{Name: "a\"b\n\u2028", URI: "not there"},
			`{"jsonrpc":"2.0", "id": 1,"method":"tools/call","params":{"_meta":{"progressToken":"p\n"},  "name":"a\"b\u000a` + "\u2028" + `"}}`},
		{"meta", call, Edit{Meta: []Member{{"progressToken", []byte("7")}, {"a", []byte("[]")}, {"b", []byte("{\n}")}}},
			`{"jsonrpc":"2.0", "id": 1,"method":"tools/call","params":{"_meta":{"a":[],"b":{ },"progressToken":7},  "name":"n"}}`},
		{"meta without params", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, Edit{Meta: []Member{{"a", []byte("1")}}},
			`{"params":{"_meta":{"a":1}},"jsonrpc":"2.0","id":1,"method":"tools/list"}`},
		{"meta in empty params", `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{ }}`, Edit{Meta: []Member{{"a", []byte("1")}}},
			`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"a":1} }}`},
		{"line breaks only in what is new", in(`{}`), Edit{Meta: []Member{{"a", []byte("[\r\n]")}}}, in(`{"_meta":{"a":[  ]}}`)},
		{"meta for null", in(`{"_meta":null}`), Edit{Meta: []Member{{"a", []byte("1")}}}, in(`{"_meta":{"a":1}}`)},
		{"meta in empty meta", in(`{"_meta":{}}`), Edit{Meta: []Member{{"a", []byte("1")}, {"b", []byte("2")}}}, in(`{"_meta":{"a":1,"b":2}}`)},
		{"meta in result", `{"jsonrpc":"2.0","id":1,"result":{"a":1}}`, Edit{ID: `"x"`, Meta: []Member{{"b", []byte("1")}}},
			`{"jsonrpc":"2.0","id":"x","result":{"_meta":{"b":1},"a":1}}`},
		{"meta in a result that has none", `{"jsonrpc":"2.0","id":1,"result":null}`, Edit{Meta: []Member{{"b", []byte("1")}}},
			`{"jsonrpc":"2.0","id":1,"result":null}`},
		{"meta in an error", `{"jsonrpc":"2.0","id":1,"error":{}}`, Edit{Meta: []Member{{"b", []byte("1")}}},
			`{"jsonrpc":"2.0","id":1,"error":{}}`},
		{"no id", `{"jsonrpc":"2.0","id":null,"error":{}}`, Edit{ID: "5"}, `{"jsonrpc":"2.0","id":null,"error":{}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := mustParse(t, c.b)
			same(t, m.With(c.edit), c.want)
			if got := string(m.AppendTo([]byte("\nbefore"), c.edit)); got != "\nbefore"+c.want {
				t.Errorf("AppendTo: %s", got)
			}
		})
	}
}

func TestEditCuts(t *testing.T) {
	m := mustParse(t, `{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a"},{"name":"b"}],"isError":false}}`)
	tools := Get(m.Result(), "tools")
	var cuts []Cut
	for tool := range Elements(tools) {
		cuts = append(cuts, Cut{Get(tool, "name"), []byte(`"long name"`)})
	}
	same(t, m.With(Edit{ID: "77", Cuts: cuts}), `{"jsonrpc":"2.0","id":77,"result":{"tools":[{"name":"long name"},{"name":"long name"}],"isError":false}}`)

	// The outer one holds, whatever the order.
	n := m.With(Edit{Cuts: append(cuts, Cut{tools, []byte("[]")}, Cut{nil, []byte("x")})})
	same(t, n, `{"jsonrpc":"2.0","id":1,"result":{"tools":[],"isError":false}}`)

	n = m.With(Edit{Cuts: []Cut{{m.Result(), []byte(`{"isError":true}`)}}})
	if !n.IsError() {
		t.Errorf("%s: a new result is not read", n.Bytes())
	}
	for _, bad := range []string{``, `{`, `{},"id":2`, "\xff"} {
		if n = m.With(Edit{Cuts: []Cut{{m.Result(), []byte(bad)}}}); n.Kind() != Invalid {
			t.Errorf("result %q: %s", bad, n.Bytes())
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a cut in other bytes is done")
		}
	}()
	m.With(Edit{Cuts: []Cut{{[]byte(`[]`), nil}}})
}

func TestSet(t *testing.T) {
	for _, c := range []struct{ raw, path, want string }{
		{``, `a`, `{"a":9}`},
		{`null`, `a/b`, `{"a":{"b":9}}`},
		{`{}`, `a`, `{"a":9}`},
		{`{"b":1}`, `a/c`, `{"a":{"c":9},"b":1}`},
		{`{"b":1, "a" : [2] }`, `a`, `{"b":1, "a" : 9 }`},
		{`{"\u0061":{"b":{"c":1}}}`, `a/b/c`, `{"\u0061":{"b":{"c":9}}}`},
		{`{"a":{"b":1}}`, `a/b/c`, `{"a":{"b":{"c":9}}}`},
	} {
		raw := []byte(c.raw)
		if got := string(Set(raw, []byte("9"), strings.Split(c.path, "/")...)); got != c.want || string(raw) != c.raw {
			t.Errorf("Set %s in %s: %s, want %s (and then %s)", c.path, c.raw, got, c.want, raw)
		}
	}
}

func TestIDIsAsItCame(t *testing.T) {
	for _, raw := range []string{`"a"`, `"\u0061"`, `"\/\"\\\n"`, `"\ud83d\ude00"`, `-0`, `17`, `123456789012345678901234567890`} {
		m, err := Parse([]byte(`{"jsonrpc":"2.0","id":`+raw+`,"method":"ping"}`), Limits{})
		if err != nil || string(m.ID()) != raw {
			t.Errorf("%s: %s, %v", raw, m.ID(), err)
		}
	}
}
