package audit

import (
	"bufio"
	"io"
)

// lineReader yields lines without their ends. A line beyond maxLine, which is no record, comes cut.
type lineReader struct {
	r    *bufio.Reader
	long []byte // a line that the reader's buffer does not hold
}

func newLineReader(r io.Reader) *lineReader { return &lineReader{r: bufio.NewReaderSize(r, 64<<10)} }

// next returns the next line, valid until the call after. ended is false for a last line without a line end.
func (l *lineReader) next() (line []byte, ended bool, err error) {
	line, err = l.r.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		line, err = l.rest(line)
	}
	switch {
	case err == nil:
		return line[:len(line)-1], true, nil
	case err == io.EOF && len(line) > 0:
		return line, false, nil
	}
	return nil, false, err
}

// rest returns the line that begins with first, or of one that is too long the beginning and its end.
func (l *lineReader) rest(first []byte) ([]byte, error) {
	l.long = append(l.long[:0], first...)
	for {
		part, err := l.r.ReadSlice('\n')
		if room := maxLine - len(l.long); len(part) <= room {
			l.long = append(l.long, part...)
		} else if err == nil {
			l.long[len(l.long)-1] = '\n'
		}
		if err != bufio.ErrBufferFull {
			return l.long, err
		}
	}
}
