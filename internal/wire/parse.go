package wire

import "sync"

// Limits bound what is accepted.
type Limits struct {
	Size  int // bytes of a message or batch; 0 is 32 MiB, and no more than 1 GiB is ever accepted
	Depth int // objects and arrays within each other; 0 is 128, and no more than 10,000 are ever accepted
}

func (l Limits) size() int  { return bound(l.Size, 32<<20, maxSize) }
func (l Limits) depth() int { return bound(l.Depth, 128, maxDepth) }

func bound(n, zero, most int) int {
	if n <= 0 {
		return zero
	}
	return min(n, most)
}

// maxDepth bounds the parser's recursion.
const maxDepth = 10_000

// Parse reads one message. It refuses whatever two readers might understand differently; see
// ErrMalformed, which its errors wrap. They are *Error values that may be sent to the peer: ParseError
// for what is no JSON, InvalidRequest for what is no message.
//
// Outside of `result` and `error`, keys must be unique in each object at any depth. Within them only
// the keys that are read must be.
//
// The Message keeps b. After an error it is Invalid, but has the ID of a request where that is
// clear, to be answered under.
func Parse(b []byte, max Limits) (Message, error) {
	if len(b) > max.size() {
		return Message{}, malformed(tooLarge, max.size())
	}
	p := parsers.Get().(*parser)
	defer p.release()
	m, end, err := p.message(b, skipSpace(b, 0), max.depth())
	if err != nil {
		return m, err
	}
	if end = skipSpace(b, end); end < len(b) {
		return Message{}, malformed(trailingData, end)
	}
	return m, nil
}

// parser is one pass over one message.
type parser struct {
	b      []byte // begins with the message
	base   int    // where b lies in what the caller gave
	depth  int    // how many levels more may open
	breaks bool
	found  [allParts]span
	keys   keys
	text   []byte // scratch for keys with escapes

	// Of the string read last.
	escaped bool // it has escapes
	lone    bool // among them half of a surrogate pair

	why reason
	at  int
}

var parsers = sync.Pool{New: func() any { return &parser{keys: newKeys()} }}

// release puts p back, without what a hostile message made it grow to.
func (p *parser) release() {
	const kept = 16 << 10
	p.b = nil
	if cap(p.text) > kept {
		p.text = nil
	}
	p.keys.reset()
	parsers.Put(p)
}

// message reads the message that begins at b[i] and returns where it ends.
func (p *parser) message(b []byte, i, depth int) (Message, int, error) {
	p.b, p.base, p.depth, p.breaks = b[i:], i, depth, false
	p.found, p.why = [allParts]span{}, fine
	p.keys.reset()
	end := p.value(0, inMessage)
	if end < 0 {
		return Message{}, 0, p.err()
	}
	if !isObject(p.b) {
		p.fail(notObject, 0)
		return Message{}, 0, p.err()
	}
	m := Message{b: p.b[:end], breaks: p.breaks}
	if !p.judge(&m) {
		return m, 0, p.err()
	}
	return m, i + end, nil
}

// fail ends the pass. It returns what the methods of parser return in place of an end.
func (p *parser) fail(why reason, at int) int {
	p.why, p.at = why, at
	return -1
}

func (p *parser) err() error { return malformed(p.why, p.base+p.at) }
