package audit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

var testKey = []byte(strings.Repeat("k", minKey))

// memory is a Checkpoint that a test can look into and break.
type memory struct {
	mu    sync.Mutex // guards the fields below
	head  Head
	saves int
	err   error
}

func (m *memory) Load() (Head, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.head, m.err
}

func (m *memory) Save(h Head) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	m.head, m.saves = h, m.saves+1
	return nil
}

// saved returns how often a head was saved, and the number of the last.
func (m *memory) saved() [2]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return [2]int{m.saves, int(m.head.Seq)}
}

func (m *memory) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

func openLog(t testing.TB, c Config) *Log {
	t.Helper()
	if c.Key == nil {
		c.Key = testKey
	}
	l, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func appendAll(t testing.TB, l *Log, entries ...Entry) {
	t.Helper()
	for _, e := range entries {
		if err := l.Append(&e); err != nil {
			t.Fatal(err)
		}
	}
}

// calls returns n entries that tell themselves apart.
func calls(n int) []Entry {
	var list []Entry
	for i := range n {
		list = append(list, Entry{Kind: CallBegin, Call: uint64(i + 1), Agent: "claude", Server: "files", Method: "tools/call", Name: fmt.Sprintf("tool_%d", i)})
	}
	return list
}

func readAll(t testing.TB, dir string, f Filter) []Record {
	t.Helper()
	var list []Record
	for r, err := range Query(t.Context(), dir, f) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

func mustVerify(t testing.TB, dir string, head Head) Report {
	t.Helper()
	r, err := Verify(t.Context(), dir, testKey, head)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAppendIsReadBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	l := openLog(t, Config{Dir: dir})
	want := Entry{
		Time: time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC), Kind: CallEnd, Call: 7, Session: 9, Agent: "claude \"x\"\n",
		Grant: "k1", User: "https://idp|7", Groups: []string{"a", "b\\"}, Front: "streamable", Address: "127.0.0.1:9", Era: "legacy", Server: "files",
		Method: "tools/call", Name: "wríte\u2028\x7f", Arguments: []byte(`{"a":[1,{"b":"c"}]}`), Verdict: "allow", Rule: "scope files",
		Answer: "allowed once by the owner", Count: 3, Outcome: "ok", Error: "none", Bytes: 1234, Took: 1500 * time.Microsecond, Note: "fine",
	}
	appendAll(t, l, want)
	got := readAll(t, dir, Filter{})
	if len(got) != 2 || got[0].Kind != Opened || got[1].Seq != 2 {
		t.Fatalf("%d records: %+v", len(got), got)
	}
	if d := cmp.Diff(want, got[1].Entry); d != "" {
		t.Error(d)
	}
	for path, perm := range map[string]os.FileMode{dir: 0o700, segmentPath(dir, 1): 0o600} {
		if info, err := os.Stat(path); err != nil || os.PathSeparator == '/' && info.Mode().Perm() != perm {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

func TestAppendBoundsAnEntry(t *testing.T) {
	dir := t.TempDir()
	l := openLog(t, Config{Dir: dir})
	huge := strings.Repeat("\x01", 100_000)
	groups := strings.Split(huge, "")
	for i := range groups {
		groups[i] = huge
	}
	e := Entry{Kind: Kind(huge), Agent: huge, Grant: huge, User: huge, Groups: groups, Front: huge, Address: huge, Server: huge, Method: huge, Name: huge,
		Arguments: []byte(huge), Verdict: huge, Rule: huge, Outcome: huge, Error: huge, Note: huge, Bytes: -1, Took: -1}
	appendAll(t, l, e, Entry{Kind: CallBegin, Arguments: []byte("{\"a\":\n1}")}, Entry{Kind: CallBegin, Arguments: []byte(`{"a":`)})
	got := readAll(t, dir, Filter{})
	if len(got) != 4 || len(got[1].Line) > maxLine || !strings.HasSuffix(got[1].Agent, "…") {
		t.Fatalf("%d records", len(got))
	}
	if a := string(got[2].Arguments); a != `"{\"a\":\n1}"` {
		t.Errorf("arguments with a line break are %s", a)
	}
	if r := mustVerify(t, dir, Head{}); !r.OK() {
		t.Error(r.Problems)
	}
	if err := l.Append(&Entry{}); err == nil {
		t.Error("an entry without a kind was taken")
	}
}

func TestAppendFromManySides(t *testing.T) {
	dir, cp := t.TempDir(), &memory{}
	l := openLog(t, Config{Dir: dir, Checkpoint: cp, SegmentSize: 40_000})
	const sides, each = 32, 60
	var wg sync.WaitGroup
	for side := range sides {
		wg.Go(func() {
			for i := range each {
				if err := l.Append(&Entry{Kind: CallBegin, Call: uint64(side*each + i + 1)}); err != nil {
					t.Error(err)
				}
				if i == each/2 {
					if r, err := l.Verify(t.Context()); err != nil || !r.OK() {
						t.Error(r.Problems, err)
					}
				}
			}
		})
	}
	wg.Wait()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	seen := map[uint64]bool{}
	for _, r := range readAll(t, dir, Filter{Kinds: []Kind{CallBegin}}) {
		seen[r.Call] = true
	}
	r := mustVerify(t, dir, cp.head)
	if len(seen) != sides*each || !r.OK() || r.Records != sides*each+1 || cp.head.Seq != r.Last || r.Segments < 5 {
		t.Errorf("%d calls in %+v, checkpoint at %d", len(seen), r, cp.head.Seq)
	}
	if err := l.Append(&Entry{Kind: Owner}); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestReopenContinuesTheChain(t *testing.T) {
	dir, cp := t.TempDir(), &memory{}
	for range 5 {
		l := openLog(t, Config{Dir: dir, Checkpoint: cp, SegmentSize: 2000})
		appendAll(t, l, calls(7)...)
		if err := errors.Join(l.Close(), l.Close()); err != nil {
			t.Fatal(err)
		}
	}
	r := mustVerify(t, dir, cp.head)
	if !r.OK() || r.Records != 40 || r.First != 1 || r.Last != 40 || r.Segments < 4 {
		t.Errorf("%+v", r)
	}
}

func TestSyncOnATimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, cp := t.TempDir(), &memory{}
		l := openLog(t, Config{Dir: dir, Checkpoint: cp})
		time.Sleep(syncEvery + time.Millisecond)
		appendAll(t, l, calls(10)...)
		if got := cp.saved(); got != [2]int{1, 1} {
			t.Errorf("before the second: %v", got)
		}
		time.Sleep(syncEvery + time.Millisecond)
		if got := cp.saved(); got != [2]int{2, 11} {
			t.Errorf("after a second: %v", got)
		}
		time.Sleep(time.Hour)
		if got := cp.saved(); got != [2]int{2, 11} {
			t.Errorf("after an idle hour: %v", got)
		}
	})
}

func TestFailedSyncRefusesAppends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, cp, broken := t.TempDir(), &memory{}, errors.New("state.db is read-only")
		l := openLog(t, Config{Dir: dir, Checkpoint: cp})
		cp.fail(broken)
		appendAll(t, l, calls(1)...)
		time.Sleep(2 * syncEvery)
		if err := l.Append(&Entry{Kind: CallBegin}); !errors.Is(err, broken) {
			t.Errorf("while syncs fail: %v", err)
		}
		cp.fail(nil)
		time.Sleep(2 * syncEvery)
		appendAll(t, l, calls(1)...)
		if r := mustVerify(t, dir, cp.head); !r.OK() || r.Records != 3 {
			t.Errorf("%+v", r)
		}
	})
}

func TestOpenRefusesAShortKey(t *testing.T) {
	if _, err := Open(Config{Dir: t.TempDir(), Key: testKey[1:]}); err == nil {
		t.Error("a short key was taken")
	}
}

func TestExpireByAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, cp := t.TempDir(), &memory{}
		for range 200 { // restarted again and again, as a desktop is
			l := openLog(t, Config{Dir: dir, Checkpoint: cp, Keep: 80 * time.Hour})
			appendAll(t, l, calls(1)...)
			time.Sleep(time.Hour)
			l.Close()
		}
		r := mustVerify(t, dir, cp.head)
		if age := r.Until.Sub(r.From); !r.OK() || r.First == 1 || age < 79*time.Hour || age > 100*time.Hour {
			t.Errorf("%v of records: %+v", age, r)
		}
		if notes := readAll(t, dir, Filter{Kinds: []Kind{Expired}}); len(notes) == 0 {
			t.Error("nothing in the record says that segments were removed")
		}
		checkStart(t, dir, cp.head)
	})
}

func TestExpireBySize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, cp := t.TempDir(), &memory{}
		l := openLog(t, Config{Dir: dir, Checkpoint: cp, SegmentSize: 3000, KeepSize: 10_000})
		for range 30 {
			appendAll(t, l, calls(10)...)
			time.Sleep(2 * syncEvery)
		}
		l.Close()
		if r := mustVerify(t, dir, cp.head); !r.OK() || r.Segments > 5 || r.Records < 20 {
			t.Errorf("%+v", r)
		}
		checkStart(t, dir, cp.head)
		l = openLog(t, Config{Dir: dir, Checkpoint: cp})
		appendAll(t, l, calls(3)...)
		l.Close()
		if r := mustVerify(t, dir, cp.head); !r.OK() {
			t.Error(r.Problems)
		}
	})
}

// TestSetKeep: a shorter memory takes effect while the log is written to, and readers don't mind.
func TestSetKeep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, cp := t.TempDir(), &memory{}
		l := openLog(t, Config{Dir: dir, Checkpoint: cp, SegmentSize: 3000})
		for range 30 {
			appendAll(t, l, calls(10)...)
		}
		n := 0
		for r, err := range Query(t.Context(), dir, Filter{}) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; r.Seq == 1 {
				l.SetKeep(0, 10_000)
				time.Sleep(2 * syncEvery)
			}
		}
		if segments, err := listSegments(dir); err != nil || len(segments) > 5 || n > 120 {
			t.Errorf("%d segments are left, %d records were read, %v", len(segments), n, err)
		}
		if r, err := l.Verify(t.Context()); err != nil || !r.OK() || r.First == 1 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// checkStart holds that the signed start of a log from which segments were removed matters.
func checkStart(t *testing.T, dir string, head Head) {
	t.Helper()
	path := filepath.Join(dir, startFile)
	start, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(start), `{"start":`, `{"start":1`, 1)
	for name, text := range map[string]string{"changed": changed, "emptied": ""} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if r := mustVerify(t, dir, head); r.OK() {
			t.Errorf("a %s start passes", name)
		}
		if _, err := Open(Config{Dir: dir, Key: testKey}); err == nil {
			t.Errorf("a %s start opens", name)
		}
	}
	os.Remove(path)
	if r := mustVerify(t, dir, head); r.OK() || r.Problems[0].Fault != FaultMissing || r.Problems[0].From != 1 {
		t.Errorf("without a start: %v", r.Problems)
	}
	if err := os.WriteFile(path, start, 0o600); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkAppend(b *testing.B) {
	l := openLog(b, Config{Dir: b.TempDir()})
	e := Entry{Kind: CallBegin, Call: 1, Session: 2, Agent: "claude", Grant: "Ab3dEf9h", User: "https://idp|7", Front: "streamable", Address: "127.0.0.1:50000",
		Server: "files", Method: "tools/call", Name: "read_file", Arguments: []byte(`{"path":"/home/ann/notes/today.md"}`), Verdict: "allow", Rule: "scope files"}
	b.Run("alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := l.Append(&e); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("64 at once", func(b *testing.B) {
		b.ReportAllocs()
		b.SetParallelism(32)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := l.Append(&e); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

func BenchmarkVerify(b *testing.B) {
	dir := b.TempDir()
	l := openLog(b, Config{Dir: dir})
	appendAll(b, l, calls(10_000)...)
	l.Close()
	info, err := os.Stat(segmentPath(dir, 1))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	for b.Loop() {
		mustVerify(b, dir, Head{})
	}
}
