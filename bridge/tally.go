package bridge

import (
	"sync/atomic"
	"time"

	"drawbridge/internal/metric"
)

// tally counts the calls of one server that have ended. It is for any number of goroutines, and none waits for another.
type tally struct {
	ended      [len(results)]atomic.Uint64
	took       metric.Histogram
	asked, got atomic.Uint64 // bytes of requests, and of answers
}

// results are all that a call can end with.
var results = [...]Result{OK, ToolError, Failure, InputRequired, Asked, Denied, Cancelled, Lost}

// count counts one call.
func (t *tally) count(r Result, took time.Duration, request, answer int) {
	for i := range results {
		if results[i] == r {
			t.ended[i].Add(1)
			break
		}
	}
	t.took.Observe(took)
	t.asked.Add(uint64(request))
	t.got.Add(uint64(answer))
}

// Tally is what was counted of a server's calls since it was added.
type Tally struct {
	Server    string
	Ended     map[Result]uint64 // calls by how they ended; without those that never did
	Took      metric.Distribution
	Requests  uint64 // bytes
	Responses uint64 // bytes
}

// Tallies are those of all servers, in the order of the configuration.
func (b *Bridge) Tallies() []Tally {
	var all []Tally
	for _, sv := range b.allServers() {
		t := Tally{
			Server: sv.name(), Ended: map[Result]uint64{}, Took: sv.tally.took.Read(),
			Requests: sv.tally.asked.Load(), Responses: sv.tally.got.Load(),
		}
		for i, r := range results {
			if n := sv.tally.ended[i].Load(); n > 0 {
				t.Ended[r] = n
			}
		}
		all = append(all, t)
	}
	return all
}
