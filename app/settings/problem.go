package settings

import (
	"bytes"
	"fmt"
	"path/filepath"
	"unicode/utf8"
)

// Error is why a file was refused.
type Error struct {
	Path         string
	Line, Column int    // from 1, columns in characters; 0 when it is about the whole file
	Text         string // what is wrong and what to do
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", filepath.Base(e.Path), e.Text)
	}
	return fmt.Sprintf("%s:%d:%d: %s", filepath.Base(e.Path), e.Line, e.Column, e.Text)
}

// Warning is something in a file that has no effect or may not be meant.
type Warning Error

func (w Warning) String() string { return (*Error)(&w).Error() }

// position returns the line and column of src[offset].
func position(src []byte, offset int) (line, column int) {
	before := src[:min(offset, len(src))]
	return 1 + bytes.Count(before, []byte("\n")), 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
}

// Raw is a part of the file that another room reads.
type Raw struct {
	JSON []byte // without comments and trailing commas; nil when the file has none

	plain        string // the same without white space
	path         string
	line, column int
}

// Error returns cause as an error at JSON[offset].
func (r Raw) Error(offset int, cause error) *Error {
	line, column := position(r.JSON, offset)
	if line == 1 {
		column += r.column - 1
	}
	return &Error{r.path, line + r.line - 1, column, cause.Error()}
}
