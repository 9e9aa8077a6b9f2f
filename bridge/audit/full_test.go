//go:build linux || darwin

package audit

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
	"testing"
)

// TestDiskFull lets the system refuse writes beyond a size, so that a record gets in by half.
func TestDiskFull(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	dir, cp := t.TempDir(), &memory{}
	l := openLog(t, Config{Dir: dir, Checkpoint: cp})
	appendAll(t, l, calls(5)...)
	before, err := os.Stat(segmentPath(dir, 1))
	if err != nil {
		t.Fatal(err)
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	for room := range uint64(40) {
		small := limit
		small.Cur = uint64(before.Size()) + room*11
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &small); err != nil {
			t.Fatal(err)
		}
		err := l.Append(&Entry{Kind: CallBegin, Name: "a name that makes the record longer than there is room for", Note: string(make([]byte, 100))})
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
		if !errors.Is(err, syscall.EFBIG) {
			t.Fatalf("with room for %d bytes: %v", room*11, err)
		}
		after, err := os.Stat(segmentPath(dir, 1))
		if err != nil || after.Size() != before.Size() {
			t.Fatalf("the failed record left %d bytes, %v", after.Size()-before.Size(), err)
		}
	}
	appendAll(t, l, calls(5)...)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if r := mustVerify(t, dir, cp.head); !r.OK() || r.Records != 11 {
		t.Errorf("%+v", r)
	}
}
