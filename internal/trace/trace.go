// Package trace is the part of distributed tracing that a bridge needs: whose child a call is, and the span that it becomes.
package trace

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
	"time"
)

// Parent is what a caller says of the trace that its call is a part of: a traceparent of [W3C Trace Context]. The zero Parent is none.
//
// [W3C Trace Context]: https://www.w3.org/TR/trace-context/#traceparent-header
type Parent struct {
	Trace   [16]byte
	Span    [8]byte
	Sampled bool // the trace is recorded
}

// ParseParent reads a traceparent; false is that it is none. Of a version that is not known it reads what the one that is known has.
func ParseParent(text string) (p Parent, ok bool) {
	const size = len("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	if len(text) < size || text[2] != '-' || text[35] != '-' || text[52] != '-' || strings.ToLower(text) != text {
		return Parent{}, false
	}
	var version, flags [1]byte
	for _, part := range []struct {
		to   []byte
		text string
	}{{version[:], text[:2]}, {p.Trace[:], text[3:35]}, {p.Span[:], text[36:52]}, {flags[:], text[53:55]}} {
		if _, err := hex.Decode(part.to, []byte(part.text)); err != nil {
			return Parent{}, false
		}
	}
	rest := text[size:]
	switch {
	case version[0] == 0xff, version[0] == 0 && rest != "", rest != "" && rest[0] != '-',
		p.Trace == [16]byte{}, p.Span == [8]byte{}:
		return Parent{}, false
	}
	p.Sampled = flags[0]&1 == 1
	return p, true
}

// Span is one call that has ended, for a collector of traces.
type Span struct {
	Trace  [16]byte
	ID     [8]byte
	Parent [8]byte // zero for the first of its trace
	State  string  // the caller's tracestate, "" is none

	Name         string
	Began, Ended time.Time
	With         [][2]string // attributes: names and values; no value is ""
	Failed       string      // how, in a word; "" is that it did not
}

// Under makes a span a child of p, in a trace of its own where p is none.
func (s *Span) Under(p Parent) {
	s.Trace, s.Parent = p.Trace, p.Span
	if p == (Parent{}) {
		rand.Read(s.Trace[:])
	}
	rand.Read(s.ID[:])
}

// Set adds an attribute, unless value is "".
func (s *Span) Set(name, value string) {
	if value != "" {
		s.With = append(s.With, [2]string{name, value})
	}
}
