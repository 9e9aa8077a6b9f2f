package bridge

import (
	"strconv"

	"drawbridge/internal/wire"
)

// changesMax bounds the changes of one question.
const changesMax = 100

// differences are the differences between two JSON values, in the order of the later one.
func differences(before, after []byte) []Change {
	var d difference
	d.value("", before, after)
	return d.found
}

type difference struct{ found []Change }

func (d *difference) value(at string, before, after []byte) {
	switch {
	case string(before) == string(after) || len(d.found) == changesMax:
	case begins(before, '{') && begins(after, '{'):
		d.object(at, before, after)
	case begins(before, '[') && begins(after, '['):
		d.list(at, before, after)
	default:
		d.found = append(d.found, Change{at, string(before), string(after)})
	}
}

func (d *difference) object(at string, before, after []byte) {
	if at != "" {
		at += "."
	}
	for key, value := range wire.Fields(after) {
		d.value(at+key, wire.Get(before, key), value)
	}
	for key, value := range wire.Fields(before) {
		if wire.Get(after, key) == nil {
			d.value(at+key, value, nil)
		}
	}
}

func (d *difference) list(at string, before, after []byte) {
	var old [][]byte
	for value := range wire.Elements(before) {
		old = append(old, value)
	}
	n := 0
	for value := range wire.Elements(after) {
		var was []byte
		if n < len(old) {
			was = old[n]
		}
		d.value(at+"["+strconv.Itoa(n)+"]", was, value)
		n++
	}
	for ; n < len(old); n++ {
		d.value(at+"["+strconv.Itoa(n)+"]", old[n], nil)
	}
}

func begins(raw []byte, with byte) bool { return len(raw) > 0 && raw[0] == with }
