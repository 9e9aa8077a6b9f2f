package audit

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// reopened opens the log in dir, closes it, and returns the kinds of the records that this added.
func reopened(t *testing.T, dir string, head Head) (kinds string, report Report) {
	t.Helper()
	cp := &memory{head: head}
	known := len(readAll(t, dir, Filter{}))
	l := openLog(t, Config{Dir: dir, Checkpoint: cp})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, r := range readAll(t, dir, Filter{})[known:] {
		list = append(list, string(r.Kind))
	}
	return strings.Join(list, " "), mustVerify(t, dir, cp.head)
}

func TestOpenMends(t *testing.T) {
	cases := map[string]struct {
		do    func(newest []byte) []byte
		kinds string
		ok    bool
	}{
		"nothing":                {func(b []byte) []byte { return b }, "opened", true},
		"half a line":            {func(b []byte) []byte { return append(b, `{"seq":9`...) }, "mended opened", true},
		"zeros of a power cut":   {func(b []byte) []byte { return append(b, make([]byte, 4096)...) }, "mended opened", true},
		"a line that is none":    {func(b []byte) []byte { return append(b, "{}\n"...) }, "damaged opened", false},
		"a line that is changed": {func(b []byte) []byte { return append(b[:len(b)-2], "]\n"...) }, "damaged lost opened", false},
		"a cut line":             {func(b []byte) []byte { return b[:len(b)-5] }, "mended lost opened", false},
		"a cut off line":         {func(b []byte) []byte { return b[:bytes.LastIndexByte(b[:len(b)-1], '\n')+1] }, "lost opened", false},
		"much garbage":           {func(b []byte) []byte { return append(b, bytes.Repeat([]byte("x\n"), 2<<20)...) }, "damaged opened", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir, head := written(t, 8)
			path := newest(t, dir)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			changed := c.do(bytes.Clone(data))
			if err := os.WriteFile(path, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			kinds, report := reopened(t, dir, head)
			if kinds != c.kinds || report.OK() != c.ok {
				t.Errorf("added %q; %v", kinds, report.Problems)
			}
			for _, p := range report.Problems {
				if p.Fault != FaultNoted {
					t.Errorf("after mending: %v", p)
				}
			}
			aside, err := filepath.Glob(filepath.Join(dir, "*.damaged-*"))
			if err != nil || (len(aside) == 1) != strings.Contains(c.kinds, "damaged") {
				t.Errorf("set aside: %v, %v", aside, err)
			}
		})
	}
}

func newest(t *testing.T, dir string) string {
	t.Helper()
	segments, err := listSegments(dir)
	if err != nil || len(segments) == 0 {
		t.Fatal(segments, err)
	}
	return segments[len(segments)-1].path
}

// TestOpenAfterADeathInRotation leaves the next segment empty, or with the beginning of a record.
func TestOpenAfterADeathInRotation(t *testing.T) {
	for content, want := range map[string]string{"": "opened", `{"seq":`: "mended opened"} {
		dir, head := written(t, 8)
		if err := os.WriteFile(segmentPath(dir, head.Seq+1), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if kinds, r := reopened(t, dir, head); kinds != want || !r.OK() {
			t.Errorf("%q: added %q; %v", content, kinds, r.Problems)
		}
	}
}

func TestOpenNotesALostRecord(t *testing.T) {
	dir, head := written(t, 20)
	if err := os.Remove(newest(t, dir)); err != nil {
		t.Fatal(err)
	}
	kinds, r := reopened(t, dir, head)
	if kinds != "lost opened" || len(r.Problems) != 1 || r.Problems[0].Fault != FaultNoted {
		t.Errorf("added %q; %v", kinds, r.Problems)
	}
	// The same length with other content is no less lost.
	kinds, _ = reopened(t, dir, Head{r.Last + 2, MAC{1}})
	if kinds != "lost opened" {
		t.Errorf("another head: added %q", kinds)
	}
}

// TestOpenTouchesNothingWithAWrongKey guards the whole record against a lost root secret.
func TestOpenTouchesNothingWithAWrongKey(t *testing.T) {
	dir, head := written(t, 20)
	_, err := Open(Config{Dir: dir, Key: bytes.Repeat([]byte("o"), 32)})
	if err == nil || !strings.Contains(err.Error(), "no line of") {
		t.Fatalf("opened with another key: %v", err)
	}
	if r := mustVerify(t, dir, head); !r.OK() {
		t.Error(r.Problems)
	}
}

func TestOpenNeedsItsCheckpoint(t *testing.T) {
	broken := errors.New("state.db is locked")
	if _, err := Open(Config{Dir: t.TempDir(), Key: testKey, Checkpoint: &memory{err: broken}}); !errors.Is(err, broken) {
		t.Errorf("without checkpoint: %v", err)
	}
}
