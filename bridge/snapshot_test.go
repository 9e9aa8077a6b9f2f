package bridge

import (
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// pass has a call begin and end, with that much said in it.
func pass(s *Snapshot, id uint64, said string) {
	s.Apply(CallStarted{CallInfo{ID: id, Arguments: said}})
	s.Apply(CallEnded{ID: id, End: Outcome{Result: OK, Answer: said}})
}

// sum is what Text must be.
func sum(s *Snapshot) (n int) {
	for i := range s.Calls {
		n += s.Calls[i].text()
	}
	return n
}

func TestSnapshotForgetsOldCallsButNoRunningOne(t *testing.T) {
	s := newSnapshot()
	s.Apply(CallStarted{CallInfo{ID: 1}})
	for id := uint64(2); id < 3*callsKept; id++ {
		pass(&s, id, "{}")
	}
	if n := len(s.Calls); n < callsKept || n > callsKept*3/2 {
		t.Errorf("%d calls are kept", n)
	}
	if c := s.Call(1); c == nil || c.Ended {
		t.Error("the running call is forgotten")
	}
	if c := s.Call(3*callsKept - 1); c == nil || !c.Ended || c.Bare {
		t.Errorf("the last call is %+v", c)
	}
	if s.Call(2) != nil || s.Call(3*callsKept) != nil {
		t.Error("there are calls that are forgotten, or never were")
	}
	if s.Text != sum(&s) {
		t.Errorf("Text is %d, want %d", s.Text, sum(&s))
	}
}

func TestSnapshotLetsGoOfWhatWasSaidLongAgo(t *testing.T) {
	s, said := newSnapshot(), strings.Repeat("x", shownBytes)
	s.Apply(CallStarted{CallInfo{ID: 1, Arguments: said}})
	const calls = textKept / shownBytes // twice as much as is kept
	for id := uint64(2); id <= calls; id++ {
		pass(&s, id, said)
	}
	if s.Text != sum(&s) || s.Text > textKept*5/4 || s.Text < textKept/2 {
		t.Errorf("%d bytes are kept, told as %d", sum(&s), s.Text)
	}
	if len(s.Calls) != calls {
		t.Errorf("%d calls are kept, want %d", len(s.Calls), calls)
	}
	if c := s.Call(1); c.Bare || c.Arguments != said {
		t.Error("of a running call it is forgotten what it is about")
	}
	if c := s.Call(2); !c.Bare || c.text() != 0 {
		t.Error("the oldest call is kept whole")
	}
	if c := s.Call(calls); c.Bare || c.text() != 2*len(said) {
		t.Error("the newest call is not kept whole")
	}
	s.Apply(CallEnded{ID: 2, End: Outcome{Result: Asked, Answer: said}})
	if c := s.Call(2); c.text() != 0 || c.End.Result != Asked || s.Text != sum(&s) {
		t.Errorf("half of what was said comes back: %+v", c)
	}
}

// BenchmarkSnapshotCall is what every call costs the snapshot once it is full; bytes/call is what the bridge holds for each.
func BenchmarkSnapshotCall(b *testing.B) {
	for _, said := range []int{100, shownBytes} {
		b.Run(strconv.Itoa(said), func(b *testing.B) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			s, id := newSnapshot(), uint64(0)
			one := func() {
				id++
				s.Apply(CallStarted{CallInfo{ID: id, Agent: "claude", Server: "github", Method: "tools/call", Name: "echo", Started: time.Unix(0, 0), Arguments: strings.Repeat("x", said)}})
				s.Apply(CallEnded{ID: id, End: Outcome{Result: OK, Answer: strings.Repeat("y", said)}})
			}
			for range callsKept {
				one()
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			held := float64(after.HeapAlloc-before.HeapAlloc) / callsKept
			for b.Loop() {
				one()
			}
			b.ReportMetric(held, "bytes/call")
		})
	}
}
