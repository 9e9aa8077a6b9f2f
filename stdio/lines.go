package stdio

import (
	"bytes"
	"io"
)

// lines splits a stream into lines with few copies: it reads into a chunk, scans each byte once and
// hands out pieces of the chunk, which it never writes to again. A long line gets a buffer of its own.
type lines struct {
	r    io.Reader
	most int // bytes of a line; of longer ones only the ends are kept

	widen func() // called when the first long line comes; nil after that
	// dropped is called with the number of bytes of a too long line that were read and thrown away.
	dropped func(n int)

	buf        []byte
	start, end int // unread bytes are buf[start:end]
	scanned    int // there is no line end in buf[start:scanned]
	chunk      int // size of the next buf
	reads      int // into buf
	hint       int // size of a buffer that has room for a line like the last long one
	err        error
}

const (
	chunkLeast = 4 << 10
	chunkMost  = 64 << 10
	// longLine is from where on a line has a buffer of its own, so that short ones don't keep much alive.
	longLine = 32 << 10
	// hintMost is up to where a buffer for a line like the last is made before that line comes.
	hintMost = 128 << 10
	// endsKept is how much of both ends of a too long line is kept.
	endsKept = 4 << 10
)

// line is one line without its end. The bytes are the receiver's to keep.
type line struct {
	head []byte // all of it, or the beginning of a too long one
	tail []byte // the end of a too long one, else nil
	size int    // in the stream
}

// next returns the next line. What follows the last line end is a line too. The error is the stream's.
func (l *lines) next() (line, error) {
	for {
		if i := bytes.IndexByte(l.buf[l.scanned:l.end], '\n'); i >= 0 {
			return l.cut(l.scanned+i, l.scanned+i+1), nil
		}
		l.scanned = l.end
		switch {
		case l.end-l.start > l.most:
			return l.skip()
		case l.err != nil && l.end > l.start:
			return l.cut(l.end, l.end), nil
		case l.err != nil:
			return line{}, l.err
		}
		if l.end == len(l.buf) {
			l.grow()
		}
		l.fill()
	}
}

func (l *lines) fill() {
	n, err := l.r.Read(l.buf[l.end:])
	l.end += n
	l.reads++
	l.err = err
}

// cut hands out the line that ends at end; the next one begins at next.
func (l *lines) cut(end, next int) line {
	b := l.buf[l.start:end:end]
	size := len(b)
	if n := len(b); n > 0 && b[n-1] == '\r' {
		b = b[: n-1 : n-1]
	}
	l.start, l.scanned = next, next
	if len(b) > longLine {
		l.hint = len(b) + len(b)/8
		if l.hint > chunkMost && l.hint <= hintMost {
			l.renew(l.hint)
		} else {
			l.renew(l.chunk)
		}
	}
	return line{head: b, size: size}
}

// grow makes room where there is none. The buffer is not moved together: messages may lie in it.
func (l *lines) grow() {
	rest := l.end - l.start
	switch {
	case rest > len(l.buf)/2: // a line that is long for this buffer
		size := 4 * len(l.buf)
		if len(l.buf) >= chunkMost {
			if l.widen != nil {
				l.widen()
				l.widen = nil
			}
			size = max(2*len(l.buf), l.hint)
		}
		l.renew(min(size, l.most+chunkMost))
		return
	case l.reads <= 2: // the stream is fast
		l.chunk = min(2*l.chunk, chunkMost)
	case l.reads > 16:
		l.chunk /= 2
	}
	l.chunk = max(l.chunk, chunkLeast)
	l.renew(l.chunk)
}

// renew goes on in a fresh buffer.
func (l *lines) renew(size int) {
	rest := l.buf[l.start:l.end]
	for size <= len(rest) {
		size *= 2
	}
	l.buf = make([]byte, max(size, chunkLeast))
	l.scanned -= l.start
	l.start, l.end, l.reads = 0, copy(l.buf, rest), 0
}

// skip reads to the end of a too long line and keeps only its ends.
func (l *lines) skip() (line, error) {
	out := line{head: bytes.Clone(l.buf[l.start : l.start+endsKept]), size: l.end - l.start}
	tail := bytes.Clone(l.buf[l.end-endsKept : l.end])
	l.buf, l.start, l.end = make([]byte, chunkMost), 0, 0
	for {
		n, err := l.r.Read(l.buf)
		l.err = err
		i := bytes.IndexByte(l.buf[:n], '\n')
		part := l.buf[:n]
		if i >= 0 {
			part = part[:i]
		}
		out.size += len(part)
		tail = append(tail, part...)
		tail = append(tail[:0], tail[max(0, len(tail)-endsKept):]...)
		l.dropped(len(part))
		if i >= 0 || err != nil {
			l.start, l.end = len(part)+1, n
			if i < 0 {
				l.start = n
			}
			l.scanned = l.start
			out.tail = bytes.TrimSuffix(tail, []byte("\r"))
			return out, nil
		}
	}
}
