package wire

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// unicodeEscape is the rune that b begins with as \uXXXX, or as two of these that are a surrogate
// pair, and its length; 0 when b begins with none. Half of a pair is returned as it is.
func unicodeEscape(b []byte) (rune, int) {
	r := hex4(b)
	if r < 0 {
		return 0, 0
	}
	if isSurrogate(r) && len(b) > 6 {
		if pair := utf16.DecodeRune(r, hex4(b[6:])); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return r, 6
}

func isSurrogate(r rune) bool { return utf16.IsSurrogate(r) }

// hex4 is the number in \uXXXX, which b begins with, or -1.
func hex4(b []byte) rune {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// hasLoneSurrogate reports whether the string raw has half of a surrogate pair in its escapes.
func hasLoneSurrogate(raw []byte) bool {
	for {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 {
			return false
		}
		raw = raw[i:]
		r, n := unicodeEscape(raw)
		if isSurrogate(r) {
			return true
		}
		raw = raw[min(max(n, 2), len(raw)):]
	}
}

// appendUnescaped appends the text that s, the inside of a JSON string, stands for. Half of a surrogate
// pair becomes U+FFFD; what is no escape stays as it is.
func appendUnescaped(dst, s []byte) []byte {
	for {
		i := bytes.IndexByte(s, '\\')
		if i < 0 || i+1 == len(s) {
			return append(dst, s...)
		}
		dst, s = append(dst, s[:i]...), s[i:]
		n := 2
		switch s[1] {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			var r rune
			if r, n = unicodeEscape(s); n == 0 {
				dst, n = append(dst, s[:2]...), 2
				break
			}
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, s[1])
		}
		s = s[n:]
	}
}

// appendQuote appends s as a JSON string with no more escapes than JSON demands. What is not UTF-8 in s becomes U+FFFD.
func appendQuote(dst []byte, s string) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', s[i])
		case r < ' ':
			dst = append(dst, '\\', 'u', '0', '0', digits[r>>4], digits[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}
