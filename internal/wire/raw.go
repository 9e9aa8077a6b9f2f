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
		for key, value := range members(raw) {
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
		i := skipSpace(raw, 0)
		if i == len(raw) || raw[i] != '[' {
			return
		}
		for i = skipSpace(raw, i+1); i < len(raw) && raw[i] != ']'; i = next(raw, i) {
			start := i
			if i = skip(raw, i); i == start || !yield(raw[start:i]) {
				return
			}
		}
	}
}

// members are the members of the object raw: the key as it is written, and the value.
func members(raw []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		i := skipSpace(raw, 0)
		if i == len(raw) || raw[i] != '{' {
			return
		}
		for i = skipSpace(raw, i+1); i < len(raw) && raw[i] == '"'; i = next(raw, i) {
			start := i
			i = skip(raw, i)
			key := raw[start:i]
			if i = skipSpace(raw, i); i == len(raw) || raw[i] != ':' {
				return
			}
			start = skipSpace(raw, i+1)
			if i = skip(raw, start); i == start || !yield(key, raw[start:i]) {
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
	for k, value := range members(raw) {
		if is(k, key) {
			return value
		}
	}
	return nil
}

// is reports whether raw is a JSON string that reads s.
func is(raw []byte, s string) bool {
	if len(raw) == len(s)+2 && string(raw[1:len(raw)-1]) == s {
		return true
	}
	t, ok := String(raw)
	return ok && t == s
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

// next returns where the element after the comma at raw[i] begins, len(raw) when there is no comma.
func next(raw []byte, i int) int {
	if i = skipSpace(raw, i); i < len(raw) && raw[i] == ',' {
		return skipSpace(raw, i+1)
	}
	return len(raw)
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
