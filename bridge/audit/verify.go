package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// Fault says what is wrong at one place of the record.
type Fault string

const (
	FaultChanged Fault = "changed" // a line is not what was signed, or was never a record
	FaultMissing Fault = "missing" // records are gone
	FaultMoved   Fault = "moved"   // a record stands where it does not belong, or a second time
	FaultForeign Fault = "foreign" // a record is genuine, but of another history: a restored copy, a fork
	FaultTorn    Fault = "torn"    // the last line is unfinished; Open mends what a sudden death left
	FaultNoted   Fault = "noted"   // the log itself found this fault when it was opened
)

// Problem is one fault and where it is.
type Problem struct {
	Fault    Fault
	Segment  string // the file's name; "" when the fault is of no file
	Line     int    // in Segment, from 1
	From, To uint64 // the records that it is about
	Text     string // in words
}

func (p Problem) String() string {
	where := ""
	if p.Segment != "" {
		where = fmt.Sprintf("%s:%d: ", p.Segment, p.Line)
	}
	if p.From == p.To {
		return fmt.Sprintf("%srecord %d %s: %s", where, p.From, p.Fault, p.Text)
	}
	return fmt.Sprintf("%srecords %d to %d %s: %s", where, p.From, p.To, p.Fault, p.Text)
}

// Report is what Verify found.
type Report struct {
	Segments    int
	Records     uint64 // that are intact and in their place
	First, Last uint64 // their numbers
	From, Until time.Time
	Problems    []Problem // in the order found; at most maxProblems
	Unlisted    int       // problems beyond that
}

// OK reports that the whole record is there and is as it was written.
func (r Report) OK() bool { return len(r.Problems) == 0 }

const maxProblems = 100

// Verify reads the whole record in dir and checks it against key and checkpoint; the zero Head means that there
// is no checkpoint, and that a cut tail can't be noticed. What is wrong with the record is in the Report, an error
// says that it could not be read. While a Log writes to dir use its Verify.
func Verify(ctx context.Context, dir string, key []byte, checkpoint Head) (Report, error) {
	return verify(ctx, dir, key, checkpoint, 0)
}

// verify stops after record last, when that is not 0.
func verify(ctx context.Context, dir string, key []byte, checkpoint Head, last uint64) (Report, error) {
	for tries := 0; ; tries++ {
		v := verifier{sealer: newSealer(key), checkpoint: checkpoint, last: last}
		err := v.run(ctx, dir)
		if errors.Is(err, fs.ErrNotExist) && tries < 3 { // a segment has expired meanwhile
			continue
		}
		if err != nil {
			err = fmt.Errorf("verify audit log %q: %w", dir, err)
		}
		return v.Report, err
	}
}

// errEnough ends the walk at the last record that is to be checked.
var errEnough = errors.New("enough")

func (v *verifier) run(ctx context.Context, dir string) error {
	base, err := readStart(dir, v.sealer)
	if err != nil {
		v.problem(Problem{Fault: FaultChanged, Segment: startFile, Line: 1, Text: err.Error()})
	}
	v.prev, v.blind, v.next = base.MAC, err != nil, base.Seq+1
	segments, err := listSegments(dir)
	if err != nil {
		return err
	}
	for len(segments) > 1 && segments[1].first <= v.next { // expired; Open removes them
		segments = segments[1:]
	}
	for i, s := range segments {
		err := v.segment(ctx, s, i == len(segments)-1)
		if err == errEnough {
			break
		}
		if err != nil {
			return err
		}
	}
	v.end()
	return nil
}

// segment checks one file.
func (v *verifier) segment(ctx context.Context, s segment, newest bool) error {
	f, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer f.Close()
	v.Segments++
	v.at = Problem{Segment: s.name()}
	lines := newLineReader(f)
	for {
		line, end, err := lines.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		v.at.Line++
		if v.at.Line%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		switch {
		case !end && newest:
			v.note(FaultTorn, v.next, v.next, "an unfinished line")
			v.at.Line-- // where the record should stand that it is not
		default:
			v.line(line)
		}
		if v.last > 0 && v.next > v.last {
			return errEnough
		}
	}
}
