package feed

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

// rest is what still comes out of s, up to its end.
func rest(s *Sub[int]) []int {
	var got []int
	for e := range s.Events() {
		got = append(got, e)
	}
	return got
}

func TestEveryWatcherGetsEverythingInOrder(t *testing.T) {
	f := New[int](0)
	if f.Watched() {
		t.Error("watched before anybody subscribed")
	}
	f.Publish(1)
	a := f.Subscribe()
	f.Publish(2)
	b := f.Subscribe()
	f.Publish(3)
	if !f.Watched() {
		t.Error("not watched by two")
	}
	f.Close()
	f.Publish(4)
	for _, c := range []struct {
		sub  *Sub[int]
		want []int
	}{{a, []int{2, 3}}, {b, []int{3}}, {f.Subscribe(), nil}} {
		if got := rest(c.sub); !slices.Equal(got, c.want) || c.sub.Err() != nil {
			t.Errorf("got %v, %v; want %v", got, c.sub.Err(), c.want)
		}
	}
}

func TestLaggingWatcherIsCutOff(t *testing.T) {
	f := New[int](2)
	slow, quick := f.Subscribe(), f.Subscribe()
	for i := range 3 {
		f.Publish(i)
		if got := <-quick.Events(); got != i {
			t.Fatalf("got %d, want %d", got, i)
		}
	}
	if got := rest(slow); !slices.Equal(got, []int{0, 1}) || slow.Err() != ErrLagged {
		t.Errorf("slow one got %v, %v", got, slow.Err())
	}
	if quick.Err() != nil {
		t.Errorf("quick one: %v", quick.Err())
	}
	slow.Close()
	if slow.Err() != ErrLagged {
		t.Errorf("closed after it lagged: %v", slow.Err())
	}
	again := f.Subscribe()
	f.Publish(7)
	if got := <-again.Events(); got != 7 {
		t.Errorf("subscribed again: %d", got)
	}
}

func TestCloseOfOneWatcher(t *testing.T) {
	var f Feed[int]
	a, b := f.Subscribe(), f.Subscribe()
	f.Publish(1)
	a.Close()
	a.Close()
	f.Publish(2)
	if got := rest(a); !slices.Equal(got, []int{1}) || a.Err() != nil {
		t.Errorf("closed one got %v, %v", got, a.Err())
	}
	b.Close()
	if got := rest(b); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("other one got %v", got)
	}
	if f.Watched() {
		t.Error("watched after both are closed")
	}
}

func TestCloseWakesWatcher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New[int](0)
		var watchers sync.WaitGroup
		for range 2 {
			s := f.Subscribe()
			watchers.Go(func() { rest(s) })
		}
		synctest.Wait()
		f.Close()
		watchers.Wait()
	})
}

func TestManyAtOnce(t *testing.T) {
	const events = 1000
	f := New[int](events)
	var all sync.WaitGroup
	for range 4 {
		s := f.Subscribe()
		all.Go(func() {
			last := -1
			for e := range s.Events() {
				if e != last+1 {
					t.Errorf("%d after %d", e, last)
					return
				}
				last = e
			}
			if last != events-1 {
				t.Errorf("ended after %d", last)
			}
		})
		all.Go(func() { f.Subscribe().Close() })
	}
	for i := range events {
		f.Publish(i)
	}
	f.Close()
	all.Wait()
}

func TestPublishAllocatesNothing(t *testing.T) {
	f := New[int](10)
	f.Subscribe()
	s := f.Subscribe()
	if n := testing.AllocsPerRun(5, func() { f.Publish(1); <-s.Events() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkPublish(b *testing.B) {
	b.Run("unwatched", func(b *testing.B) {
		f := New[int](0)
		b.ReportAllocs()
		for b.Loop() {
			f.Publish(1)
		}
	})
	b.Run("one watcher", func(b *testing.B) {
		f := New[int](0)
		s := f.Subscribe()
		b.ReportAllocs()
		for b.Loop() {
			f.Publish(1)
			<-s.Events()
		}
	})
}
