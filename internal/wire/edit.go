package wire

import (
	"bytes"
	"cmp"
	"slices"
)

// Edit says what to replace in a message. Empty fields leave a part as it came, and so do parts
// that the message has not; only Meta makes what is missing. Where two edits overlap, the outer one holds.
type Edit struct {
	ID, ProgressToken, RequestID, SubscriptionID ID

	Name, URI string // text, as the methods of that name return it

	Meta []Member // put into params._meta, or result._meta of a Result
	Cuts []Cut
}

// Cut replaces a part of a message. Both sides are JSON; in an object or array Old and New may also be
// several members or elements with their commas, or none.
type Cut struct {
	Old []byte // a sub-slice of the message's Bytes, its capacity untouched, as this package returns them; nil: no cut
	New []byte
}

// AppendTo appends the message to dst with e done to it. Line breaks between tokens become blanks;
// every other byte is as it came. New values are not looked at: With does that.
func (m Message) AppendTo(dst []byte, e Edit) []byte {
	var few [8]cut
	return m.splice(dst, m.cuts(few[:0], e))
}

// With is the message with e done to it, in a buffer of its own. It is Invalid when what e puts in
// makes it no message any more.
func (m Message) With(e Edit) Message {
	var few [8]cut
	cs := m.cuts(few[:0], e)
	b := m.splice(nil, cs)
	if len(e.Meta) > 0 || len(e.Cuts) > 0 {
		return made(b)
	}
	n := m
	n.b, n.breaks = b, false
	for i := range n.env {
		n.env[i] = moved(n.env[i], cs)
	}
	return n
}

// WithID is the message with another id.
func (m Message) WithID(id ID) Message { return m.With(Edit{ID: id}) }

// WithMeta is the message with a value under key in params._meta, or result._meta of a Result.
func (m Message) WithMeta(key string, value []byte) Message {
	return m.With(Edit{Meta: []Member{{key, value}}})
}

// cut is a Cut with its place known. The new bytes are text and then raw.
type cut struct {
	span
	text string
	raw  []byte
}

func (c cut) grows() int { return len(c.text) + len(c.raw) - int(c.end-c.start) }

// cuts appends to cs what e does to m, in order and without overlaps.
func (m Message) cuts(cs []cut, e Edit) []cut {
	for _, t := range [...]struct {
		part part
		text ID
	}{{id, e.ID}, {progressToken, e.ProgressToken}, {requestID, e.RequestID}, {subscriptionID, e.SubscriptionID}} {
		if t.text != "" && m.env[t.part] != (span{}) {
			cs = append(cs, cut{span: m.env[t.part], text: string(t.text)})
		}
	}
	if e.Name != "" && m.env[name] != (span{}) {
		cs = append(cs, cut{span: m.env[name], raw: appendQuote(nil, e.Name)})
	}
	if e.URI != "" && m.env[uri] != (span{}) {
		cs = append(cs, cut{span: m.env[uri], raw: appendQuote(nil, e.URI)})
	}
	cs = m.appendCuts(cs, e.Cuts)
	if len(e.Meta) > 0 {
		cs = m.appendCuts(cs, m.metaCuts(e.Meta))
	}
	slices.SortStableFunc(cs, func(a, b cut) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end))
	})
	return outer(cs)
}

// outer drops those of cs, which are sorted, that lie in one before them.
func outer(cs []cut) []cut {
	kept, end := cs[:0], uint32(0)
	for _, c := range cs {
		if c.start >= end {
			kept, end = append(kept, c), c.end
		}
	}
	return kept
}

func (m Message) appendCuts(cs []cut, from []Cut) []cut {
	for _, c := range from {
		if c.Old != nil {
			cs = append(cs, cut{span: m.find(c.Old), raw: c.New})
		}
	}
	return cs
}

// find is where old lies in m.
func (m Message) find(old []byte) span {
	start := offset(m.b, old)
	end := start + len(old)
	if start < 0 || end > len(m.b) || cap(old) > 0 && &m.b[:cap(m.b)][start] != &old[:1][0] {
		panic("wire: Cut.Old is no part of the message")
	}
	return span{uint32(start), uint32(end)}
}

// splice appends m to dst with the cuts done.
func (m Message) splice(dst []byte, cs []cut) []byte {
	size, from := len(m.b), uint32(0)
	for _, c := range cs {
		size += c.grows()
	}
	dst = slices.Grow(dst, size)
	begin := len(dst)
	for _, c := range cs {
		dst = append(dst, m.b[from:c.start]...)
		dst = append(dst, c.text...)
		dst = append(dst, c.raw...)
		blank(dst[len(dst)-len(c.raw):])
		from = c.end
	}
	dst = append(dst, m.b[from:]...)
	if m.breaks {
		blank(dst[begin:])
	}
	return dst
}

// blank turns the line breaks in b, which can only be white space, into blanks.
func blank(b []byte) {
	for _, c := range []byte("\n\r") {
		for i, rest := 0, b; i >= 0; {
			if i = bytes.IndexByte(rest, c); i >= 0 {
				rest[i], rest = ' ', rest[i+1:]
			}
		}
	}
}

// moved is where s lies after cs, each of which is s itself, within s or outside of it.
func moved(s span, cs []cut) span {
	if s == (span{}) {
		return s
	}
	start, end := int(s.start), int(s.end)
	for _, c := range cs {
		if c.end <= s.start {
			start += c.grows()
		}
		if c.end <= s.end {
			end += c.grows()
		}
	}
	return span{uint32(start), uint32(end)}
}
