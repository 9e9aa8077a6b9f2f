package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"
)

// Filter says which records to return, and in which order. A zero field asks for nothing in particular.
type Filter struct {
	Since, Until time.Time // Since included, Until not
	Kinds        []Kind

	Agent   string
	User    string
	Group   string // one of those of the user
	Session uint64
	Call    uint64
	Front   string
	Address string // with or without port
	Era     string
	Server  string
	Method  string
	Name    string
	Verdict string
	Rule    string
	Outcome string
	Texts   []string // each stands somewhere in the record, in whatever case

	Last    int  // only the newest so many that match
	Newest  bool // the newest first
	clauses []clause
	over    <-chan struct{} // closed when nobody waits for more
}

// Record is an Entry as it was written.
type Record struct {
	Seq uint64
	Entry
	Line []byte // the whole record as JSON, without line end
}

// skew is how far a clock may have been put back while records were written.
const skew = time.Hour

// Query yields the records in dir that match f, the newest last unless f says otherwise. It may run while a Log writes;
// an unfinished last line is passed over, and so is a line that is no record: what was tampered with is Verify's to tell.
// An error ends it, and so does ctx, without one.
func Query(ctx context.Context, dir string, f Filter) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		f.clauses, f.over = f.compile(), ctx.Done()
		segments, err := listSegments(dir)
		switch {
		case err != nil:
		case f.Newest:
			err = f.backward(segments, func(r Record) bool { return yield(r, nil) })
		case f.Last > 0:
			err = f.newest(segments, yield)
		default:
			err = f.forward(segments, yield)
		}
		if err != nil && err != errEnough {
			yield(Record{}, fmt.Errorf("read audit log %q: %w", dir, err))
		}
	}
}

// forward yields what matches, oldest first.
func (f Filter) forward(segments []segment, yield func(Record, error) bool) error {
	for i, s := range segments {
		if f.after(s) {
			return nil
		}
		if i+1 < len(segments) && f.before(segments[i+1]) {
			continue
		}
		err := s.lines(func(line []byte) error {
			if r, ok := f.read(line); f.ended() || ok && !yield(r, nil) {
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

// backward yields what matches, newest first, and reads no more than it must.
func (f Filter) backward(segments []segment, yield func(Record) bool) error {
	left := f.Last
	for i, s := range slices.Backward(segments) {
		if i+1 < len(segments) && f.before(segments[i+1]) {
			return nil
		}
		if f.after(s) {
			continue
		}
		err := s.linesBackward(func(line []byte) error {
			r, ok := f.read(line)
			switch {
			case f.ended():
				return errEnough
			case !ok:
				return nil
			}
			left--
			if !yield(r) || left == 0 {
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

// newest yields the last f.Last that match, oldest first.
func (f Filter) newest(segments []segment, yield func(Record, error) bool) error {
	var found []Record
	err := f.backward(segments, func(r Record) bool {
		found = append(found, r)
		return true
	})
	if err != nil && err != errEnough || f.ended() {
		return err
	}
	for _, r := range slices.Backward(found) {
		if !yield(r, nil) {
			return errEnough
		}
	}
	return nil
}

// ended reports whether the query is over, whatever else there is.
func (f Filter) ended() bool {
	select {
	case <-f.over:
		return true
	default:
		return false
	}
}

// before reports that all that comes before the segment is older than the filter wants.
func (f Filter) before(next segment) bool {
	if f.Since.IsZero() {
		return false
	}
	begun, err := next.begun()
	return err == nil && !begun.IsZero() && begun.Before(f.Since.Add(-skew))
}

// after reports that all of the segment is younger than the filter wants.
func (f Filter) after(s segment) bool {
	if f.Until.IsZero() {
		return false
	}
	begun, err := s.begun()
	return err == nil && begun.After(f.Until.Add(skew))
}

// read is the record in line, if the filter wants it.
func (f Filter) read(line []byte) (Record, bool) {
	h, ok := readHeader(line)
	if !ok || !f.takesHeader(h) {
		return Record{}, false
	}
	for _, c := range f.clauses {
		if !c.mayMatch(line) {
			return Record{}, false
		}
	}
	r, ok := readRecord(h, line)
	if !ok {
		return Record{}, false
	}
	for _, c := range f.clauses {
		if !c.matches(&r.Entry) {
			return Record{}, false
		}
	}
	r.Line = slices.Clone(line)
	return r, true
}

func (f Filter) takesHeader(h header) bool {
	return !h.time.Before(f.Since) && (f.Until.IsZero() || h.time.Before(f.Until)) &&
		(len(f.Kinds) == 0 || slices.Contains(f.Kinds, h.kind))
}

// readRecord decodes a line whose header is h. The record has no Line yet.
func readRecord(h header, line []byte) (Record, bool) {
	var s struct {
		Call, Session         uint64
		Agent, Grant, User    string
		Groups                []string
		Front, Address, Era   string
		Server, Method, Name  string
		Arguments             json.RawMessage
		Verdict, Rule, Answer string
		Outcome, Error        string
		Bytes, TookMicros     int64
		Count                 int
		Note                  string
	}
	if json.Unmarshal(line, &s) != nil {
		return Record{}, false
	}
	return Record{
		Seq: h.seq,
		Entry: Entry{
			Time: h.time, Kind: h.kind, Call: s.Call, Session: s.Session, Agent: s.Agent, Grant: s.Grant, User: s.User,
			Groups: s.Groups, Front: s.Front, Address: s.Address, Era: s.Era, Server: s.Server, Method: s.Method, Name: s.Name,
			Arguments: s.Arguments, Verdict: s.Verdict, Rule: s.Rule, Answer: s.Answer, Outcome: s.Outcome, Error: s.Error, Bytes: s.Bytes,
			Took: time.Duration(s.TookMicros) * time.Microsecond, Count: s.Count, Note: s.Note,
		},
	}, true
}
