package wire

import (
	"slices"
	"strconv"
)

// ID is a JSON-RPC id or a progress token as the JSON text it came in: `7`, `"a"`, `"\u0061"`. It goes back to its
// sender as it is, so two IDs are taken for the same one only when they are the same text.
// The empty ID means there is none.
type ID string

// idOf is the id in raw, which is a valid one or empty.
func idOf(raw []byte) ID { return ID(raw) }

// intOf is raw as a number, if it is digits alone and fits.
func intOf(raw []byte) (uint64, bool) {
	const most = 20 // digits of the largest uint64
	if len(raw) == 0 || len(raw) > most {
		return 0, false
	}
	if len(raw) == most {
		n, err := strconv.ParseUint(string(raw), 10, 64)
		return n, err == nil
	}
	var n uint64
	for _, c := range raw {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, true
}

// isID reports whether raw, a JSON value, may be an id: a string that means the same to every
// reader, or an integer.
func isID(raw []byte) bool {
	switch {
	case len(raw) == 0:
		return false
	case raw[0] == '"':
		return isWhole(raw)
	case raw[0] == '-' || '0' <= raw[0] && raw[0] <= '9':
		return !slices.ContainsFunc(raw, func(c byte) bool { return c == '.' || c == 'e' || c == 'E' })
	}
	return false
}
