package audit

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// lookAhead is how far behind the cut of a string is looked, so that a token is seen whole.
const lookAhead = 128

// appendRedacted appends a JSON string: what text, the inside of one, says, without secrets and
// cut to keep bytes. whole is false when text is not all of it.
func appendRedacted(b, text []byte, keep int, whole bool) []byte {
	s, all := unescape(text, keep+lookAhead)
	s = RedactText(s)
	if len(s) > keep {
		s, all = cutText(s, keep), false
	}
	if !whole || !all {
		s += "…"
	}
	return appendQuoted(b, s, "")
}

// unescape returns what the inside of a JSON string says, limit bytes of it or a few more, and whether that is all.
func unescape(text []byte, limit int) (s string, all bool) {
	if len(text) <= limit && bytes.IndexByte(text, '\\') < 0 {
		return string(text), true
	}
	b, n := make([]byte, 0, min(len(text), limit+utf8.UTFMax)), 0
	for n < len(text) && len(b) <= limit {
		if text[n] != '\\' {
			b = append(b, text[n])
			n++
			continue
		}
		r, size := escape(text[n:])
		b = utf8.AppendRune(b, r)
		n += size
	}
	if n < len(text) {
		return string(dropHalf(b)), false
	}
	return string(b), true
}

// escape reads the escape at the beginning of text.
func escape(text []byte) (r rune, size int) {
	if len(text) < 2 {
		return utf8.RuneError, len(text)
	}
	if i := strings.IndexByte("bfnrt", text[1]); i >= 0 {
		return rune("\b\f\n\r\t"[i]), 2
	}
	if text[1] != 'u' {
		return rune(text[1]), 2
	}
	r, ok := hex4(text)
	if !ok {
		return utf8.RuneError, 2
	}
	if utf16.IsSurrogate(r) {
		low, _ := hex4(text[6:])
		if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
			return both, 12
		}
		return utf8.RuneError, 6
	}
	return r, 6
}

// hex4 reads a \uXXXX.
func hex4(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(n), err == nil
}

// dropHalf removes half a character at the end of b.
func dropHalf(b []byte) []byte {
	for i := len(b) - 1; i >= 0 && i >= len(b)-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				return b[:i]
			}
			break
		}
	}
	return b
}

// RedactText replaces what looks like a token or key in s.
func RedactText(s string) string {
	var b strings.Builder
	from, before := 0, byte(0)
	for i := 0; i < len(s); {
		plain, secret := 0, 0
		if mayBeSecret(s[i], before) {
			plain, secret = secretAt(s[i:])
		}
		if secret == 0 {
			before = s[i]
			i++
			continue
		}
		b.WriteString(s[from : i+plain])
		b.WriteString("[redacted]")
		i += plain + secret
		from, before = i, 0
	}
	if from == 0 {
		return s
	}
	b.WriteString(s[from:])
	return b.String()
}

// literalLen returns how long the number or word at the beginning of in is; at least 1.
func literalLen(in []byte) int {
	n := 1
	for n < len(in) && strings.IndexByte(",:]}[{\" \t\r\n", in[n]) < 0 {
		n++
	}
	return n
}

// isLiteral reports whether lit is true, false, null or a number of a sane length.
func isLiteral(lit []byte) bool {
	return len(lit) <= 64 && lit[0] != '"' && json.Valid(lit)
}
