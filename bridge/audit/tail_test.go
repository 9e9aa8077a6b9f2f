package audit

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// seqs are the numbers of records.
func seqs(records []Record) []uint64 {
	var all []uint64
	for _, r := range records {
		all = append(all, r.Seq)
	}
	return all
}

func TestTail(t *testing.T) {
	dir := filled(t) // 31 records, in many segments
	tail := Tail{Dir: dir}
	read := func(after, last uint64, most int, want ...uint64) {
		t.Helper()
		got, err := tail.Read(after, last, most)
		if d := cmp.Diff(want, seqs(got)); d != "" || err != nil {
			t.Errorf("after %d to %d, %d at most: %v %s", after, last, most, err, d)
		}
	}
	read(0, 4, 100, 1, 2, 3, 4)
	read(4, 4, 100)
	read(4, 31, 3, 5, 6, 7)
	read(7, 31, 3, 8, 9, 10)
	read(28, 31, 100, 29, 30, 31)
	read(31, 40, 100) // a checkpoint of what is gone
	read(2, 5, 100, 3, 4, 5)
	segments, err := listSegments(dir)
	if err != nil || len(segments) < 4 {
		t.Fatal(segments, err)
	}
	// What has expired is passed over, also when it was being read.
	if _, err := removeBefore(segments, segments[2].first); err != nil {
		t.Fatal(err)
	}
	first := segments[2].first
	read(5, first+1, 100, first, first+1)
	tail = Tail{Dir: dir}
	read(0, first, 100, first)
	tail = Tail{Dir: dir + "/none"}
	if _, err := tail.Read(0, 1, 1); err == nil {
		t.Error("a log that is not there was read")
	}
}

// TestTailWhileWritten: a Tail sees every record once while the log grows and turns to new segments.
func TestTailWhileWritten(t *testing.T) {
	l := openLog(t, Config{Dir: t.TempDir(), SegmentSize: 2000})
	tail := Tail{Dir: l.config.Dir}
	last := uint64(0)
	for i := range 200 {
		appendAll(t, l, Entry{Kind: Owner, Note: fmt.Sprint(i)})
		records, err := tail.Read(last, uint64(i+2), 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			if r.Seq != last+1 || !bytes.HasPrefix(r.Line, fmt.Appendf(nil, `{"seq":%d,`, r.Seq)) || r.Line[len(r.Line)-1] != '}' {
				t.Fatalf("record %d came after %d: %s", r.Seq, last, r.Line)
			}
			last = r.Seq
		}
	}
	if last != 201 {
		t.Errorf("it read up to %d", last)
	}
}

// TestTailPassesOverDamage: lines that are no records, and an unfinished one, stop nothing.
func TestTailPassesOverDamage(t *testing.T) {
	l := openLog(t, Config{Dir: t.TempDir()})
	appendAll(t, l, Entry{Kind: Owner, Note: "one"})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	path := segmentPath(l.config.Dir, 1)
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	long := make([]byte, 2*maxLine)
	for i := range long {
		long[i] = 'x'
	}
	fmt.Fprintf(f, "no record\n%s\n", long)
	fmt.Fprint(f, `{"seq":3,"time":"2026-03-01T12:00:00.000000Z","kind":"owner","note":"two"}`+"\n"+`{"seq":4,"time":"2026`)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	tail := Tail{Dir: l.config.Dir}
	for after, want := range map[uint64][]uint64{0: {1, 2, 3}, 2: {3}, 3: nil} {
		got, err := tail.Read(after, 4, 10)
		if d := cmp.Diff(want, seqs(got)); d != "" || err != nil {
			t.Errorf("after %d: %v %s", after, err, d)
		}
	}
}
