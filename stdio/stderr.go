package stdio

import (
	"bytes"
	"io"
	"time"
)

// heldBack is how much of a line without an end is kept from the log: a secret must not be cut in two.
const heldBack = 8 << 10

// pump copies what a server writes to standard error until it ends, whole lines at a time and without its
// secrets. It calls wait so as not to go faster than a pace allows.
func pump(from io.Reader, hide secrets, to io.Writer, wait func(time.Duration)) {
	var held []byte
	var pace pace
	buf := make([]byte, 4<<10)
	for {
		n, err := from.Read(buf)
		held = append(held, buf[:n]...)
		ready := bytes.LastIndexByte(held, '\n') + 1
		if err != nil {
			ready = len(held)
		}
		if ready == 0 && len(held) > heldBack+hide.longest() {
			held = bytes.Clone(hide.blot(held))
			ready = len(held) - hide.longest()
		}
		if ready > 0 {
			_, _ = to.Write(hide.blot(held[:ready]))
			held = append(held[:0], held[ready:]...)
		}
		if err != nil {
			return
		}
		wait(pace.charge(n, time.Now()))
	}
}
