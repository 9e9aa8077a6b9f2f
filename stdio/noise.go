package stdio

import (
	"bytes"
	"math/bits"
	"strings"
	"sync"
	"unicode"
)

// noise is what a server writes to standard output that is no message: counted, the last of it kept
// to be shown, and slowed down when it becomes a flood.
type noise struct {
	hide secrets

	mu    sync.Mutex // guards the fields below
	count uint64
	last  [noiseKept][]byte // the beginnings of the last lines; that of line n at n % noiseKept

	pace pace // of the one goroutine that reads
}

const (
	noiseKept = 5
	noiseLine = 200
	// noiseEach is how many bytes a line counts for besides its own.
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
