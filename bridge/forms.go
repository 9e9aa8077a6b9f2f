package bridge

import (
	"sync"

	"drawbridge/internal/wire"
)

// formFieldsMax bounds the fields of forms that are known of a server.
const formFieldsMax = 1024

// forms are the fields that a server has asked people to fill in, as far as that is recorded. A modern answer does not
// say which question it is for; so a field is written down only if this server has asked for one of that name since the
// bridge is up, and has never marked it as secret. The zero forms has no fields. Its methods may be called by any
// goroutine.
type forms struct {
	mu     sync.Mutex      // guards the field below
	fields map[string]bool // whether they may be written down
}

// learn takes in the fields of an elicitation with those params; params of other questions have none.
func (f *forms) learn(params []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name, schema := range wire.Fields(wire.Get(params, "requestedSchema", "properties")) {
		open, known := f.fields[name]
		switch {
		case known:
			f.fields[name] = open && !secretSchema(schema)
		case len(name) > toolNameMax || len(f.fields) >= formFieldsMax:
		case f.fields == nil:
			f.fields = map[string]bool{name: !secretSchema(schema)}
		default:
			f.fields[name] = !secretSchema(schema)
		}
	}
}

// hides reports whether the value under that key of an answer must not be written down.
func (f *forms) hides(key string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	open, known := f.fields[key]
	if known {
		return !open
	}
	return key != "action" && key != "content" // the answer's own keys
}
