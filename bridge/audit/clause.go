package audit

import (
	"bytes"
	"encoding/json"
	"net"
	"slices"
	"strings"
	"unicode/utf8"
)

// clause is one demand of a Filter. Decoding is what takes time in a query, so each first looks whether the line can
// match at all.
type clause struct {
	mayMatch func(line []byte) bool
	matches  func(*Entry) bool
}

// compile returns what f demands besides time and kind.
func (f Filter) compile() []clause {
	var all []clause
	text := func(key, want string, field func(*Entry) string) {
		if want != "" {
			want = asKept(want)
			all = append(all, clause{holds(appendText(nil, key, want)), func(e *Entry) bool { return field(e) == want }})
		}
	}
	number := func(key string, want uint64, field func(*Entry) uint64) {
		if want != 0 {
			all = append(all, clause{holds(appendUint(nil, key, want)), func(e *Entry) bool { return field(e) == want }})
		}
	}
	text("agent", f.Agent, func(e *Entry) string { return e.Agent })
	text("user", f.User, func(e *Entry) string { return e.User })
	text("front", f.Front, func(e *Entry) string { return e.Front })
	text("era", f.Era, func(e *Entry) string { return e.Era })
	text("server", f.Server, func(e *Entry) string { return e.Server })
	text("method", f.Method, func(e *Entry) string { return e.Method })
	text("name", RedactText(f.Name), func(e *Entry) string { return e.Name })
	text("verdict", f.Verdict, func(e *Entry) string { return e.Verdict })
	text("rule", f.Rule, func(e *Entry) string { return e.Rule })
	text("outcome", f.Outcome, func(e *Entry) string { return e.Outcome })
	number("call", f.Call, func(e *Entry) uint64 { return e.Call })
	number("session", f.Session, func(e *Entry) uint64 { return e.Session })
	if f.Group != "" {
		group := asKept(f.Group)
		all = append(all, clause{holds(appendString(nil, group)), func(e *Entry) bool { return slices.Contains(e.Groups, group) }})
	}
	if f.Address != "" {
		all = append(all, clause{holds([]byte(`,"address":"`)), func(e *Entry) bool { return isAddress(e.Address, f.Address) }})
	}
	for _, text := range f.Texts {
		all = append(all, textClause(strings.ToLower(text)))
	}
	return all
}

// asKept is what a record says where text was to be kept: long ones are cut.
func asKept(text string) (kept string) {
	if json.Unmarshal(appendString(nil, text), &kept) != nil {
		return text
	}
	return kept
}

// holds reports whether a line holds what was written.
func holds(written []byte) func(line []byte) bool {
	return func(line []byte) bool { return bytes.Contains(line, written) }
}

// isAddress reports whether a record's address is the one that was asked for, with its port or without.
func isAddress(got, want string) bool {
	host, _, err := net.SplitHostPort(got)
	return got == want || err == nil && host == want
}

// textClause finds text, which is in lower case, in all that is text in a record. Arguments are JSON: there it is found as they are
// written, and as they are meant.
func textClause(text string) clause {
	quoted := appendQuoted(nil, text, "")
	written := string(quoted[1 : len(quoted)-1])
	return clause{
		mayMatch: mayHold(text),
		matches: func(e *Entry) bool {
			for _, field := range []string{
				e.Agent, e.Grant, e.User, e.Address, e.Server, e.Method, e.Name, string(e.Arguments), e.Verdict, e.Rule, e.Answer,
				e.Outcome, e.Error, e.Note, e.Front, e.Era, string(e.Kind), strings.Join(e.Groups, "\n"),
			} {
				if strings.Contains(strings.ToLower(field), text) {
					return true
				}
			}
			return written != text && strings.Contains(strings.ToLower(string(e.Arguments)), written)
		},
	}
}

// mayHold reports whether text, which is in lower case, may stand in a line in whatever case. Text that is written as it is can be
// looked for at once; but in some alphabets a letter is an ASCII one in lower case.
func mayHold(text string) func(line []byte) bool {
	for i := range len(text) {
		if !asItIs[text[i]] {
			return func([]byte) bool { return true }
		}
	}
	var low []byte // is used again
	return func(line []byte) bool {
		low = low[:0]
		for _, c := range line {
			if c >= utf8.RuneSelf {
				return true
			}
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			low = append(low, c)
		}
		return bytes.Contains(low, []byte(text))
	}
}
