package stdio

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drawbridge/internal/wire"
)

// endless is a server that writes the same text until end is closed.
type endless struct {
	text string
	read int
	end  chan struct{}
}

func (e *endless) Read(b []byte) (int, error) {
	select {
	case <-e.end:
		return 0, io.EOF
	default:
	}
	n := 0
	for n+len(e.text) <= len(b) {
		n += copy(b[n:], e.text)
	}
	if n == 0 {
		n = copy(b, e.text)
	}
	e.read += n
	return n, nil
}

// What is no message is read at a pace that costs little, whether it has line ends or not.
func TestNoiseIsSlowedDown(t *testing.T) {
	for _, text := range []string{"x\n", strings.Repeat("long ", 500) + "\n", "no end "} {
		synctest.Test(t, func(t *testing.T) {
			flood := &endless{text: text, end: make(chan struct{})}
			p := bare(flood)
			done := make(chan struct{})
			go func() {
				defer close(done)
				_, _ = p.Read()
			}()
			const seconds = 4
			time.Sleep(seconds * time.Second)
			synctest.Wait()
			if most := paceBurst + (seconds+1)*paceRate; flood.read > most {
				t.Errorf("%.10q: %d bytes were read in %d s, want at most %d", text, flood.read, seconds, most)
			}
			close(flood.end)
			close(p.closed)
			<-done
		})
	}
}

// bare is a Process without a process, that reads r.
func bare(r io.Reader) *Process {
	p := &Process{
		server: "x", log: Config{}.withDefaults().Log, limits: wire.Limits{Size: 1 << 20},
		child:   &child{exited: make(chan struct{}), gone: make(chan struct{})},
		drained: make(chan struct{}), done: make(chan struct{}), closed: make(chan struct{}),
		witness: witness{noise: func() {}},
	}
	p.out = lines{r: r, most: 1 << 20, widen: func() {}, dropped: p.slow}
	return p
}

func TestNoiseKeepsTheLastFew(t *testing.T) {
	var n noise
	told := 0
	for range 1_000 {
		if _, tell := n.add([]byte(strings.Repeat("é", 300))); tell {
			told++
		}
	}
	count, last := n.seen()
	if count != 1_000 || len(last) != noiseKept || told > 40 {
		t.Fatalf("count %d, kept %d, told %d", count, len(last), told)
	}
	if want := strings.Repeat("é", noiseLine/2) + "…"; last[0] != want {
		t.Fatalf("got %q, want %q", last[0], want)
	}
}
