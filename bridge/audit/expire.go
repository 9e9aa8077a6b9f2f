package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// startFile says with which record the log begins after older ones were removed. It is one line,
//
//	{"start":501,"time":…,"prev":"<MAC of record 500>","mac":…}
//
// signed like a record, and none: a record begins with its seq.
const (
	startFile   = "start.json"
	startPrefix = `{"start":`
)

// readStart returns the head before the log's first record: the zero Head where nothing was ever removed.
func readStart(dir string, s *sealer) (Head, error) {
	line, err := os.ReadFile(filepath.Join(dir, startFile))
	if errors.Is(err, fs.ErrNotExist) {
		return Head{}, nil
	}
	if err != nil {
		return Head{}, err
	}
	line = bytes.TrimSuffix(line, []byte("\n"))
	seal, ok := s.open(line)
	rest, isStart := bytes.CutPrefix(line, []byte(startPrefix))
	digits, _, _ := bytes.Cut(rest, []byte(","))
	seq, err := strconv.ParseUint(string(digits), 10, 64)
	if !ok || !isStart || err != nil || seq == 0 {
		return Head{}, fmt.Errorf("%s was changed, or signed with another key", startFile)
	}
	return Head{seq - 1, seal.prev}, nil
}

// writeStart replaces the start file: the log begins after base.
func writeStart(dir string, s *sealer, base Head) error {
	line := strconv.AppendUint([]byte(startPrefix), base.Seq+1, 10)
	line = append(line, `,"time":"`...)
	line = append(time.Now().UTC().AppendFormat(line, timeLayout), '"')
	line, _ = s.appendSeal(line, 0, base.MAC)
	f, err := os.CreateTemp(dir, startFile+"-*")
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), filepath.Join(dir, startFile)); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(dir)
}

// removeBefore removes the segments that hold nothing from record first on, and returns the others.
func removeBefore(segments []segment, first uint64) ([]segment, error) {
	for len(segments) > 1 && segments[1].first <= first {
		if err := os.Remove(segments[0].path); err != nil {
			return nil, err
		}
		segments = segments[1:]
	}
	return segments, nil
}

// expire removes the segments that the owner wants to keep no longer. The signed start is
// written first, so that a death in between leaves nothing that Verify would miss.
func expire(c Config, now time.Time) (first uint64, err error) {
	segments, err := listSegments(c.Dir)
	if err != nil {
		return 0, err
	}
	n, err := c.expired(segments, now)
	if n == 0 || err != nil {
		return 0, err
	}
	s := newSealer(c.Key)
	line, err := firstLine(segments[n].path)
	if err != nil {
		return 0, err
	}
	h, ok := readHeader(line)
	seal, intact := s.open(line)
	if !ok || !intact || h.seq != segments[n].first {
		return 0, fmt.Errorf("%s does not begin with record %d; nothing was removed", segments[n].name(), segments[n].first)
	}
	if err := writeStart(c.Dir, s, Head{h.seq - 1, seal.prev}); err != nil {
		return 0, err
	}
	_, err = removeBefore(segments, h.seq)
	return h.seq, err
}

// expired returns how many of the oldest segments are to go. The newest never is.
func (c Config) expired(segments []segment, now time.Time) (n int, err error) {
	var total int64
	for _, s := range segments {
		total += s.size
	}
	for n < len(segments)-1 {
		if c.KeepSize <= 0 || total <= c.KeepSize {
			old, err := c.outlived(segments[n+1], now)
			if err != nil || !old {
				return n, err
			}
		}
		total -= segments[n].size
		n++
	}
	return n, nil
}

// outlived reports whether everything before next is older than what is kept.
func (c Config) outlived(next segment, now time.Time) (bool, error) {
	if c.Keep <= 0 || next.size == 0 {
		return false, nil
	}
	begun, err := next.begun()
	return !begun.IsZero() && now.Sub(begun) > c.Keep, err
}
