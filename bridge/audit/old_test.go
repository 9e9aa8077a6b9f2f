package audit

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestOldRecord: a record that was begun before entries had all their fields is read, verified and gone on with.
func TestOldRecord(t *testing.T) {
	old, err := os.ReadFile("testdata/first-format.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	old = bytes.ReplaceAll(old, []byte("\r\n"), []byte("\n")) // as a checkout may have it
	lines := bytes.Split(bytes.TrimSuffix(old, []byte("\n")), []byte("\n"))
	seal, _ := newSealer(testKey).open(lines[len(lines)-1])
	dir, cp := t.TempDir(), &memory{head: Head{uint64(len(lines)), seal.mac}}
	if err := os.WriteFile(segmentPath(dir, 1), old, 0o600); err != nil {
		t.Fatal(err)
	}
	if r := mustVerify(t, dir, cp.head); !r.OK() || r.Records != 4 {
		t.Errorf("as it was: %+v", r)
	}
	l := openLog(t, Config{Dir: dir, Checkpoint: cp})
	appendAll(t, l, Entry{Kind: Refused, Agent: "ada", Era: "modern", Count: 2})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if r := mustVerify(t, dir, cp.head); !r.OK() || r.Records != 6 {
		t.Errorf("gone on with: %+v", r)
	}
	got := readAll(t, dir, Filter{Agent: "ada"})
	if len(got) != 4 || got[3].Era != "modern" || got[3].Count != 2 {
		t.Fatalf("%+v", got)
	}
	want := Entry{
		Time: time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC), Kind: CallBegin, Call: 1, Session: 1, Agent: "ada", Grant: "k1",
		User: "https://idp|7", Groups: []string{"staff"}, Front: "sse", Address: "127.0.0.1:9", Server: "files", Method: "tools/call",
		Name: "write", Arguments: []byte(`{"path":"a"}`), Verdict: "ask", Rule: "rule 2", Answer: "allowed once by the owner (desktop)",
	}
	if d := cmp.Diff(want, got[1].Entry); d != "" {
		t.Error(d)
	}
}
