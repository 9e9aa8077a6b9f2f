package audit

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// written makes a closed log of n calls behind the Opened record, in segments of a few records.
func written(t testing.TB, n int) (dir string, head Head) {
	t.Helper()
	dir, cp := t.TempDir(), &memory{}
	l := openLog(t, Config{Dir: dir, Checkpoint: cp, SegmentSize: 2000})
	appendAll(t, l, calls(n)...)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, cp.head
}

// files returns the lines of every segment in dir, line ends included.
func files(t testing.TB, dir string) [][][]byte {
	t.Helper()
	segments, err := listSegments(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all [][][]byte
	for _, s := range segments {
		data, err := os.ReadFile(s.path)
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.SplitAfter(data, []byte("\n"))
		all = append(all, lines[:len(lines)-1])
	}
	return all
}

// put writes lines into the i-th segment of dir.
func put(t testing.TB, dir string, i int, lines [][]byte) {
	t.Helper()
	segments, err := listSegments(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(segments[i].path, bytes.Join(lines, nil), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestVerifyFinds reads: when somebody does this to the second segment of a log, Verify says that.
func TestVerifyFinds(t *testing.T) {
	dir, _ := written(t, 20)
	second := files(t, dir)[1]
	first, count := int(mustHeader(t, second[0]).seq), len(second)
	if count < 5 {
		t.Fatalf("%d records in the second segment", count)
	}
	cases := map[string]struct {
		do   func(lines [][]byte) [][]byte
		want []string // fault, line, from, to
	}{
		"nothing": {func(l [][]byte) [][]byte { return l }, nil},
		"flip a byte": {func(l [][]byte) [][]byte {
			l[2] = bytes.Replace(l[2], []byte("claude"), []byte("claudf"), 1)
			return l
		}, []string{fmt.Sprint("changed 3 ", first+2, first+2)}},
		"change two": {func(l [][]byte) [][]byte {
			l[1], l[2] = []byte("x\n"), []byte("{}\n")
			return l
		}, []string{fmt.Sprint("changed 2 ", first+1, first+1), fmt.Sprint("changed 3 ", first+2, first+2)}},
		"drop one": {func(l [][]byte) [][]byte { return slices.Delete(l, 2, 3) },
			[]string{fmt.Sprint("missing 3 ", first+2, first+2)}},
		"drop two and change the one before": {func(l [][]byte) [][]byte {
			l[1] = []byte("\n")
			return slices.Delete(l, 2, 4)
		}, []string{fmt.Sprint("changed 2 ", first+1, first+1), fmt.Sprint("missing 3 ", first+2, first+3)}},
		"swap two": {func(l [][]byte) [][]byte {
			l[1], l[2] = l[2], l[1]
			return l
		}, []string{fmt.Sprint("moved 3 ", first+1, first+1)}},
		"move the second to the end": {func(l [][]byte) [][]byte { return append(slices.Delete(slices.Clone(l), 1, 2), l[1]) },
			[]string{fmt.Sprint("moved ", count, first+1, first+1)}},
		"repeat one":    {func(l [][]byte) [][]byte { return slices.Insert(l, 3, l[1]) }, []string{fmt.Sprint("moved 4 ", first+1, first+1)}},
		"insert a line": {func(l [][]byte) [][]byte { return slices.Insert(l, 2, []byte("{}\n")) }, []string{fmt.Sprint("changed 3 ", first+2, first+2)}},
		"insert a long one": {func(l [][]byte) [][]byte {
			return slices.Insert(l, 2, append(bytes.Repeat([]byte("x"), 3*maxLine), '\n'))
		},
			[]string{fmt.Sprint("changed 3 ", first+2, first+2)}},
		"empty the file": {func(l [][]byte) [][]byte { return nil }, []string{fmt.Sprint("missing 1 ", first, first+count-1)}},
		"cut the last line end": {func(l [][]byte) [][]byte { l[count-1] = l[count-1][:10]; return l },
			[]string{fmt.Sprint("changed ", count, first+count-1, first+count-1)}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir, head := written(t, 20)
			put(t, dir, 1, c.do(files(t, dir)[1]))
			var got []string
			for _, p := range mustVerify(t, dir, head).Problems {
				got = append(got, fmt.Sprint(string(p.Fault)+" ", p.Line, " ", p.From, p.To))
			}
			if d := cmp.Diff(normal(c.want), normal(got)); d != "" {
				t.Error(d)
			}
		})
	}
}

// normal makes what fmt.Sprint put between numbers one blank.
func normal(list []string) string {
	var b strings.Builder
	for _, s := range list {
		b.WriteString(strings.Join(strings.Fields(s), " ") + "\n")
	}
	return b.String()
}

func mustHeader(t testing.TB, line []byte) header {
	t.Helper()
	h, ok := readHeader(line)
	if !ok {
		t.Fatalf("no record: %q", line)
	}
	return h
}

// TestVerifyFindsAnyFlippedByte changes bytes all over the record. Nothing in it may be changed unnoticed.
func TestVerifyFindsAnyFlippedByte(t *testing.T) {
	dir, head := written(t, 6)
	segments, err := listSegments(dir)
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(1, 1))
	for _, s := range segments {
		data, err := os.ReadFile(s.path)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(data); i += 1 + rnd.IntN(13) {
			changed := slices.Clone(data)
			changed[i] ^= 1 << rnd.IntN(8)
			if err := os.WriteFile(s.path, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			r := mustVerify(t, dir, head)
			if r.OK() || r.Problems[0].Segment != s.name() {
				t.Fatalf("byte %d of %s became %q: %v", i, s.name(), changed[i], r.Problems)
			}
			at := 1 + bytes.Count(data[:i], []byte("\n"))
			if p := r.Problems[0]; p.Line != at {
				t.Fatalf("byte %d is in line %d, not %d", i, at, p.Line)
			}
		}
		if err := os.WriteFile(s.path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestVerifyFindsACutTail(t *testing.T) {
	for _, keep := range []int{0, 1, 2} {
		dir, head := written(t, 20)
		all := files(t, dir)
		last := len(all) - 1
		keep = min(keep, len(all[last])-1)
		put(t, dir, last, all[last][:keep])
		r := mustVerify(t, dir, head)
		want := []Problem{{
			Fault: FaultMissing, Segment: filepath.Base(newest(t, dir)), Line: keep + 1, From: r.Last + 1, To: head.Seq, Text: "the end of the record was cut off",
		}}
		if d := cmp.Diff(want, r.Problems); d != "" {
			t.Errorf("%d lines kept: %s", keep, d)
		}
	}
	dir, head := written(t, 20)
	all := files(t, dir)
	last := all[len(all)-1]
	last[len(last)-1] = last[len(last)-1][:20]
	put(t, dir, len(all)-1, last)
	r := mustVerify(t, dir, head)
	if len(r.Problems) != 2 || r.Problems[0].Fault != FaultTorn || r.Problems[1].Fault != FaultMissing || r.Problems[1].From != head.Seq ||
		r.Problems[0].Line != len(last) || r.Problems[1].Line != len(last) {
		t.Errorf("half a line: %v", r.Problems)
	}
	if err := os.Remove(newest(t, dir)); err != nil {
		t.Fatal(err)
	}
	r = mustVerify(t, dir, head)
	if p := r.Problems; len(p) != 1 || p[0].Segment != filepath.Base(newest(t, dir)) || p[0].Line != len(all[len(all)-2])+1 || p[0].From != r.Last+1 {
		t.Errorf("a whole segment: %v", p)
	}
}

func TestVerifyFindsARewrittenRecord(t *testing.T) {
	dir, head := written(t, 20)
	t.Run("with another key", func(t *testing.T) {
		other := t.TempDir()
		l := openLog(t, Config{Dir: other, Key: bytes.Repeat([]byte("o"), 32)})
		appendAll(t, l, calls(200)...)
		l.Close()
		r := mustVerify(t, other, head)
		if r.Records != 0 || len(r.Problems) != maxProblems || r.Unlisted == 0 {
			t.Errorf("%d records, %d problems", r.Records, len(r.Problems))
		}
	})
	t.Run("with an older copy", func(t *testing.T) {
		r := mustVerify(t, dir, Head{head.Seq, MAC{1}})
		if len(r.Problems) != 1 || r.Problems[0].Fault != FaultForeign || r.Problems[0].From != head.Seq {
			t.Error(r.Problems)
		}
	})
	t.Run("with a fork", func(t *testing.T) {
		other, _ := written(t, 20) // the same key and numbers, another history
		mine, theirs := files(t, dir), files(t, other)
		first := mustHeader(t, mine[2][0]).seq
		if mustHeader(t, theirs[2][0]).seq != first {
			t.Skip("the two rotated at different records")
		}
		put(t, dir, 2, theirs[2])
		r := mustVerify(t, dir, head)
		if len(r.Problems) == 0 || r.Problems[0].Fault != FaultForeign || r.Problems[0].From != first || r.Problems[0].Line != 1 {
			t.Error(r.Problems)
		}
		put(t, dir, 2, mine[2])
	})
	t.Run("not at all", func(t *testing.T) {
		if r := mustVerify(t, dir, head); !r.OK() {
			t.Error(r.Problems)
		}
	})
	t.Run("by nothing", func(t *testing.T) {
		r := mustVerify(t, t.TempDir(), head)
		if len(r.Problems) != 1 || r.Problems[0].From != 1 || r.Problems[0].To != head.Seq {
			t.Error(r.Problems)
		}
		if _, err := Verify(t.Context(), filepath.Join(dir, "none"), testKey, head); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("no directory: %v", err)
		}
	})
}

// FuzzSealedLine changes a line of a record: only the very line that was signed opens.
func FuzzSealedLine(f *testing.F) {
	s := newSealer(testKey)
	line, _ := s.appendRecord(nil, appendBody(nil, &Entry{Kind: CallBegin, Agent: "claude"}, &stamp{}), Head{})
	line = line[:len(line)-1]
	f.Add(line)
	f.Add([]byte(`{"seq":1,"time":"2026-01-02T03:04:05.000000Z","kind":"x","prev":"`))
	f.Fuzz(func(t *testing.T, b []byte) {
		readHeader(b)
		if _, ok := s.open(b); ok && !bytes.Equal(b, line) {
			t.Fatalf("opens: %q", b)
		}
	})
}
