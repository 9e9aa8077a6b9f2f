package audit

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// Bounds of a record, so that every line is short enough to be read back at once.
const (
	maxText      = 1 << 10 // bytes of one text field before escaping
	maxGroups    = 32
	maxArguments = 16 << 10
	maxLine      = 512 << 10 // above what the bounds before let a line become
)

// timeLayout has a fixed width, so that records line up and sort as text.
const timeLayout = "2006-01-02T15:04:05.000000Z"

// stamp writes times as timeLayout has them, and keeps what the times of one second share.
type stamp struct {
	second int64
	text   []byte // of it; empty before the first
}

func (s *stamp) append(b []byte, t time.Time) []byte {
	const upToPoint = len("2006-01-02T15:04:05.")
	if second := t.Unix(); second != s.second || len(s.text) == 0 {
		s.second, s.text = second, t.UTC().AppendFormat(s.text[:0], timeLayout)[:upToPoint]
	}
	b = append(b, s.text...)
	for micros, unit := t.Nanosecond()/1000, 100_000; unit > 0; unit /= 10 {
		b = append(b, '0'+byte(micros/unit%10))
	}
	return append(b, 'Z')
}

// appendBody appends e's fields as the middle of a JSON object: each with a comma before it.
func appendBody(b []byte, e *Entry, times *stamp) []byte {
	b = append(b, `,"time":"`...)
	b = times.append(b, e.Time)
	b = append(b, `","kind":`...)
	b = appendString(b, string(e.Kind))
	b = appendUint(b, "call", e.Call)
	b = appendUint(b, "session", e.Session)
	b = appendText(b, "agent", e.Agent)
	b = appendText(b, "grant", e.Grant)
	b = appendText(b, "user", e.User)
	b = appendGroups(b, e.Groups)
	b = appendText(b, "front", e.Front)
	b = appendText(b, "address", e.Address)
	b = appendText(b, "era", e.Era)
	b = appendText(b, "server", e.Server)
	b = appendText(b, "method", e.Method)
	b = appendText(b, "name", RedactText(e.Name))
	b = appendArguments(b, e.Arguments)
	b = appendText(b, "verdict", e.Verdict)
	b = appendText(b, "rule", e.Rule)
	b = appendText(b, "answer", e.Answer)
	b = appendText(b, "outcome", e.Outcome)
	b = appendText(b, "error", RedactText(e.Error))
	b = appendUint(b, "bytes", uint64(max(e.Bytes, 0)))
	b = appendUint(b, "tookMicros", uint64(max(e.Took, 0)/time.Microsecond))
	b = appendUint(b, "count", uint64(max(e.Count, 0)))
	return appendText(b, "note", RedactText(e.Note))
}

func appendKey(b []byte, key string) []byte {
	b = append(b, ',', '"')
	b = append(b, key...)
	return append(b, '"', ':')
}

func appendUint(b []byte, key string, n uint64) []byte {
	if n == 0 {
		return b
	}
	return strconv.AppendUint(appendKey(b, key), n, 10)
}

func appendText(b []byte, key, s string) []byte {
	if s == "" {
		return b
	}
	return appendString(appendKey(b, key), s)
}

func appendGroups(b []byte, groups []string) []byte {
	if len(groups) == 0 {
		return b
	}
	b = append(appendKey(b, "groups"), '[')
	for i, g := range groups[:min(len(groups), maxGroups)] {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, g)
	}
	return append(b, ']')
}

// appendArguments appends raw as it is when it is JSON on one line, and else as text: whatever it
// holds, it can't break the line.
func appendArguments(b, raw []byte) []byte {
	switch {
	case len(raw) == 0:
		return b
	case len(raw) <= maxArguments && bytes.IndexByte(raw, '\n') < 0 && json.Valid(raw):
		return append(appendKey(b, "arguments"), raw...)
	}
	return appendText(b, "arguments", string(raw[:min(len(raw), 2*maxText)]))
}

// appendString appends s as a JSON string, cut to maxText bytes. What is no UTF-8 becomes U+FFFD.
func appendString(b []byte, s string) []byte {
	cut := ""
	if len(s) > maxText {
		s, cut = cutText(s, maxText), "…"
	}
	return appendQuoted(b, s, cut)
}

// asItIs says of each byte whether it stands in a JSON string as it is.
var asItIs = func() (is [256]bool) {
	for c := byte(' '); c < 0x7f; c++ {
		is[c] = c != '"' && c != '\\'
	}
	return is
}()

// appendQuoted appends s and then more, which needs no escapes, as one JSON string.
func appendQuoted(b []byte, s, more string) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case asItIs[c]:
			i++
			continue
		case c < utf8.RuneSelf:
			b = appendEscape(append(b, s[from:i]...), c)
			i++
			from = i
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			b = append(append(b, s[from:i]...), "\uFFFD"...)
			from = i + 1
		}
		i += n
	}
	b = append(append(b, s[from:]...), more...)
	return append(b, '"')
}

func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, '\\', 'n')
	case '\t':
		return append(b, '\\', 't')
	}
	const hex = "0123456789abcdef"
	return append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

// cutText returns the first n bytes of s at most, without half a character at the end.
func cutText(s string, n int) string {
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
