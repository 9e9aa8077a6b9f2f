package stdio

import (
	"bytes"
	"sync"
)

// tail keeps the end of a text and hands what is added to whoever follows. The zero tail keeps nothing.
type tail struct {
	most int // bytes kept

	mu        sync.Mutex // guards the fields below
	ring      []byte     // up to most bytes; when full, the oldest is at next
	next      int
	followers map[chan []byte]struct{}
}

// followerLines is how many writes a follower may lag behind before it is cut off.
const followerLines = 256

// Write never fails and never waits. It does not keep b.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.keep(b)
	if len(t.followers) > 0 {
		added := bytes.Clone(b)
		for f := range t.followers {
			select {
			case f <- added:
			default:
				delete(t.followers, f)
				close(f)
			}
		}
	}
	return len(b), nil
}

func (t *tail) keep(b []byte) {
	if len(b) > t.most {
		b = b[len(b)-t.most:]
	}
	if room := t.most - len(t.ring); room > 0 { // grows only as far as it is needed
		n := min(room, len(b))
		t.ring = append(t.ring, b[:n]...)
		b = b[n:]
	}
	for len(b) > 0 {
		n := copy(t.ring[t.next:], b)
		t.next = (t.next + n) % t.most
		b = b[n:]
	}
}

// bytes is the last n bytes kept, from the beginning of a line where older text is left out.
func (t *tail) bytes(n int) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	all, cut := t.all(), len(t.ring) == t.most
	if n < len(all) {
		all, cut = all[len(all)-n:], true
	}
	if _, rest, ok := bytes.Cut(all, []byte("\n")); cut && ok && len(rest) > 0 {
		return rest
	}
	return all
}

func (t *tail) all() []byte { return append(bytes.Clone(t.ring[t.next:]), t.ring[:t.next]...) }

// follow returns what is kept and a channel of what is added from then on, in order and without a
// gap. The channel is closed by cancel, by close and when its reader lags too far behind.
func (t *tail) follow() (kept []byte, added <-chan []byte, cancel func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := make(chan []byte, followerLines)
	if t.followers == nil {
		t.followers = map[chan []byte]struct{}{}
	}
	t.followers[f] = struct{}{}
	return t.all(), f, func() { t.drop(f) }
}

func (t *tail) drop(f chan []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.followers[f]; ok {
		delete(t.followers, f)
		close(f)
	}
}

// close ends all following.
func (t *tail) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for f := range t.followers {
		close(f)
	}
	t.followers = nil
}
