package wire

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// The methods here read one JSON value that begins at i and return where it ends, or -1 after fail.

func (p *parser) value(i int, in place) int {
	if i >= len(p.b) {
		return p.fail(notJSON, i)
	}
	switch p.b[i] {
	case '"':
		return p.string(i)
	case '{':
		return p.object(i, in)
	case '[':
		return p.array(i, in.inside())
	case 't':
		return p.literal(i, "true")
	case 'f':
		return p.literal(i, "false")
	case 'n':
		return p.literal(i, "null")
	}
	return p.number(i)
}

func (p *parser) object(i int, in place) int {
	if p.depth == 0 {
		return p.fail(tooDeep, i)
	}
	p.depth--
	mark := p.keys.mark()
	i = p.space(i + 1)
	if p.is(i, '}') {
		p.depth++
		return i + 1
	}
	for {
		start := i
		if !p.is(i, '"') {
			return p.fail(notJSON, i)
		}
		if i = p.string(i); i < 0 {
			return i
		}
		into, below := p.key(start, i, in)
		if p.why != fine {
			return -1
		}
		if i = p.space(i); !p.is(i, ':') {
			return p.fail(notJSON, i)
		}
		start = p.space(i + 1)
		if i = p.value(start, below); i < 0 {
			return i
		}
		if into != nil {
			*into = span{uint32(start), uint32(i)}
		}
		i = p.space(i)
		switch {
		case p.is(i, ','):
			i = p.space(i + 1)
		case p.is(i, '}'):
			if at, twice := p.keys.close(p.b, mark); twice {
				return p.fail(duplicateKey, at)
			}
			p.depth++
			return i + 1
		default:
			return p.fail(notJSON, i)
		}
	}
}

// key looks at the key of b[start:end] and returns where to note its value, nil for nowhere, and
// the rules for what is in it.
func (p *parser) key(start, end int, in place) (*span, place) {
	if in == loose {
		return nil, loose
	}
	key := p.b[start+1 : end-1]
	if p.escaped {
		if p.lone && in >= strict {
			p.fail(loneSurrogate, start)
		}
		p.text = appendUnescaped(p.text[:0], key)
		key = p.text
	}
	for i := range fields[in] {
		f := &fields[in][i]
		if string(key) != f.key {
			continue
		}
		if p.found[f.part] != (span{}) {
			p.fail(duplicateKey, start)
		}
		return &p.found[f.part], f.in
	}
	for i := range fields[in] {
		if folds(key, fields[in][i].key) {
			p.fail(ambiguousKey, start)
		}
	}
	if in >= strict {
		p.keys.add(key, start)
	}
	return nil, in.inside()
}

func (p *parser) array(i int, in place) int {
	if p.depth == 0 {
		return p.fail(tooDeep, i)
	}
	p.depth--
	i = p.space(i + 1)
	if p.is(i, ']') {
		p.depth++
		return i + 1
	}
	for {
		if i = p.value(i, in); i < 0 {
			return i
		}
		i = p.space(i)
		switch {
		case p.is(i, ','):
			i = p.space(i + 1)
		case p.is(i, ']'):
			p.depth++
			return i + 1
		default:
			return p.fail(notJSON, i)
		}
	}
}

func (p *parser) is(i int, c byte) bool { return i < len(p.b) && p.b[i] == c }

// space returns where the white space at i ends.
func (p *parser) space(i int) int {
	if i < len(p.b) && p.b[i] > ' ' {
		return i
	}
	return p.spaces(i)
}

func (p *parser) spaces(i int) int {
	for i < len(p.b) && isSpace(p.b[i]) {
		p.breaks = p.breaks || isBreak(p.b[i])
		i++
	}
	return i
}

// skipSpace returns where the white space at b[i] ends.
func skipSpace(b []byte, i int) int {
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || isBreak(c) }
func isBreak(c byte) bool { return c == '\n' || c == '\r' }

func (p *parser) literal(i int, word string) int {
	if end := i + len(word); end <= len(p.b) && string(p.b[i:end]) == word {
		return end
	}
	return p.fail(notJSON, i)
}

func (p *parser) number(i int) int {
	start := i
	if p.is(i, '-') {
		i++
	}
	whole := i
	if i = p.digits(i); i == whole || p.b[whole] == '0' && i > whole+1 {
		return p.fail(notJSON, start)
	}
	if p.is(i, '.') {
		from := i + 1
		if i = p.digits(from); i == from {
			return p.fail(notJSON, start)
		}
	}
	if p.is(i, 'e') || p.is(i, 'E') {
		from := i + 1
		if p.is(from, '+') || p.is(from, '-') {
			from++
		}
		if i = p.digits(from); i == from {
			return p.fail(notJSON, start)
		}
	}
	return i
}

func (p *parser) digits(i int) int {
	for i < len(p.b) && '0' <= p.b[i] && p.b[i] <= '9' {
		i++
	}
	return i
}

func (p *parser) string(i int) int {
	p.escaped, p.lone = false, false
	start, wide := i+1, false
	for i = start; ; {
		var high bool
		i, high = plain(p.b, i)
		wide = wide || high
		switch {
		case i == len(p.b):
			return p.fail(notJSON, i)
		case p.b[i] == '\\':
			if i = p.escape(i); i < 0 {
				return i
			}
		case p.b[i] != '"':
			return p.fail(controlCharacter, i)
		case wide && !utf8.Valid(p.b[start:i]):
			return p.fail(notUTF8, start)
		default:
			return i + 1
		}
	}
}

// escape reads the escape at i, or two that are one surrogate pair.
func (p *parser) escape(i int) int {
	p.escaped = true
	if i+1 == len(p.b) {
		return p.fail(notJSON, i)
	}
	switch p.b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	}
	r, n := unicodeEscape(p.b[i:])
	if n == 0 {
		return p.fail(notJSON, i)
	}
	p.lone = p.lone || isSurrogate(r)
	return i + n
}

// plain returns where the first quote, backslash or control character at or after i is, len(b) if
// there is none, and whether bytes beyond ASCII may come before that. It looks at eight bytes at a time.
func plain(b []byte, i int) (int, bool) {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	var seen uint64
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		seen |= x
		// Taking away leaves a high bit set where a byte was smaller, and above the lowest such byte
		// maybe false ones; bytes beyond ASCII have it anyway.
		hit := (((x ^ '"'*ones) - ones) | ((x ^ '\\'*ones) - ones) | (x - ' '*ones)) &^ x & high
		if hit != 0 {
			return i + bits.TrailingZeros64(hit)/8, seen&high != 0
		}
	}
	for ; i < len(b) && b[i] >= ' ' && b[i] != '"' && b[i] != '\\'; i++ {
		seen |= uint64(b[i])
	}
	return i, seen&high != 0
}
