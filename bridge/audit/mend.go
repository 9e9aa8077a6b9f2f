package audit

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

const minKey = 32

// open finds the head, mends what stands behind it, and makes the newest segment ready to be written. remarks is what
// the record should say about that.
func (w *writer) open(config Config) (remarks []Entry, err error) {
	if len(config.Key) < minKey {
		return nil, fmt.Errorf("the key has %d bytes; at least %d are needed", len(config.Key), minKey)
	}
	w.config, w.sealer = config, newSealer(config.Key)
	if err := os.MkdirAll(config.Dir, 0o700); err != nil {
		return nil, err
	}
	base, err := readStart(config.Dir, w.sealer)
	if err != nil {
		return nil, err
	}
	segments, err := listSegments(config.Dir)
	if err != nil {
		return nil, err
	}
	if segments, err = removeBefore(segments, base.Seq+1); err != nil {
		return nil, err
	}
	w.head = base
	remarks, err = w.mend(segments)
	if err == nil && w.file == nil {
		err = w.begin()
	}
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	lost, err := w.compare(config.Checkpoint)
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	return append(remarks, lost...), nil
}

// mend makes the newest intact record the head and opens its segment. What stands behind it is cut off. Where
// there are lines but none is intact, the key is the wrong one and nothing is touched.
func (w *writer) mend(segments []segment) (remarks []Entry, err error) {
	at, err := w.findNewest(segments)
	if err != nil {
		return nil, err
	}
	var kept segment
	behind := segments[at+1:]
	if at >= 0 {
		kept = segments[at]
	} else if i := slices.IndexFunc(segments, segment.hasLine); i >= 0 {
		return nil, fmt.Errorf("no line of %s was signed with this key; if the key is the right one, look at it with `drawbridge audit verify`, and move the directory away to begin a new record", segments[i].name())
	}
	if w.size < kept.size {
		rest := make([]byte, kept.size-w.size)
		if _, err := w.file.ReadAt(rest, w.size); err != nil {
			return nil, err
		}
		remark, err := setAside(kept.path, rest)
		if err != nil {
			return nil, err
		}
		remarks = append(remarks, remark)
		if err := w.file.Truncate(w.size); err != nil {
			return nil, err
		}
	}
	more, err := discard(behind)
	return append(remarks, more...), err
}

// findNewest opens the newest segment with an intact record and returns its place, or -1.
func (w *writer) findNewest(segments []segment) (at int, err error) {
	for i, s := range slices.Backward(segments) {
		f, err := os.OpenFile(s.path, os.O_RDWR, 0o600)
		if err != nil {
			return -1, err
		}
		w.file = f
		if w.size, err = w.findHead(s.size); err != nil {
			return i, err
		}
		if w.size > 0 {
			w.begun, err = s.begun()
			return i, err
		}
		w.file = nil
		if err := f.Close(); err != nil {
			return -1, err
		}
	}
	return -1, nil
}

// discard removes segments without an intact record. A death right after rotation leaves one that is empty.
func discard(segments []segment) (remarks []Entry, err error) {
	for _, s := range segments {
		data, err := os.ReadFile(s.path)
		if err != nil {
			return nil, err
		}
		if len(data) > 0 {
			remark, err := setAside(s.path, data)
			if err != nil {
				return nil, err
			}
			remarks = append(remarks, remark)
		}
		if err := os.Remove(s.path); err != nil {
			return nil, err
		}
	}
	return remarks, nil
}

// setAside returns what the record should say about rest, which stood behind the last intact
// record. The torn line of a sudden death was never acknowledged and may go; anything else is kept in a file of its own.
func setAside(path string, rest []byte) (Entry, error) {
	name, size := filepath.Base(path), int64(len(rest))
	if bytes.IndexByte(rest, '\n') < 0 {
		return Entry{Kind: Mended, Bytes: size, Note: "an unfinished line of the last run was cut off " + name}, nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), name+".damaged-*")
	if err != nil {
		return Entry{}, err
	}
	_, err = f.Write(rest)
	note := "lines that are no records were moved to " + filepath.Base(f.Name())
	return Entry{Kind: Damaged, Bytes: size, Note: note}, errors.Join(err, f.Sync(), f.Close())
}

// findHead makes the last intact record of w.file the head, and returns where it ends; 0 when there is none.
func (w *writer) findHead(size int64) (end int64, err error) {
	for window := int64(1 << 20); ; window *= 4 {
		from := max(size-window, 0)
		buf := make([]byte, size-from)
		if _, err := w.file.ReadAt(buf, from); err != nil {
			return 0, err
		}
		if end := w.lastRecord(buf, from == 0); end > 0 {
			return from + int64(end), nil
		}
		if from == 0 {
			return 0, nil
		}
	}
}

// lastRecord returns where the last intact record in buf ends, or 0. start says that buf begins with the file.
func (w *writer) lastRecord(buf []byte, start bool) int {
	for end := bytes.LastIndexByte(buf, '\n'); end >= 0; {
		from := bytes.LastIndexByte(buf[:end], '\n') + 1
		if from == 0 && !start {
			return 0
		}
		line := buf[from:end]
		h, ok := readHeader(line)
		if r, intact := w.sealer.open(line); ok && intact {
			w.head = Head{h.seq, r.mac}
			return end + 1
		}
		end = from - 1
	}
	return 0
}

// compare holds the head against the checkpoint, which is never ahead of the disk by itself.
func (w *writer) compare(c Checkpoint) (remarks []Entry, err error) {
	if c == nil {
		return nil, nil
	}
	saved, err := c.Load()
	if err != nil {
		return nil, fmt.Errorf("load checkpoint: %w", err)
	}
	switch {
	case saved.Seq > w.head.Seq:
		return []Entry{{Kind: Lost, Note: fmt.Sprintf("records %d to %d were there and are gone", w.head.Seq+1, saved.Seq)}}, nil
	case saved.Seq == w.head.Seq && saved.MAC != w.head.MAC:
		return []Entry{{Kind: Lost, Note: fmt.Sprintf("record %d was another one", saved.Seq)}}, nil
	}
	return nil, nil
}
