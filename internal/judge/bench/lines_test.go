package bench

import (
	"bytes"
	"io"
)

// lines reads lines of any length from r; its buffer stays as large as the longest needed it.
type lines struct {
	r          io.Reader
	b          []byte
	start, end int // what is unread is b[start:end]
	seen       int // b[start:seen] has no line end
}

func newLines(r io.Reader) *lines { return &lines{r: r, b: make([]byte, 64<<10)} }

// more reports whether next would not have to read.
func (l *lines) more() bool { return bytes.IndexByte(l.b[l.seen:l.end], '\n') >= 0 }

// next is the next line without its end, good until it is called again.
func (l *lines) next() ([]byte, error) {
	for {
		if i := bytes.IndexByte(l.b[l.seen:l.end], '\n'); i >= 0 {
			line := l.b[l.start : l.seen+i]
			l.start = l.seen + i + 1
			l.seen = l.start
			return bytes.TrimSuffix(line, []byte("\r")), nil
		}
		l.makeRoom()
		n, err := l.r.Read(l.b[l.end:])
		l.seen, l.end = l.end, l.end+n
		if n == 0 && err != nil {
			return nil, err
		}
	}
}

// makeRoom has room behind the end for more.
func (l *lines) makeRoom() {
	switch {
	case l.start == l.end:
		l.start, l.end = 0, 0
	case l.end < len(l.b):
	case l.start > len(l.b)/2:
		l.end = copy(l.b, l.b[l.start:l.end])
		l.start = 0
	default:
		b := make([]byte, 2*len(l.b))
		l.end = copy(b, l.b[l.start:l.end])
		l.start, l.b = 0, b
	}
}
