package audit

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
)

// lines calls each with every whole line, the oldest first, until it returns an error. A line is valid until the call after.
// A segment that has expired meanwhile has none.
func (s segment) lines(each func(line []byte) error) error {
	f, err := os.Open(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	for lines := newLineReader(f); ; {
		line, ended, err := lines.next()
		if err == io.EOF || err == nil && !ended {
			return nil
		}
		if err == nil {
			err = each(line)
		}
		if err != nil {
			return err
		}
	}
}

// piece is how much is read at once where a file is read from its end.
const piece = 256 << 10

// linesBackward is lines from the newest on.
func (s segment) linesBackward(each func(line []byte) error) error {
	f, err := os.Open(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	var rest []byte // the beginning of what was read last, whose own beginning was not
	whole := false  // behind rest there is a line end
	for size > 0 {
		n := min(size, piece)
		size -= n
		buf := make([]byte, n, int(n)+len(rest))
		if _, err := f.ReadAt(buf, size); err != nil {
			return err
		}
		buf = append(buf, rest...)
		for {
			i := bytes.LastIndexByte(buf, '\n')
			if i < 0 {
				break
			}
			if whole {
				if err := each(buf[i+1:]); err != nil {
					return err
				}
			}
			buf, whole = buf[:i], true
		}
		if rest = buf; len(rest) > maxLine {
			rest, whole = nil, false // no record, and not kept
		}
	}
	if whole {
		return each(rest)
	}
	return nil
}
