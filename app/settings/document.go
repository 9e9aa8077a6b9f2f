package settings

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/tailscale/hujson"
)

// Bounds of a file. They are far above what a person writes.
const (
	maxFile     = 1 << 20
	maxDepth    = 64
	maxWarnings = 100
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// document is a parsed file. Its tree holds every byte of src.
type document struct {
	path     string
	src      []byte
	root     hujson.Value
	warnings []Warning
}

// parse reads the syntax of src.
func parse(path string, src []byte) (*document, error) {
	src = bytes.TrimPrefix(src, byteOrderMark)
	d := &document{path: path, src: src}
	if len(src) > maxFile {
		return nil, d.fail(-1, "the file has more than %d bytes; remove what is not settings", maxFile)
	}
	if i := invalidUTF8(src); i >= 0 {
		return nil, d.fail(i, "this is no UTF-8; save the file as UTF-8")
	}
	if i := tooDeep(src); i >= 0 {
		return nil, d.fail(i, "brackets are nested more than %d deep", maxDepth)
	}
	if n := len(src); n > 0 && src[n-1] != '\n' {
		src = append(src[:n:n], '\n') // a comment may be the last line and lack its end
	}
	var err error
	if d.root, err = hujson.Parse(src); err != nil {
		return nil, d.syntax(err)
	}
	if _, ok := d.root.Value.(*hujson.Object); !ok {
		return nil, d.fail(d.root.StartOffset, "the file must be one object: { … }")
	}
	return d, nil
}

func (d *document) fail(offset int, format string, args ...any) *Error {
	e := &Error{Path: d.path, Text: fmt.Sprintf(format, args...)}
	if offset >= 0 {
		e.Line, e.Column = position(d.src, offset)
	}
	return e
}

// warn notes something at offset; -1 is the whole file.
func (d *document) warn(offset int, format string, args ...any) {
	if d.warns() {
		d.warnings = append(d.warnings, Warning(*d.fail(offset, format, args...)))
	}
}

// warns reports whether there is room for another warning.
func (d *document) warns() bool { return len(d.warnings) < maxWarnings }

// syntax words an error of the parser, which tells its place in bytes and in text only.
func (d *document) syntax(err error) *Error {
	e := &Error{Path: d.path, Text: err.Error()}
	var line, column int
	if n, _ := fmt.Sscanf(err.Error(), "hujson: line %d, column %d:", &line, &column); n == 2 {
		e.Line, e.Column = position(d.src, lineStart(d.src, line)+column-1)
		if cause := errors.Unwrap(err); cause != nil {
			e.Text = cause.Error()
		}
	}
	e.Text += "; look here and just before for a comma, quote or bracket that is missing or too many"
	return e
}

// lineStart returns the offset of a line, from 1.
func lineStart(src []byte, line int) int {
	at := 0
	for ; line > 1; line-- {
		at += bytes.IndexByte(src[at:], '\n') + 1
	}
	return at
}

func invalidUTF8(src []byte) int {
	for i := 0; i < len(src); {
		r, n := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return -1
}

// tooDeep returns where src opens more brackets than maxDepth, or -1. The parser recurses and has no bound of
// its own.
func tooDeep(src []byte) int {
	depth := 0
	for i := 0; i < len(src); i++ {
		switch c := src[i]; c {
		case '{', '[':
			if depth++; depth > maxDepth {
				return i
			}
		case '}', ']':
			depth--
		case '"':
			i = stringEnd(src, i)
		case '/':
			i = commentEnd(src, i)
		}
	}
	return -1
}

// stringEnd returns where the string that begins at src[i] ends.
func stringEnd(src []byte, i int) int {
	for i++; i < len(src) && src[i] != '"'; i++ {
		if src[i] == '\\' {
			i++
		}
	}
	return i
}

// commentEnd returns where the comment that may begin at src[i] ends.
func commentEnd(src []byte, i int) int {
	end := ""
	switch rest := src[i:]; {
	case bytes.HasPrefix(rest, []byte("//")):
		end = "\n"
	case bytes.HasPrefix(rest, []byte("/*")):
		end = "*/"
	default:
		return i
	}
	n := bytes.Index(src[i+2:], []byte(end))
	if n < 0 {
		return len(src)
	}
	return i + 2 + n + len(end) - 1
}
