package audit

import (
	"bytes"
	"strings"
)

// Bounds of what Redact keeps and looks at.
const (
	defaultRedacted = 4 << 10
	minRedacted     = 64
	maxString       = 512 // bytes of one string that are kept
	maxNesting      = 32
	readPerByte     = 16 // bytes of input looked at for each byte of output allowed
)

const (
	redacted  = `"[redacted]"`
	cutString = `"…"`
	cutMember = `"…":"…"`
)

// Redact returns the JSON in raw as it may be kept: valid JSON on one line of limit bytes at most. 0 is 4 KiB; the least is 64.
//
// A value becomes "[redacted]" when its key looks like a secret's (password, token, api_key, Authorization and so on, however
// spelled) or when hint, which may be nil, says so of the key. In strings whatever looks like a token or key does.
// Long strings are cut, and so is what goes beyond limit. What is far behind the cut is not even read, so that
// a huge raw costs little more than a moderate one. Where raw turns out to be no JSON the result ends.
func Redact(raw []byte, hint func(key string) bool, limit int) []byte {
	if limit <= 0 {
		limit = defaultRedacted
	}
	return redact(raw, hint, limit, maxString)
}

// RedactLong is Redact for who must see all that fits: single strings are cut only when they are longer than an
// eighth of limit.
func RedactLong(raw []byte, hint func(key string) bool, limit int) []byte {
	return redact(raw, hint, limit, limit)
}

func redact(raw []byte, hint func(key string) bool, limit, keep int) []byte {
	limit = max(limit, minRedacted)
	r := redactor{in: raw, hint: hint, limit: limit, keep: min(keep, limit/8)}
	if most := limit * readPerByte; len(raw) > most {
		r.in, r.short = raw[:most], true
	}
	r.out = make([]byte, 0, min(limit, len(raw)+64))
	r.value(0)
	if len(r.out) == 0 {
		return []byte("null")
	}
	return r.out
}

// redactor copies in to out. Before it closes a container it has always left room for that of the
// outer ones, so that it can end anywhere with valid JSON.
type redactor struct {
	in    []byte
	hint  func(string) bool
	short bool // in is not all that there was
	limit int
	keep  int // of one string; escaped it is still within limit
	out   []byte
	ended bool // nothing may follow but closing brackets
}

// fits reports whether out leaves room for closing depth containers, and for a mark of the cut unless it has ended.
func (r *redactor) fits(depth int) bool {
	if r.ended {
		return len(r.out)+depth <= r.limit
	}
	return len(r.out)+len(`,`+cutMember)+depth <= r.limit
}

// next returns the next byte that is no white space, or 0 at the end.
func (r *redactor) next() byte {
	for i, c := range r.in {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			r.in = r.in[i:]
			return c
		}
	}
	r.in = nil
	return 0
}

// take consumes c if it comes next.
func (r *redactor) take(c byte) bool {
	if r.next() != c {
		return false
	}
	r.in = r.in[1:]
	return true
}

// value copies one value inside of depth containers. When it can't it sets ended and may have written nothing.
func (r *redactor) value(depth int) {
	switch c := r.next(); {
	case c == '"':
		text, whole := r.text()
		r.out = appendRedacted(r.out, text, r.keep, whole)
		r.ended = !whole
	case (c == '{' || c == '[') && depth >= maxNesting:
		r.skip()
		r.out = append(r.out, cutString...)
	case c == '{':
		r.container('{', '}', depth+1)
	case c == '[':
		r.container('[', ']', depth+1)
	default:
		r.literal()
	}
}

// container copies an object or a list, the depth-th that is open.
func (r *redactor) container(open, end byte, depth int) {
	r.take(open)
	r.out = append(r.out, open)
	if !r.fits(depth) {
		r.out, r.ended = r.out[:len(r.out)-1], true
		return
	}
	var pair pair
	for first := true; !r.take(end); first = false {
		before := len(r.out)
		if !first {
			r.ended = !r.take(',')
			r.out = append(r.out, ',')
		}
		after := len(r.out)
		if open == '{' {
			r.member(&pair, depth)
		} else if !r.ended {
			r.value(depth)
		}
		if len(r.out) == after || !r.fits(depth) {
			r.cut(before, open)
		}
		if r.ended {
			break
		}
	}
	r.out = append(r.out, end)
}

// cut takes back what was written since before, which did not fit or is not whole, and marks the place.
func (r *redactor) cut(before int, open byte) {
	r.out, r.ended = r.out[:before], true
	if r.out[before-1] != open {
		r.out = append(r.out, ',')
	}
	if open == '{' {
		r.out = append(r.out, cutMember...)
	} else {
		r.out = append(r.out, cutString...)
	}
}

// pair is what an object like {"name": "Authorization", "value": "…"} has said so far.
type pair struct{ secret bool }

// member copies one key and its value, or nothing and sets ended.
func (r *redactor) member(p *pair, depth int) {
	if r.ended || r.next() != '"' {
		r.ended = true
		return
	}
	before := len(r.out)
	text, whole := r.text()
	if !whole || !r.take(':') {
		r.ended = true
		return
	}
	key, _ := unescape(text, maxString)
	r.out = append(appendRedacted(r.out, text, r.keep, true), ':')
	value := len(r.out)
	c := r.next()
	switch {
	case r.secret(key, c) || p.secret && strings.EqualFold(key, "value"):
		if r.skip(); !r.ended {
			r.out = append(r.out, redacted...)
		}
	default:
		r.value(depth)
	}
	if len(r.out) == value {
		r.out, r.ended = r.out[:before], true
		return
	}
	if c == '"' && isName(key) {
		p.secret = secretKey(string(bytes.Trim(r.out[value:], `"`)))
	}
}

// secret reports whether the value of key, which begins with c, must not be kept.
func (r *redactor) secret(key string, c byte) bool {
	if r.hint != nil && r.hint(key) {
		return true
	}
	if number := c == '-' || '0' <= c && c <= '9'; number && isCount(key) {
		return false
	}
	return secretKey(key)
}

// text consumes a string and returns what stands between its quotes. whole is false when its end is not in sight.
func (r *redactor) text() (text []byte, whole bool) {
	rest := r.in[1:]
	for at := 0; ; {
		i := bytes.IndexByte(rest[at:], '"')
		if i < 0 {
			r.in = nil
			return rest, false
		}
		at += i
		escapes := len(rest[:at]) - len(bytes.TrimRight(rest[:at], `\`))
		if escapes%2 == 0 {
			r.in = rest[at+1:]
			return rest[:at], true
		}
		at++
	}
}

// literal copies a number, true, false or null.
func (r *redactor) literal() {
	if len(r.in) == 0 {
		r.ended = true
		return
	}
	n := literalLen(r.in)
	lit := r.in[:n]
	r.in = r.in[n:]
	if !isLiteral(lit) || r.short && len(r.in) == 0 {
		r.ended = true
		return
	}
	r.out = append(r.out, lit...)
}

// skip consumes one value. It sets ended when the value's end is not in sight.
func (r *redactor) skip() {
	for depth := 0; ; {
		switch r.next() {
		case 0:
			r.ended = true
			return
		case '"':
			if _, whole := r.text(); !whole {
				r.ended = true
				return
			}
		case '{', '[':
			depth++
			r.in = r.in[1:]
			continue
		case '}', ']':
			depth--
			r.in = r.in[1:]
		case ',', ':':
			r.in = r.in[1:]
			continue
		default:
			r.in = r.in[literalLen(r.in):]
		}
		if depth <= 0 {
			return
		}
	}
}
