package front

import (
	"strings"
	"sync"
	"testing"

	"drawbridge/internal/wire"
)

func note(s string) wire.Message {
	return wire.NewNotification("n", []byte(`{"s":"`+s+`"}`))
}

// taken are the strings of the notes that wait, and how the queue is.
func taken(q *queue, wake <-chan struct{}) (string, uint64, state) {
	items, number, s := q.take(wake, nil)
	var all []string
	for _, it := range items {
		m, _ := wire.Parse(it.data, wire.Limits{})
		text, _ := wire.String(wire.Get(m.Params(), "s"))
		all = append(all, text)
	}
	return strings.Join(all, " "), number, s
}

func TestQueueOrder(t *testing.T) {
	q := newQueue(newMemory(0, 1<<20))
	q.Send(note("a"), false)
	q.Send(note("b"), false)
	<-q.wake
	if got, number, s := taken(q, q.wake); got != "a b" || number != 1 || s != taking {
		t.Errorf("took %q from %d, state %d", got, number, s)
	}
	q.Send(note("c"), true)
	if got, number, s := taken(q, q.wake); got != "c" || number != 3 || s != complete {
		t.Errorf("took %q from %d, state %d", got, number, s)
	}
	if q.Send(note("d"), false) {
		t.Error("something follows the last")
	}
	if n := q.share.of.taken.Load(); n != 0 {
		t.Errorf("%d bytes are still charged", n)
	}
}

func TestQueueBounds(t *testing.T) {
	q := newQueue(newMemory(0, 1<<20))
	for n := 0; n < queueMost; n++ {
		if !q.Send(note("x"), false) {
			t.Fatalf("message %d is refused", n)
		}
	}
	if q.Send(note("one more"), false) {
		t.Error("the queue has no bound in messages")
	}
	if q.Send(note("later"), false) {
		t.Error("a reader that missed something gets what comes after")
	}
	if _, _, s := taken(q, q.wake); s != slow {
		t.Errorf("the reader is told state %d", s)
	}

	q = newQueue(newMemory(0, 1<<20))
	big := note(strings.Repeat("x", 1<<20-100))
	for n, want := range []bool{true, true, false} {
		if got := q.Send(big, false); got != want {
			t.Errorf("large message %d is taken: %v", n, got)
		}
	}
	q.close(shut)
	if n := q.share.of.taken.Load(); n != 0 {
		t.Errorf("%d bytes are still charged", n)
	}
}

// TestAnswerDisplaces: the answer gets through when what came before it fills the queue.
func TestAnswerDisplaces(t *testing.T) {
	q := newQueue(newMemory(0, 1<<20))
	for range queueMost {
		q.Send(note("x"), false)
	}
	if !q.Send(note("answer"), true) {
		t.Fatal("the answer is refused")
	}
	if got, number, s := taken(q, q.wake); got != "answer" || number != queueMost+1 || s != complete {
		t.Errorf("took %q from %d, state %d", got, number, s)
	}
}

// TestMemoryIsShared: when the memory is used up, those with little waiting still get it.
func TestMemoryIsShared(t *testing.T) {
	m := newMemory(1<<20, 1<<20)
	greedy, modest := newQueue(m), newQueue(m)
	part := note(strings.Repeat("x", 100<<10))
	sent := 0
	for greedy.Send(part, false) {
		sent++
	}
	if sent < 9 || sent > 10 {
		t.Errorf("%d messages of 100 KiB fit into 1 MiB", sent)
	}
	if !modest.Send(note("hello"), false) || !modest.Send(part, false) {
		t.Error("one greedy reader starves another")
	}
	for n, want := range []bool{true, false} {
		if got := modest.Send(part, false); got != want {
			t.Errorf("message %d beyond the bound is taken: %v", n+2, got)
		}
	}
}

func TestQueueAttach(t *testing.T) {
	q := newKeeper(&share{of: newMemory(0, 1<<20)})
	first := (<-chan struct{})(q.wake)
	q.Send(note("a"), false)
	q.Send(note("b"), false)
	_, _, _ = taken(q, first)
	second, number := q.attach()
	if number != 2 {
		t.Errorf("the last that was taken is %d", number)
	}
	<-first // a token of the messages, or its close
	if _, open := <-first; open {
		t.Error("the reader before is not woken")
	}
	if _, _, s := taken(q, first); s != replaced {
		t.Errorf("the reader before is told state %d", s)
	}
	q.Send(note("c"), false)
	if got, number, _ := taken(q, second); got != "c" || number != 3 {
		t.Errorf("took %q from %d", got, number)
	}
	for from, want := range map[uint64]string{0: "a b c", 1: "b c", 2: "c", 3: ""} {
		wake, ok := q.resume(from)
		if got, _, _ := taken(q, wake); !ok || got != want {
			t.Errorf("from %d: %q, %v, want %q", from, got, ok, want)
		}
	}
	if _, ok := q.resume(4); ok {
		t.Error("resumed after what never was")
	}
	if _, ok := q.resume(1<<64 - 1); ok {
		t.Error("resumed at the end of all numbers")
	}
	wake, _ := q.resume(3)
	q.Send(note("d"), true)
	if got, _, s := taken(q, wake); got != "d" || s != complete {
		t.Errorf("took %q, state %d", got, s)
	}
	if _, ok := q.resume(4); ok {
		t.Error("resumed a stream that has nothing more")
	}
	if wake, ok := q.resume(3); !ok {
		t.Error("the answer cannot be had again")
	} else if got, _, _ := taken(q, wake); got != "d" {
		t.Errorf("took %q", got)
	}
}

// TestKeptIsBounded: what was taken is kept, but not for ever.
func TestKeptIsBounded(t *testing.T) {
	of := &share{of: newMemory(0, 1<<20)}
	q := newKeeper(of)
	for range 10 * keepMost {
		q.Send(note("x"), false)
		_, _, _ = taken(q, q.wake)
	}
	if len(q.items) != keepMost {
		t.Errorf("%d items are kept", len(q.items))
	}
	q.Send(note(strings.Repeat("x", keepBytes)), false)
	_, _, _ = taken(q, q.wake)
	if len(q.items) != 0 || of.taken.Load() != 0 {
		t.Errorf("%d items with %d bytes are kept", len(q.items), of.taken.Load())
	}
	wake, ok := q.resume(0)
	q.Send(note("next"), false)
	if got, number, _ := taken(q, wake); !ok || got != "next" || number != 10*keepMost+2 {
		t.Errorf("after a gap: %q from %d, %v", got, number, ok)
	}
	q.close(void)
	if n := of.taken.Load(); n != 0 {
		t.Errorf("%d bytes are still charged", n)
	}
}

func TestVoid(t *testing.T) {
	q := newQueue(newMemory(0, 1<<20))
	q.close(void)
	if !q.Send(note("x"), false) || !q.Send(note("x"), true) {
		t.Error("a call whose client left is given up")
	}
	if q.Send(wire.NewRequest("1", "roots/list", nil), false) {
		t.Error("a question to nobody waits for an answer")
	}
	q.close(shut)
	if q.Send(note("x"), false) {
		t.Error("a shut queue takes messages")
	}
}

// TestQueueConcurrently is for the race detector, and counts.
func TestQueueConcurrently(t *testing.T) {
	const senders, each = 8, 100
	q := newQueue(newMemory(0, 1<<20))
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for range each {
				q.Send(note("x"), false)
			}
		})
	}
	got := 0
	var items []item
	for got < senders*each {
		<-q.wake
		items, _, _ = q.take(q.wake, items[:0])
		got += len(items)
	}
	wg.Wait()
	if n := q.share.taken.Load(); got != senders*each || n != 0 {
		t.Errorf("%d messages arrived, %d bytes are still charged", got, n)
	}
}

func FuzzParseEventID(f *testing.F) {
	for _, s := range []string{"0/0", "1/2", "18446744073709551615/1", "01/2", "+1/2", "1/2/3", "/", "1/", "-1/1", "1/1 "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		stream, number, ok := parseEventID(s)
		if back := string(appendEventID(nil, stream, number)); ok != (back == s) {
			t.Errorf("%q is %d/%d, %v", s, stream, number, ok)
		}
	})
}
