package stdio

import (
	"os"
	"sync/atomic"
)

// Pipes that carry large messages are made wide: as large as the kernel lets everybody. Their memory counts against the
// owner, to whom Linux gives 64 MiB for all pipes and past that only tiny ones, so a pipe is made wide when
// it has its first large message, and only so many of a host's are.
const (
	widePipe  = 1 << 20 // bytes
	widePipes = 24
)

// widths is what is left to be made wide. The zero widths has all.
type widths struct{ used atomic.Int32 }

// widen makes the pipe wide if there is some left, and reports whether it did.
func (w *widths) widen(f *os.File) bool {
	if w.used.Add(1) > widePipes {
		w.used.Add(-1)
		return false
	}
	setPipeSize(f, widePipe)
	return true
}

// giveBack is for when n pipes that were made wide are closed.
func (w *widths) giveBack(n int32) { w.used.Add(-n) }
