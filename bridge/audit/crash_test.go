package audit

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
)

const childDir = "AUDIT_TEST_CHILD_DIR"

// TestMain is the child of TestKill when the environment says so.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := appendForever(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// onDisk is a Checkpoint in a file.
type onDisk string

func (c onDisk) Load() (h Head, err error) {
	data, err := os.ReadFile(string(c))
	if errors.Is(err, fs.ErrNotExist) {
		return h, nil
	}
	return h, errors.Join(err, json.Unmarshal(data, &h))
}

func (c onDisk) Save(h Head) error {
	data, err := json.Marshal(h)
	return errors.Join(err, os.WriteFile(string(c)+".new", data, 0o600), os.Rename(string(c)+".new", string(c)))
}

// appendForever appends from several sides and prints the number of each call that was accepted.
func appendForever(dir string) error {
	l, err := Open(Config{Dir: filepath.Join(dir, "audit"), Key: testKey, Checkpoint: onDisk(filepath.Join(dir, "head")), SegmentSize: 30_000})
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	for side := range uint64(4) {
		wg.Go(func() {
			for call := 1 + side; ; call += 4 {
				if err := l.Append(&Entry{Kind: CallBegin, Call: call, Session: uint64(os.Getpid()), Arguments: []byte(`{"a":"some text"}`)}); err != nil {
					panic(err)
				}
				if _, err := os.Stdout.WriteString(strconv.FormatUint(call, 10) + "\n"); err != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	return nil
}

// TestKill kills the writer again and again in the middle of its work: every record that it was
// told is written is there, and the chain is whole.
func TestKill(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	rnd := rand.New(rand.NewPCG(uint64(os.Getpid()), 1))
	for round := range 12 {
		acked, pid := runAndKill(t, self, dir, 1+rnd.IntN(300))
		found := map[uint64]bool{}
		for _, r := range readAll(t, filepath.Join(dir, "audit"), Filter{Kinds: []Kind{CallBegin}}) {
			if r.Session == uint64(pid) {
				found[r.Call] = true
			}
		}
		for _, call := range acked {
			if !found[call] {
				t.Fatalf("round %d: call %d was accepted and is not in the record", round, call)
			}
		}
	}
	cp := onDisk(filepath.Join(dir, "head"))
	l := openLog(t, Config{Dir: filepath.Join(dir, "audit"), Checkpoint: cp})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	head, err := cp.Load()
	if err != nil {
		t.Fatal(err)
	}
	if r := mustVerify(t, filepath.Join(dir, "audit"), head); !r.OK() || r.Records < 20 {
		t.Errorf("%+v", r)
	}
}

// runAndKill runs the child until n calls are accepted, and returns all that were.
func runAndKill(t *testing.T, self, dir string, n int) (acked []uint64, pid int) {
	t.Helper()
	out, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	child, err := os.StartProcess(self, []string{self}, &os.ProcAttr{
		Env:   append(os.Environ(), childDir+"="+dir, "GORACE=atexit_sleep_ms=0"),
		Files: []*os.File{nil, theirs, os.Stderr},
	})
	if err := errors.Join(err, theirs.Close()); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		call, err := strconv.ParseUint(lines.Text(), 10, 64)
		if err != nil {
			t.Errorf("the child says %q", lines.Text())
		}
		acked = append(acked, call)
		if len(acked) == n {
			if err := child.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	if state, err := child.Wait(); err != nil || state.Success() || len(acked) < n {
		t.Fatalf("the child ended by itself after %d calls: %v, %v", len(acked), state, err)
	}
	return acked, child.Pid
}
