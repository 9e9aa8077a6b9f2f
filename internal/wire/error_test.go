package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestErrorReply(t *testing.T) {
	for _, c := range []struct {
		e    Error
		id   ID
		want string
	}{
		{Error{Code: InvalidParams, Message: "no <tool> \"x\"\n\xff"}, `"a"`,
			`{"jsonrpc":"2.0","id":"a","error":{"code":-32602,"message":"no <tool> \"x\"\u000a` + "\ufffd" + `"}}`},
		{Error{Code: ParseError, Message: "", Data: json.RawMessage(`[1]`)}, "",
			`{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"","data":[1]}}`},
		{Error{Code: 1, Message: "m", Data: json.RawMessage(`[`)}, "3", `{"jsonrpc":"2.0","id":3,"error":{"code":1,"message":"m"}}`},
	} {
		m := c.e.Reply(c.id)
		same(t, m, c.want)
		if m.Kind() != Failure || m.ID() != c.id || m.ErrorCode() != c.e.Code {
			t.Errorf("%s: kind %d, id %q, code %d", m.Bytes(), m.Kind(), m.ID(), m.ErrorCode())
		}
	}
}

func TestErrorOfMessage(t *testing.T) {
	for b, want := range map[string]*Error{
		`{"jsonrpc":"2.0","id":1,"error":{"code":-32002,"message":"g\u006fne","data":{"a":1}}}`: {Code: ResourceNotFound, Message: "gone", Data: json.RawMessage(`{"a":1}`)},
		`{"jsonrpc":"2.0","id":1,"error":{}}`:                                                   {Code: InternalError},
		`{"jsonrpc":"2.0","id":1,"error":{"code":"x","message":7}}`:                             {Code: InternalError},
		`{"jsonrpc":"2.0","id":1,"result":{"code":1}}`:                                          nil,
	} {
		if d := cmp.Diff(want, mustParse(t, b).Error(), cmpopts.IgnoreUnexported(Error{})); d != "" {
			t.Errorf("%s: (-want +got)\n%s", b, d)
		}
	}
}

func TestNewMessages(t *testing.T) {
	for _, c := range []struct {
		m    Message
		kind Kind
		want string
	}{
		{NewRequest("1", "tools/list", nil), Request, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`},
		{NewRequest(`"a"`, "x\"y", []byte("{}")), Request, `{"jsonrpc":"2.0","id":"a","method":"x\"y","params":{}}`},
		{NewNotification("n", []byte(`{"a":1}`)), Notification, `{"jsonrpc":"2.0","method":"n","params":{"a":1}}`},
		{Reply("1", []byte(`{}`)), Result, `{"jsonrpc":"2.0","id":1,"result":{}}`},
		{Reply("", []byte(`{}`)), Invalid, ``},
		{Reply("1", nil), Invalid, ``},
		{NewRequest("1", "m", []byte(`[`)), Invalid, ``},
		{NewRequest("1", "", nil), Invalid, ``},
	} {
		if c.m.Kind() != c.kind || string(c.m.Bytes()) != c.want {
			t.Errorf("kind %d, %s; want %d, %s", c.m.Kind(), c.m.Bytes(), c.kind, c.want)
		}
	}
}

func TestErrorSaysWhere(t *testing.T) {
	_, err := Parse([]byte(` {"jsonrpc":"2.0","id":1,"id":2}`), Limits{})
	var e *Error
	if !errors.As(err, &e) || e.Code != InvalidRequest {
		t.Fatalf("%v is no invalid request", err)
	}
	if want := "malformed message at byte 25: the same key twice in one object"; fmt.Sprint(err) != want {
		t.Errorf("%v, want %s", err, want)
	}
}
