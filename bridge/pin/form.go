package pin

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strings"
	"unicode/utf8"

	"drawbridge/internal/wire"
)

// Digest names one form of a thing: SHA-256 of its canonical JSON, in hex.
//
// Every member counts, also those that only some clients read (title, icons, _meta, annotations) and those that nobody
// knows yet: a model may be shown any of them. Only `execution` does not, which says in which revisions a tool may
// be called as a task and has no text. The order of members and how strings are escaped make no difference, numbers
// count as they are written.
type Digest string

// Short is the digest as a person may compare it.
func (d Digest) Short() string { return string(d[:min(len(d), 12)]) }

// uncounted is the one member of a thing that is no part of its form.
const uncounted = "execution"

// Form is a thing as it was shown at one time.
type Form struct {
	Digest Digest `json:"digest"`
	// Text is canonical JSON, in which long strings are cut and what is too much is left out; so two forms that
	// differ may have the same Text. nil when there was no room for it.
	Text []byte `json:"text,omitempty"`
}

const (
	// textMax bounds the text that is kept of a form, and stringMax each string in it, in bytes.
	textMax, stringMax = 64 << 10, 16 << 10
	// deepest bounds how deep canonical JSON is looked into; what lies deeper counts as it is written.
	deepest = 256
)

func digest(raw []byte) Digest {
	sum := sha256.New()
	p := printer{sum: sum, left: -1}
	p.value(raw, 0)
	p.flush()
	return Digest(hex.EncodeToString(sum.Sum(nil)))
}

// form is the thing as it may be kept.
func (s Shown) form() Form {
	p := printer{left: textMax}
	p.value(s.raw, 0)
	return Form{s.Digest, slices.Clip(p.b)}
}

// printer writes canonical JSON.
type printer struct {
	b    []byte
	sum  hash.Hash // takes b whenever that is long; nil: b grows
	left int       // bytes that may still be kept; less than 0: all of them, and nothing is cut
}

// flushAt is how long what is summed up may get before it is, in bytes.
const flushAt = 16 << 10

func (p *printer) flush() {
	_, _ = p.sum.Write(p.b) // it never fails
	p.b = p.b[:0]
}

func (p *printer) write(s string) {
	p.b = append(p.b, s...)
	p.wrote(len(s))
}

func (p *printer) wrote(n int) {
	if p.left > 0 {
		p.left = max(p.left-n, 0)
	}
	if p.sum != nil && len(p.b) >= flushAt {
		p.flush()
	}
}

func (p *printer) value(raw []byte, depth int) {
	switch {
	case len(raw) > 0 && raw[0] == '{' && depth < deepest:
		p.object(raw, depth)
	case len(raw) > 0 && raw[0] == '[' && depth < deepest:
		p.array(raw, depth)
	default:
		p.scalar(raw)
	}
}

func (p *printer) object(raw []byte, depth int) {
	var members []wire.Member
	for key, value := range wire.Fields(raw) {
		if depth > 0 || key != uncounted {
			members = append(members, wire.Member{Key: key, Value: value})
		}
	}
	slices.SortStableFunc(members, func(x, y wire.Member) int { return strings.Compare(x.Key, y.Key) })
	p.write("{")
	for i, m := range members {
		if i > 0 {
			p.write(",")
		}
		if p.left == 0 {
			p.write(`"…":"more is not kept"`)
			break
		}
		p.string(m.Key)
		p.write(":")
		p.value(m.Value, depth+1)
	}
	p.write("}")
}

func (p *printer) array(raw []byte, depth int) {
	p.write("[")
	first := true
	for value := range wire.Elements(raw) {
		if !first {
			p.write(",")
		}
		first = false
		if p.left == 0 {
			p.write(`"… more is not kept"`)
			break
		}
		p.value(value, depth+1)
	}
	p.write("]")
}

// scalar writes a string, a number or a word, or what is too deep to be looked into.
func (p *printer) scalar(raw []byte) {
	if p.left < 0 && bytes.IndexByte(raw, '\\') < 0 { // it is canonical already
		p.b = append(p.b, raw...)
		p.wrote(len(raw))
		return
	}
	s, isString := wire.String(raw)
	switch {
	case isString:
		p.string(s)
	case p.left < 0 || len(raw) <= 64 && raw[0] != '{' && raw[0] != '[':
		p.write(string(raw))
	default:
		p.string(string(raw))
	}
}

// string writes s, cut where that is asked for. What was cut off still makes a difference to the eye.
func (p *printer) string(s string) {
	if most := min(stringMax, p.left); p.left >= 0 && len(s) > most {
		sum := sha256.Sum256([]byte(s))
		for most > 0 && !utf8.RuneStart(s[most]) {
			most--
		}
		s = s[:most] + fmt.Sprintf("… (cut; %d bytes in all, SHA-256 %x…)", len(s), sum[:6])
	}
	p.write(string(wire.Quote(s)))
}
