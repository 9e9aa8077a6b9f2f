package wire

import (
	"bytes"
	"iter"
)

// The functions here walk JSON that was validated before, without decoding it. They accept any
// bytes without panic, but then what they return means nothing. What they return of raw is a
// sub-slice of it.

// Fields are the members of the object raw in their order: unescaped key and value.
// There are none in what is no object.
func Fields(raw []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		i := enter(raw, '{')
		for i < len(raw) {
			var key, value []byte
			if key, value, i = memberAt(raw, i); value == nil {
				return
			}
			s, _ := String(key)
			if !yield(s, value) {
				return
			}
		}
	}
}

// Elements are the elements of the array raw in their order. There are none in what is no array.
func Elements(raw []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		i := enter(raw, '[')
		for i < len(raw) {
			var value []byte
			if value, i = valueAt(raw, i); value == nil || !yield(value) {
				return
			}
		}
	}
}

// Get is the value under those keys, one within the other; nil when there is none.
func Get(raw []byte, path ...string) []byte {
	for _, key := range path {
		raw = get(raw, key)
	}
	return raw
}

func get(raw []byte, key string) []byte {
	i := enter(raw, '{')
	for i < len(raw) {
		var k, value []byte
		if k, value, i = memberAt(raw, i); value != nil && is(k, key) {
			return value
		}
	}
	return nil
}

// is reports whether the JSON string raw reads s.
func is(raw []byte, s string) bool {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1:len(raw)-1]) == s
	}
	t, _ := String(raw)
	return t == s
}

// String is the text of raw, if that is a JSON string.
func String(raw []byte) (string, bool) {
	if len(raw) < 2 || raw[0] != '"' || skip(raw, 0) != len(raw) {
		return "", false
	}
	inside := raw[1 : len(raw)-1]
	if bytes.IndexByte(inside, '\\') < 0 {
		return string(inside), true
	}
	return string(appendUnescaped(nil, inside)), true
}

// enter returns where the first value or key is in raw, an object or array that opens with that
// bracket; len(raw) when raw is none.
func enter(raw []byte, bracket byte) int {
	if i := skipSpace(raw, 0); i < len(raw) && raw[i] == bracket {
		return skipSpace(raw, i+1)
	}
	return len(raw)
}

// memberAt is the member at raw[i], its key as it is written, and where the next one is; nil and
// len(raw) after the last.
func memberAt(raw []byte, i int) (key, value []byte, next int) {
	if raw[i] != '"' {
		return nil, nil, len(raw)
	}
	end := skipString(raw, i)
	colon := skipSpace(raw, end)
	if colon == len(raw) || raw[colon] != ':' {
		return nil, nil, len(raw)
	}
	value, next = valueAt(raw, skipSpace(raw, colon+1))
	return raw[i:end], value, next
}

// valueAt is the value at raw[i] and where the next one is, or the next member; nil and len(raw) after the last.
func valueAt(raw []byte, i int) (value []byte, next int) {
	end := skip(raw, i)
	if end == i {
		return nil, len(raw)
	}
	if next = skipSpace(raw, end); next == len(raw) || raw[next] != ',' {
		return raw[i:end], len(raw)
	}
	return raw[i:end], skipSpace(raw, next+1)
}

// skip returns where the value at raw[i] ends: i when there is none, len(raw) when it has no end.
func skip(raw []byte, i int) int {
	depth := 0
	for i < len(raw) {
		switch c := raw[i]; c {
		case '"':
			i = skipString(raw, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			if depth--; depth < 0 {
				return i
			}
			i++
		case ',', ':', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return i
			}
			i++
			continue
		default:
			i = skipWord(raw, i)
		}
		if depth == 0 {
			return i
		}
	}
	return i
}

func skipString(raw []byte, i int) int {
	for i++; ; i++ {
		i, _ = plain(raw, i)
		switch {
		case i >= len(raw):
			return len(raw)
		case raw[i] == '"':
			return i + 1
		case raw[i] == '\\':
			i++
		}
	}
}

// skipWord returns where the number or literal at raw[i] ends.
func skipWord(raw []byte, i int) int {
	for i < len(raw) {
		switch raw[i] {
		case '"', '{', '[', '}', ']', ',', ':', ' ', '\t', '\n', '\r':
			return i
		}
		i++
	}
	return i
}
