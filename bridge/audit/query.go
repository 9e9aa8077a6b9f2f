package audit

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"time"
)

// Filter says which records to return. A zero field asks for nothing in particular.
type Filter struct {
	Since, Until time.Time // Since included, Until not
	Kinds        []Kind
	Agent        string
	User         string
	Server       string
	Method       string
	Name         string
	Call         uint64
	Last         int // only the newest so many that match
}

// Record is an Entry as it was written.
type Record struct {
	Seq uint64
	Entry
	Line []byte // the whole record as JSON, without line end
}

// Query yields the records in dir that match f, the newest last. It may run while a Log writes; an unfinished last line is
// passed over, and so is a line that is no record: what was tampered with is Verify's to tell. An error
// ends it.
func Query(dir string, f Filter) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		segments, err := listSegments(dir)
		if err == nil && f.Last > 0 {
			err = f.newest(segments, yield)
		} else if err == nil {
			err = f.all(segments, yield)
		}
		if err != nil && err != errEnough {
			yield(Record{}, fmt.Errorf("read audit log %q: %w", dir, err))
		}
	}
}

// all yields what matches, oldest segment first.
func (f Filter) all(segments []segment, yield func(Record, error) bool) error {
	for i, s := range segments {
		if i+1 < len(segments) && f.before(segments[i+1]) {
			continue
		}
		err := f.scan(s, func(r Record) error {
			if !yield(r, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// newest yields the last f.Last that match, reading no older segment than it must.
func (f Filter) newest(segments []segment, yield func(Record, error) bool) error {
	var parts [][]Record
	for want := f.Last; want > 0 && len(segments) > 0; segments = segments[:len(segments)-1] {
		var part []Record
		err := f.scan(segments[len(segments)-1], func(r Record) error {
			if part = append(part, r); len(part) >= 2*want {
				part = slices.Clone(part[len(part)-want:])
			}
			return nil
		})
		if err != nil {
			return err
		}
		part = part[max(0, len(part)-want):]
		parts = append(parts, part)
		want -= len(part)
	}
	for _, part := range slices.Backward(parts) {
		for _, r := range part {
			if !yield(r, nil) {
				return errEnough
			}
		}
	}
	return nil
}

// before reports that all that comes before the segment is older than the filter wants.
func (f Filter) before(next segment) bool {
	if f.Since.IsZero() {
		return false
	}
	begun, err := next.begun()
	return err == nil && !begun.IsZero() && begun.Before(f.Since)
}

// scan calls each with what matches in s.
func (f Filter) scan(s segment, each func(Record) error) error {
	file, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := newLineReader(file)
	for {
		line, ended, err := lines.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		h, ok := readHeader(line)
		if !ok || !ended || !f.takesHeader(h) {
			continue
		}
		r, ok := readRecord(h, line)
		if !ok || !f.takes(&r.Entry) {
			continue
		}
		if err := each(r); err != nil {
			return err
		}
	}
}

func (f Filter) takesHeader(h header) bool {
	return !h.time.Before(f.Since) && (f.Until.IsZero() || h.time.Before(f.Until)) &&
		(len(f.Kinds) == 0 || slices.Contains(f.Kinds, h.kind))
}

func (f Filter) takes(e *Entry) bool {
	is := func(want, got string) bool { return want == "" || want == got }
	return is(f.Agent, e.Agent) && is(f.User, e.User) && is(f.Server, e.Server) &&
		is(f.Method, e.Method) && is(f.Name, e.Name) && (f.Call == 0 || f.Call == e.Call)
}

// readRecord decodes a line whose header is h.
func readRecord(h header, line []byte) (Record, bool) {
	var s struct {
		Call, Session         uint64
		Agent, Grant, User    string
		Groups                []string
		Front, Address        string
		Server, Method, Name  string
		Arguments             json.RawMessage
		Verdict, Rule, Answer string
		Outcome, Error        string
		Bytes, TookMicros     int64
		Note                  string
	}
	if json.Unmarshal(line, &s) != nil {
		return Record{}, false
	}
	return Record{
		Seq:  h.seq,
		Line: slices.Clone(line),
		Entry: Entry{
			Time: h.time, Kind: h.kind, Call: s.Call, Session: s.Session, Agent: s.Agent, Grant: s.Grant, User: s.User,
			Groups: s.Groups, Front: s.Front, Address: s.Address, Server: s.Server, Method: s.Method, Name: s.Name,
			Arguments: s.Arguments, Verdict: s.Verdict, Rule: s.Rule, Answer: s.Answer, Outcome: s.Outcome, Error: s.Error, Bytes: s.Bytes,
			Took: time.Duration(s.TookMicros) * time.Microsecond, Note: s.Note,
		},
	}, true
}
