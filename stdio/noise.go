package stdio

import (
	"bytes"
	"math/bits"
	"strings"
	"sync"
	"time"
	"unicode"
)

// noise is what a server writes to standard output that is no message: counted, the last of it kept
// to be shown, and slowed down when it becomes a flood.
type noise struct {
	hide secrets

	mu    sync.Mutex // guards the fields below
	count uint64
	last  [noiseKept][]byte // the beginnings of the last lines; that of line n at n % noiseKept

	// Of the one goroutine that reads.
	debt  float64 // bytes of noise not yet paid for with time
	since time.Time
}

const (
	noiseKept = 5
	noiseLine = 200
	// A flood is read at this pace after noiseBurst bytes, so that it costs little of a processor:
	// the server then waits in its own write.
	noiseRate  = 8 << 20 // bytes a second
	noiseBurst = 32 << 20
	// noiseEach is what a line costs besides its bytes.
	noiseEach = 1 << 10
)

// add counts one line, of which line is at least the beginning. It reports whether
// the count is one to make known: the first few are, then ever fewer.
func (n *noise) add(line []byte) (count uint64, tell bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	slot := &n.last[n.count%noiseKept]
	// A secret that begins before the cut must not lose its end before it is found.
	*slot = append((*slot)[:0], line[:min(len(line), noiseLine+1+n.hide.longest())]...)
	n.count++
	return n.count, n.count <= 20 || bits.OnesCount64(n.count) == 1
}

// charge says that size bytes of noise were read, and returns how long to wait before more is.
func (n *noise) charge(size int, now time.Time) time.Duration {
	n.debt = max(0, n.debt-now.Sub(n.since).Seconds()*noiseRate) + float64(size+noiseEach)
	n.since = now
	if n.debt <= noiseBurst {
		return 0
	}
	return time.Duration((n.debt - noiseBurst) / noiseRate * float64(time.Second))
}

// seen is how many lines there were and the last of them, oldest first, fit to be looked at.
func (n *noise) seen() (count uint64, last []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := n.count - min(n.count, noiseKept); i < n.count; i++ {
		last = append(last, n.show(n.last[i%noiseKept]))
	}
	return n.count, last
}

// show makes a line short and takes out secrets and what moves a terminal's cursor.
func (n *noise) show(line []byte) string {
	line = n.hide.blot(line)
	cut := ""
	if len(line) > noiseLine {
		line, cut = line[:noiseLine], "…"
	}
	return strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return '·'
		}
		return r
	}, string(bytes.ToValidUTF8(line, []byte("·")))) + cut
}
