package stdio

import (
	"bytes"
	"encoding/json"
	"fmt"

	"drawbridge/internal/wire"
)

// lostAnswer makes an answer to the request that l answers, when l cannot be forwarded because it
// is too long or malformed: whoever waits shall learn that instead of waiting. It reports false where
// l doesn't look like an answer.
func lostAnswer(l line, most int) (wire.Message, bool) {
	id := answeredID(l)
	if id == "" {
		return wire.Message{}, false
	}
	why := "the server's answer is malformed and was not forwarded"
	if l.tail != nil {
		why = fmt.Sprintf("the server's answer of %d bytes is longer than the %d bytes that the bridge accepts", l.size, most)
	}
	m := (&wire.Error{Code: wire.InternalError, Message: why}).Reply(id)
	return m, m.Kind() == wire.Failure
}

// answeredID is the id of the answer l, from the keys that come before its result or error, or
// else from its end: some servers write the id last.
func answeredID(l line) wire.ID {
	d := json.NewDecoder(bytes.NewReader(l.head))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return ""
	}
	var id wire.ID
	for {
		key, err := d.Token()
		if err != nil {
			return ""
		}
		switch key {
		case "result", "error":
			if id != "" {
				return id
			}
			if l.tail != nil {
				return lastID(l.tail)
			}
			return lastID(l.head)
		case "id", "jsonrpc":
			var v json.RawMessage
			if d.Decode(&v) != nil {
				return ""
			}
			if key == "id" {
				id = plainID(v)
			}
		default: // a request, or no message at all
			return ""
		}
	}
}

// lastID is the id that ends a message: nothing but the one closing brace of the message follows it,
// so it is in no inner object.
func lastID(b []byte) wire.ID {
	b = bytes.TrimRight(b, " \t\r")
	i := bytes.LastIndex(b, []byte(`"id":`))
	if i < 0 || b[len(b)-1] != '}' {
		return ""
	}
	return plainID(bytes.TrimSpace(b[i+len(`"id":`) : len(b)-1]))
}

// plainID is v when it is a string or an integer of reasonable length.
func plainID(v []byte) wire.ID {
	const most = 256
	if len(v) == 0 || len(v) > most || !json.Valid(v) || v[0] != '"' && v[0] != '-' && (v[0] < '0' || v[0] > '9') {
		return ""
	}
	return wire.ID(v)
}
