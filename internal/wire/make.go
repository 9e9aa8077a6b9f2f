package wire

import "slices"

// Object is an object of those members, in their order. One without a value is left out.
func Object(ms ...Member) []byte {
	return object(slices.DeleteFunc(slices.Clone(ms), func(m Member) bool { return m.Value == nil })...)
}

// Array is an array of those elements, each JSON.
func Array(elements [][]byte) []byte {
	b := []byte{'['}
	for i, e := range elements {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, e...)
	}
	return append(b, ']')
}

// Quote is s as a JSON string.
func Quote(s string) []byte { return appendQuote(nil, s) }

// QuoteAll is an array of strings.
func QuoteAll(all []string) []byte {
	quoted := make([][]byte, len(all))
	for i, s := range all {
		quoted[i] = Quote(s)
	}
	return Array(quoted)
}

// Without is the object raw without those members; raw itself when it has none of them.
func Without(raw []byte, keys ...string) []byte {
	var kept []Member
	found := false
	for key, value := range Fields(raw) {
		if slices.Contains(keys, key) {
			found = true
			continue
		}
		kept = append(kept, Member{key, value})
	}
	if !found {
		return raw
	}
	return object(kept...)
}
