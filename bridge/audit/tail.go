package audit

import (
	"io"
	"os"
	"slices"
)

// Tail reads the records in Dir in their order, a part at a time, and remembers where it was. It holds no file open
// between its Reads. It is not safe for concurrent use.
type Tail struct {
	Dir string // required

	after uint64  // the record before the next one
	in    segment // where that is, if anywhere; its path is "" before the first Read
	at    int64   // from where in it to go on
}

// tailBytes is what one Read returns at most, unless a single record is larger.
const tailBytes = 256 << 10

// Read returns the oldest records that come after record after, up to record last, most of them at most. It returns none
// where there are none. Records before the oldest segment are passed over, and so are lines that are no records.
//
// It may be called while a Log writes to Dir, with a last that was saved as a Checkpoint.
func (t *Tail) Read(after, last uint64, most int) ([]Record, error) {
	if t.in.path == "" || after != t.after {
		t.after, t.in, t.at = after, segment{}, 0
	}
	var found []Record
	size := 0
	for t.after < last && len(found) < most && size < tailBytes {
		before := t.after
		if t.in.path != "" {
			err := t.scan(func(r Record) bool {
				found = append(found, r)
				size += len(r.Line)
				t.after = r.Seq
				return r.Seq < last && len(found) < most && size < tailBytes
			}, last)
			if err != nil && !os.IsNotExist(err) { // one that expired is passed over
				return found, err
			}
		}
		if t.after != before {
			continue
		}
		more, err := t.turn()
		if err != nil || !more {
			return found, err
		}
	}
	return found, nil
}

// scan gives the records from where t is to each, until that has enough.
func (t *Tail) scan(each func(Record) bool, last uint64) error {
	f, err := os.Open(t.in.path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Seek(t.at, io.SeekStart); err != nil {
		return err
	}
	lines := newLineReader(f)
	for {
		line, ended, err := lines.next()
		if err == io.EOF || err == nil && !ended {
			return nil
		}
		if err != nil {
			return err
		}
		h, isRecord := readHeader(line)
		if isRecord && h.seq > last {
			return nil
		}
		read, err := f.Seek(0, io.SeekCurrent)
		if err != nil {
			return err
		}
		t.at = read - int64(lines.r.Buffered())
		if !isRecord || h.seq <= t.after {
			continue
		}
		r, ok := readRecord(h, line)
		r.Line = slices.Clone(line)
		if ok && !each(r) {
			return nil
		}
	}
}

// turn goes on to the segment that follows or, before the first Read, to the one that record after stands in, or should. It reports
// whether there is one.
func (t *Tail) turn() (bool, error) {
	segments, err := listSegments(t.Dir)
	if err != nil {
		return false, err
	}
	var next *segment
	for i, s := range segments {
		begins := t.in.path == "" && (next == nil || s.first <= t.after+1)
		follows := t.in.path != "" && next == nil && s.first > t.in.first
		if begins || follows {
			next = &segments[i]
		}
	}
	if next == nil {
		return false, nil
	}
	t.in, t.at = *next, 0
	return true, nil
}
