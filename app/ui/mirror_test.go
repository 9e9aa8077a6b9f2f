package ui

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
)

// watched is a mirror of a fake application, and what it showed.
type watched struct {
	*mirror
	fake *fake

	mu    sync.Mutex // guards the fields below
	looks []change
	at    []time.Duration // of each look, since the start
}

// seen are the looks so far, and when they were.
func (w *watched) seen() ([]change, []time.Duration) {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.looks), slices.Clone(w.at)
}

// watching makes a mirror that runs until the test ends. The caller is in a bubble of its own time.
// looking, where it is not nil, is called at each look with the number of it, from 1.
func watching(t *testing.T, looking func(w *watched, n int)) *watched {
	w := &watched{fake: newFake()}
	start := time.Now()
	w.mirror = newMirror(w.fake, nil, func(f func()) { f() }, func(_ *view, c change) {
		w.mu.Lock()
		w.looks, w.at = append(w.looks, c), append(w.at, time.Since(start))
		n := len(w.looks)
		w.mu.Unlock()
		if looking != nil {
			looking(w, n)
		}
	})
	ctx, stop := context.WithCancel(t.Context())
	var run sync.WaitGroup
	run.Go(func() { w.run(ctx) })
	t.Cleanup(func() {
		stop()
		run.Wait()
	})
	synctest.Wait()
	return w
}

func TestMirrorGathers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watching(t, nil)
		for i := range 50 {
			w.fake.publish(bridge.CallStarted{Call: bridge.CallInfo{ID: uint64(i + 1), Server: "github", Started: time.Now()}})
			time.Sleep(time.Millisecond)
		}
		time.Sleep(gather)
		looks, at := w.seen()
		if len(looks) != 2 || len(w.view.Calls) != 50 {
			t.Fatalf("looked at %v, with %d calls; want two looks and 50 calls", at, len(w.view.Calls))
		}
		if at[1] != gather {
			t.Errorf("looked after %v, want %v", at[1], gather)
		}
		if looks[0] != everything || looks[1] != callsChanged|serversChanged|agentsChanged {
			t.Errorf("changes %b", looks)
		}
		time.Sleep(time.Minute)
		if looks, _ := w.seen(); len(looks) != 2 {
			t.Errorf("looked %d times though nothing happened", len(looks))
		}
	})
}

// TestMirrorHasABeat: while events keep coming, and the window wants to be woken besides, it looks no more often than once a beat, and
// less often in a rush.
func TestMirrorHasABeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watching(t, func(w *watched, _ int) { w.wakeAt(time.Now().Add(beat)) })
		for pause, pace := range map[time.Duration]time.Duration{10 * time.Millisecond: beat, time.Millisecond: rush} {
			before, _ := w.seen()
			for begin := time.Now(); time.Since(begin) < 3*time.Second; time.Sleep(pause) {
				id := uint64(time.Since(begin))
				w.fake.publish(begun(id, "echo"), ended(id))
			}
			after, _ := w.seen()
			if n, most := len(after)-len(before), int(3*time.Second/pace)+1; n > most || n < most-2 {
				t.Errorf("looked %d times in three seconds, want %d", n, most)
			}
			w.wakeAt(time.Time{})
			time.Sleep(time.Minute)
		}
	})
}

func TestMirrorHurries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watching(t, nil)
		w.fake.publish(bridge.AgentChanged{Agent: bridge.Agent{Name: "claude"}}, bridge.Raised{Raised: false})
		looks, at := w.seen()
		if len(looks) != 2 || at[1] != 0 || w.view.Raised || len(w.view.Agents) != 1 {
			t.Errorf("looked at %v, raised %v, %d agents", at, w.view.Raised, len(w.view.Agents))
		}
		time.Sleep(time.Second)
		if _, at := w.seen(); len(at) != 2 {
			t.Errorf("looked again at %v", at)
		}
	})
}

// TestMirrorCatchesUp: a window that is stuck for long misses events, and then shows everything all the same.
func TestMirrorCatchesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := make(chan struct{})
		w := watching(t, func(_ *watched, n int) {
			if n == 2 {
				<-stuck
			}
		})
		w.fake.publish(bridge.Raised{Raised: false})
		synctest.Wait()
		for i := range 20_000 {
			w.fake.publish(bridge.AgentChanged{Agent: bridge.Agent{Name: fmt.Sprint(i)}})
		}
		close(stuck)
		time.Sleep(time.Second)
		looks, _ := w.seen()
		if got := len(w.view.Agents); got != 20_000 {
			t.Errorf("%d agents, want 20000", got)
		}
		if last := looks[len(looks)-1]; last != everything {
			t.Errorf("the last look was at %b, want all anew", last)
		}
	})
}

func TestMirrorEndsWithItsStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		m := newMirror(f, nil, func(f func()) { f() }, func(*view, change) {})
		var run sync.WaitGroup
		run.Go(func() { m.run(t.Context()) })
		synctest.Wait()
		f.publish(bridge.AgentChanged{Agent: bridge.Agent{Name: "last"}})
		f.feed.Close()
		run.Wait()
		if len(m.view.Agents) != 1 {
			t.Error("what was published before the end is not shown")
		}
	})
}

func TestMirrorWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watching(t, func(w *watched, n int) {
			if n == 2 {
				w.wakeAt(time.Time{})
			}
		})
		w.wakeAt(time.Now().Add(time.Second))
		time.Sleep(900 * time.Millisecond)
		if looks, at := w.seen(); len(looks) != 1 {
			t.Errorf("woke early: %v", at)
		}
		time.Sleep(time.Minute)
		if looks, at := w.seen(); len(looks) != 2 || looks[1] != clockOnly {
			t.Errorf("looked at %v: %b", at, looks)
		}
	})
}

// TestMirrorStopsWithoutAWindow: when the window's goroutine is gone the mirror still ends.
func TestMirrorStopsWithoutAWindow(t *testing.T) {
	f := newFake()
	ctx, stop := context.WithCancel(t.Context())
	m := newMirror(f, nil, func(func()) { stop() }, func(*view, change) {})
	m.run(ctx)
}

// TestMirrorIsTheSnapshot: what is shown at the end is what a new watcher gets.
func TestMirrorIsTheSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watching(t, nil)
		now := time.Now()
		for _, s := range houseServers(now) {
			w.fake.publish(bridge.ServerChanged{Server: s})
		}
		for _, c := range houseCalls(now) {
			end := c.End
			c.Ended, c.End = false, bridge.Outcome{}
			w.fake.publish(bridge.CallStarted{Call: c}, bridge.CallEnded{ID: c.ID, End: end})
		}
		w.fake.publish(bridge.ServerRemoved{Name: "time"}, bridge.Raised{Raised: false})
		w.seen()
		want, sub := w.fake.Watch()
		sub.Close()
		if diff := cmp.Diff(want, w.view.Snapshot); diff != "" {
			t.Error(diff)
		}
		var fresh view
		fresh.begin(want)
		if diff := cmp.Diff(fresh.servers, w.view.servers, cmp.AllowUnexported(trace{})); diff != "" {
			t.Errorf("counted from the snapshot, and from the events: %s", diff)
		}
	})
}
