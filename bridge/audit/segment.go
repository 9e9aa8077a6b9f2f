package audit

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const segmentSuffix = ".jsonl"

// segment is one file of the log, named by the number of its first record.
type segment struct {
	path  string
	first uint64
	size  int64
}

func segmentPath(dir string, first uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%020d%s", first, segmentSuffix))
}

func (s segment) name() string { return filepath.Base(s.path) }

// listSegments returns the segments in dir, oldest first. Other files are passed over.
func listSegments(dir string) ([]segment, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var list []segment
	for _, e := range entries {
		digits, ok := strings.CutSuffix(e.Name(), segmentSuffix)
		first, err := strconv.ParseUint(digits, 10, 64)
		if !ok || err != nil || len(digits) != 20 || !e.Type().IsRegular() {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // it has expired meanwhile
		}
		if err != nil {
			return nil, err
		}
		list = append(list, segment{filepath.Join(dir, e.Name()), first, info.Size()})
	}
	slices.SortFunc(list, func(a, b segment) int { return strings.Compare(a.path, b.path) })
	return list, nil
}

// begun returns when the first record of s was written; the zero time when its first line is no record.
func (s segment) begun() (time.Time, error) {
	line, err := firstLine(s.path)
	if err != nil {
		return time.Time{}, err
	}
	h, _ := readHeader(line)
	return h.time, nil
}

// hasLine reports whether s holds a whole line of whatever kind.
func (s segment) hasLine() bool {
	_, err := firstLine(s.path)
	return err == nil
}

func firstLine(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	line, ended, err := newLineReader(f).next()
	if err == nil && !ended {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("first line of %s: %w", filepath.Base(path), err)
	}
	return line, nil
}
