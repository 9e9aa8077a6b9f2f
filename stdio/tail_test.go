package stdio

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestTail(t *testing.T) {
	for _, size := range []int{1, 3, 7, 64, 200} {
		kept := &tail{most: 64}
		var all bytes.Buffer
		for i := range 100 {
			b := []byte(strings.Repeat(string(rune('a'+i%26)), i%size) + "\n")
			all.Write(b)
			_, _ = kept.Write(b)
			want := all.Bytes()[max(0, all.Len()-64):]
			if got := kept.all(); !bytes.Equal(got, want) {
				t.Fatalf("size %d: after %d writes got %q, want %q", size, i+1, got, want)
			}
		}
	}
}

func TestTailBeginsWithALine(t *testing.T) {
	kept := &tail{most: 16}
	for i := range 3 {
		fmt.Fprintf(kept, "line %d\n", i)
	}
	for n, want := range map[int]string{16: "line 1\nline 2\n", 100: "line 1\nline 2\n", 10: "line 2\n", 3: " 2\n"} {
		if got := string(kept.bytes(n)); got != want {
			t.Errorf("the last %d: got %q, want %q", n, got, want)
		}
	}
	short := &tail{most: 16}
	_, _ = short.Write([]byte("a\nb"))
	if got := string(short.bytes(16)); got != "a\nb" {
		t.Errorf("got %q", got)
	}
}

// Who does not read is cut off; the writer never waits.
func TestTailFollowerLags(t *testing.T) {
	kept := &tail{most: 16}
	_, follow, cancel := kept.follow()
	for range followerLines + 1 {
		_, _ = kept.Write([]byte("x"))
	}
	n := 0
	for range follow {
		n++
	}
	if n != followerLines {
		t.Fatalf("got %d lines, want %d", n, followerLines)
	}
	cancel() // does nothing
	_, follow, _ = kept.follow()
	kept.close()
	if _, open := <-follow; open {
		t.Fatal("open after close")
	}
}
