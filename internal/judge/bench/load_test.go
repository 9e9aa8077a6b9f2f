package bench

import (
	"errors"
	"math"
	"slices"
	"sync"
	"time"
)

// load is what a phase asks of some talks.
type load struct {
	callers int           // in each talk; 0 is one
	size    int           // of a text, in bytes; 0 is 64
	rest    time.Duration // before each call
	calls   int           // of each caller at most; 0 is no bound
	last    time.Duration // how long the phase lasts; 0 is until all calls are made
	modern  bool
}

// pace is what came of a load.
type pace struct {
	took []time.Duration // each call, the shortest first
	wall time.Duration
}

// run loads the talks, and returns an error when one answer was wrong or none.
func (l load) run(talks []talk) (pace, error) {
	callers := max(1, l.callers)
	l.size = max(20, l.size)
	took, errs := make([][]time.Duration, callers*len(talks)), make([]error, callers*len(talks))
	guard := time.AfterFunc(patience, func() { closeAll(talks) }) // what is lost does not last for ever
	defer guard.Stop()
	began := time.Now()
	end := began.Add(l.last)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { took[i], errs[i] = l.talk(talks[i/callers], end) })
	}
	wg.Wait()
	p := pace{wall: time.Since(began), took: slices.Concat(took...)}
	slices.Sort(p.took)
	return p, errors.Join(errs...)
}

// talk makes one caller's calls.
func (l load) talk(t talk, end time.Time) (took []time.Duration, err error) {
	c, err := t.caller()
	if err != nil {
		return nil, err
	}
	defer c.close()
	q := question{size: l.size, modern: l.modern}
	for n := 0; (l.calls == 0 || n < l.calls) && (l.last == 0 || n == 0 || time.Now().Before(end)); n++ {
		if l.rest > 0 {
			<-time.After(l.rest)
		}
		id := lastID.Add(1)
		msg := q.ask(id)
		began := time.Now()
		answer, err := c.call(id, msg)
		took = append(took, time.Since(began))
		if err == nil {
			err = q.check(id, answer)
		}
		if err != nil {
			return took, err
		}
	}
	return took, nil
}

// at is how long the call at that share of all took: at(0.5) is the median.
func (p pace) at(share float64) time.Duration {
	if len(p.took) == 0 {
		return 0
	}
	return p.took[min(len(p.took)-1, int(share*float64(len(p.took))))]
}

func (p pace) perSecond() float64 { return float64(len(p.took)) / p.wall.Seconds() }

func micro(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
func milli(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// median is the one in the middle of values, or the mean of the two; NaN when there are none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	v := slices.Sorted(slices.Values(values))
	return (v[len(v)/2] + v[(len(v)-1)/2]) / 2
}
