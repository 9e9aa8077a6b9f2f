package front

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drawbridge/internal/wire"
)

// TestAnswersOfASlowReader: an agent that reads slowly gets every answer that finds room, and instead of one that does not
// an error that says so. Nothing ends, whatever front it is.
func TestAnswersOfASlowReader(t *testing.T) {
	const size = 1 << 20
	for what, open := range map[string]func(*testing.T, *house) (hear func() string){
		"SSE": func(t *testing.T, h *house) func() string {
			w, _ := opened(t, t.Context(), h, "/sse")
			return func() string {
				e, err := w.next()
				if err != nil {
					t.Fatal(err)
				}
				return e.data
			}
		},
		"WebSocket": func(t *testing.T, h *house) func() string {
			c := h.connect(t, "/ws")
			return func() string { return hear(t, c) }
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t, Config{Limits: wire.Limits{Size: size}})
			hear := open(t, h)
			out := h.island.session("session-1").Out()
			answer := func(id wire.ID) wire.Message {
				return wire.Reply(id, []byte(`"`+strings.Repeat("x", size-100)+`"`))
			}
			ids := []wire.ID{"1", "2", "3", "4", "5"}
			for _, id := range ids { // the first is being written when the others come; two of them have room
				if !out.Send(answer(id), true) {
					t.Errorf("%s: answer %s is refused", what, id)
				}
				synctest.Wait()
			}
			for i, id := range ids {
				want := string(answer(id).Bytes())
				if i > 2 {
					want = string(noRoom(answer(id)))
				}
				time.Sleep(pieceTime / 4)
				if got := hear(); got != want {
					t.Errorf("%s: answer %s is %.80q, %d bytes", what, id, got, len(got))
				}
			}
			if h.open() != 1 {
				t.Errorf("%s: the session has ended", what)
			}
		})
	}
}

// TestRoom: who asks for room waits while much waits to be read, and not for a reader that has gone.
func TestRoom(t *testing.T) {
	big := note(strings.Repeat("x", 600<<10))
	full := func(t *testing.T) (line, <-chan struct{}) {
		l := line{newQueue(newMemory(0, 1<<20))}
		for n := range 2 {
			if l.Room() != nil {
				t.Errorf("no room beside %d messages", n)
			}
			l.Send(big, false)
		}
		room := l.Room()
		if room == nil || isOver(room) {
			t.Fatal("there is always room")
		}
		return l, room
	}
	for what, end := range map[string]func(line){
		"is read": func(l line) { _, _, _ = l.take(l.wake, nil) },
		"closes":  func(l line) { l.close(shut) },
		"overflows": func(l line) {
			for l.Send(big, false) {
			}
		},
	} {
		if l, room := full(t); true {
			end(l)
			if !isOver(room) || l.Room() != nil {
				t.Errorf("no room when the queue %s", what)
			}
		}
	}
	l := line{newQueue(newMemory(0, 1<<20))}
	for range queueMost/2 + 1 {
		l.Send(note(""), false)
	}
	if l.Room() == nil {
		t.Error("any number of small messages has room")
	}
}

func isOver(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
