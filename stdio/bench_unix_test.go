//go:build unix

package stdio

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

var benchSizes = []struct {
	name  string
	bytes int
}{{"64B", 64}, {"100KiB", 100 << 10}, {"5MiB", 5 << 20}}

func message(size int) []byte { return ask(1, strings.Repeat("x", size)) }

// BenchmarkEcho is a message to a real process and back. Compare with BenchmarkBarePipes, which
// only moves the bytes.
func BenchmarkEcho(b *testing.B) {
	for _, size := range benchSizes {
		b.Run(size.name, func(b *testing.B) {
			p := start(b, role("echo", ""))
			m := message(size.bytes)
			b.SetBytes(int64(len(m)))
			b.ReportAllocs()
			for b.Loop() {
				if err := p.Write(m); err != nil {
					b.Fatal(err)
				}
				if _, err := p.Read(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBarePipes(b *testing.B) {
	for _, size := range benchSizes {
		b.Run(size.name, func(b *testing.B) {
			cmd := exec.Command(os.Args[0], role("echo", "").Args...)
			in, _ := cmd.StdinPipe()
			out, _ := cmd.StdoutPipe()
			if err := cmd.Start(); err != nil {
				b.Fatal(err)
			}
			defer cmd.Wait()
			defer in.Close()
			m := append(message(size.bytes), '\n')
			r := bufio.NewReaderSize(out, 64<<10)
			written := make(chan error, 1)
			b.SetBytes(int64(len(m)))
			b.ReportAllocs()
			for b.Loop() {
				if len(m) > 32<<10 {
					go func() { _, err := in.Write(m); written <- err }()
				} else if _, err := in.Write(m); err != nil {
					b.Fatal(err)
				}
				for left := len(m); left > 0; {
					n, err := r.Discard(min(left, max(1, r.Buffered())))
					if err != nil {
						b.Fatal(err)
					}
					left -= n
				}
				if len(m) > 32<<10 {
					if err := <-written; err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// BenchmarkWrite is the part of the writer's own goroutine while the pipe has room.
func BenchmarkWrite(b *testing.B) {
	p := start(b, role("sink", ""))
	m := message(64)
	b.ReportAllocs()
	for b.Loop() {
		if err := p.Write(m); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStart is a process from its start to its first answer and to its end, with a guardian
// that is there and one that isn't.
func BenchmarkStart(b *testing.B) {
	for _, warm := range []bool{true, false} {
		b.Run(fmt.Sprintf("warm=%v", warm), func(b *testing.B) {
			h := newHost(b)
			for b.Loop() {
				if !warm {
					h.Close()
					h = newHost(b)
				}
				h.Set("a", Spec{Command: role("echo", "")})
				c, release, err := h.Acquire(b.Context(), "a", Key{ID: "1", Once: true})
				if err != nil {
					b.Fatal(err)
				}
				_ = c.Write(message(64))
				if _, err := c.Read(); err != nil {
					b.Fatal(err)
				}
				release()
				c.(*Process).Wait()
			}
		})
	}
}
