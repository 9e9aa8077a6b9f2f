package stdio

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestHostSharesByKey(t *testing.T) {
	inHouse(t, Config{}, func(t *testing.T, h *house) {
		h.Set("s", spec("a"))
		h.is("s", Idle, 0)
		a1, releaseA1 := h.get("s", Key{Owner: "x", ID: "a"})
		a2, releaseA2 := h.get("s", Key{Owner: "y", ID: "a"})
		b, releaseB := h.get("s", Key{Owner: "x", ID: "b"})
		if a1 != a2 || a1 == b {
			t.Fatal("the same key is not the same process")
		}
		h.is("s", Running, 2)
		releaseA1()
		releaseA1() // once is enough
		releaseB()
		time.Sleep(idleUsually + time.Second)
		h.is("s", Running, 1) // a is leased once more
		if e := b.Err(); e == nil || !e.Ended {
			t.Fatalf("the idle process: %v", e)
		}
		releaseA2()
		time.Sleep(idleUsually - time.Second)
		_, again := h.get("s", Key{Owner: "x", ID: "a"})
		time.Sleep(idleUsually)
		h.is("s", Running, 1)
		again()
		time.Sleep(idleUsually + time.Second)
		h.is("s", Idle, 0)
	})
}

func TestHostIdle(t *testing.T) {
	inHouse(t, Config{}, func(t *testing.T, h *house) {
		forever, short := spec("a"), spec("a")
		forever.Idle, short.Idle = -1, time.Second
		h.Set("forever", forever)
		h.Set("short", short)
		h.Set("once", spec("a"))
		for _, s := range []string{"forever", "short", "once"} {
			_, release := h.get(s, Key{ID: "k", Once: s == "once"})
			release()
		}
		h.is("once", Idle, 0)
		h.is("short", Running, 1)
		time.Sleep(time.Hour)
		h.is("short", Idle, 0)
		h.is("forever", Running, 1)
	})
}

func TestHostStartIsShared(t *testing.T) {
	inHouse(t, Config{}, func(t *testing.T, h *house) {
		h.takes = time.Second
		h.Set("s", spec("a"))
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, _, err := h.Acquire(ctx, "s", Key{ID: "a"}); !errors.Is(err, context.Canceled) {
				t.Errorf("the one who gave up: %v", err)
			}
		})
		for range 3 {
			wg.Go(func() { h.get("s", Key{ID: "a"}) })
		}
		h.is("s", Starting, 1)
		cancel()
		wg.Wait()
		if st := h.Status()[0]; len(h.born()) != 1 || st.Processes[0].Leases != 3 {
			t.Fatalf("%d starts, %+v", len(h.born()), st)
		}
	})
}

// A start that nobody waits for any more is an idle process.
func TestHostStartIsAbandoned(t *testing.T) {
	inHouse(t, Config{}, func(t *testing.T, h *house) {
		h.takes = time.Second
		h.Set("s", spec("a"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, _, err := h.Acquire(ctx, "s", Key{ID: "a"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		h.is("s", Running, 1)
		time.Sleep(idleUsually)
		h.is("s", Idle, 0)
	})
}

func TestHostSpare(t *testing.T) {
	inHouse(t, Config{}, func(t *testing.T, h *house) {
		s := spec("a")
		s.Spare = true
		h.Set("s", s)
		_, shared := h.get("s", Key{ID: "shared"})
		time.Sleep(2 * spareAfter)
		h.is("s", Running, 1) // keys that come again need no spare
		shared()

		first, release1 := h.get("s", Key{ID: "1", Once: true})
		time.Sleep(2 * spareAfter)
		h.is("s", Running, 3)
		second, release2 := h.get("s", Key{ID: "2", Once: true})
		if first == second || len(h.born()) != 3 {
			t.Fatal("the spare was not used")
		}
		time.Sleep(2 * spareAfter)
		if len(h.born()) != 4 {
			t.Fatalf("%d starts; the spare was not replaced", len(h.born()))
		}
		release1()
		release2()
		time.Sleep(idleUsually + spareAfter)
		h.is("s", Idle, 0)

		// A spare that dies is no crash, and is not started again and again.
		_, release := h.get("s", Key{ID: "3", Once: true})
		defer release()
		time.Sleep(2 * spareAfter)
		n := len(h.born())
		h.born()[n-1].crash()
		time.Sleep(time.Minute)
		if len(h.born()) != n {
			t.Fatal("a spare that died was replaced though nobody asked")
		}
		h.get("s", Key{ID: "4", Once: true})
	})
}

func TestHostCaps(t *testing.T) {
	inHouse(t, Config{MaxPerOwner: 3, MaxProcesses: 5}, func(t *testing.T, h *house) {
		h.slow = 100 * time.Millisecond
		narrow := spec("a")
		narrow.MaxProcesses = 2
		h.Set("narrow", narrow)
		h.Set("wide", spec("a"))

		_, releaseA1 := h.get("narrow", Key{Owner: "a", ID: "a1"})
		_, releaseA2 := h.get("narrow", Key{Owner: "a", ID: "a2"})
		h.refused("narrow", Key{Owner: "a", ID: "a3"}, `all 2 processes of server "narrow" are busy`)
		releaseA1()
		time.Sleep(time.Second)
		releaseA2()
		h.refused("narrow", Key{Owner: "b", ID: "b1"}, "are busy") // another's idle process is not touched
		h.get("narrow", Key{Owner: "a", ID: "a3"})                 // in the place of the one that was idle longest
		h.is("narrow", Running, 2)
		if h.born()[0].Err() == nil || h.born()[1].Err() != nil {
			t.Fatal("not the oldest was ended")
		}

		h.get("wide", Key{Owner: "a", ID: "a4"})
		h.get("wide", Key{Owner: "a", ID: "a5"}) // for a2, which is idle
		h.is("narrow", Running, 1)
		h.refused("wide", Key{Owner: "a", ID: "a6"}, `all 3 processes that "a" may have are busy`)
		h.get("wide", Key{Owner: "b", ID: "b1"})
		h.get("wide", Key{Owner: "c", ID: "c1"})
		h.refused("wide", Key{Owner: "d", ID: "d1"}, "all 5 processes of this bridge are busy")
	})
}

// When room is being made, whoever comes waits for it, and no longer than wanted.
func TestHostWaitsForRoom(t *testing.T) {
	inHouse(t, Config{}, func(t *testing.T, h *house) {
		h.slow = 3 * time.Second
		s := spec("a")
		s.MaxProcesses = 1
		h.Set("s", s)
		_, release := h.get("s", Key{Owner: "a", ID: "1"})
		release()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := h.Acquire(ctx, "s", Key{Owner: "a", ID: "2"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		began := time.Now()
		h.get("s", Key{Owner: "a", ID: "3"})
		if took := time.Since(began); took != 2*time.Second {
			t.Fatalf("waited %v", took)
		}
	})
}

func TestHostCrashLoop(t *testing.T) {
	inHouse(t, Config{}, func(t *testing.T, h *house) {
		h.mute = true
		h.Set("s", spec("a"))
		crash := func() time.Duration {
			began := time.Now()
			m, release := h.get("s", Key{ID: "k"})
			m.crash()
			synctest.Wait()
			release()
			return time.Since(began)
		}
		for i, want := range []time.Duration{0, 0, 500 * time.Millisecond, time.Second, 2 * time.Second} {
			if took := crash(); took < want*8/10 || took > want*12/10 {
				t.Fatalf("start %d waited %v, want about %v", i+1, took, want)
			}
		}
		h.is("s", CrashLoop, 0)
		st := h.Status()[0]
		if st.Error != `server "s" exited with status 1 (incident I5)` || st.Incident != "I5" || st.Stderr != "oops" || st.Noise != 5 {
			t.Fatalf("got %+v", st)
		}
		h.refused("s", Key{ID: "k"}, `server "s" exited with status 1 (incident I5); it keeps dying, and is started again in `)
		var e *ExitError
		if _, _, err := h.Acquire(t.Context(), "s", Key{ID: "k"}); !errors.As(err, &e) {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		m, release := h.get("s", Key{ID: "k"})
		h.is("s", Running, 1)
		time.Sleep(longLife)
		m.crash() // after a long life
		release()
		h.is("s", Idle, 0)
		if took := crash(); took != 0 {
			t.Fatalf("the start after a good life waited %v", took)
		}
	})
}

// A process that did its work and is killed is not a server that keeps dying.
func TestHostKilledOften(t *testing.T) {
	inHouse(t, Config{}, func(t *testing.T, h *house) {
		h.Set("s", spec("a"))
		began := time.Now()
		for range 200 {
			m, release := h.get("s", Key{ID: "k"})
			m.crash()
			release()
		}
		if took := time.Since(began); took != 0 {
			t.Fatalf("200 starts waited %v", took)
		}
	})
}

// A key whose process died, or was closed, gets a new one at once.
func TestHostReplacesTheDead(t *testing.T) {
	inHouse(t, Config{}, func(t *testing.T, h *house) {
		h.slow = time.Second
		h.Set("s", spec("a"))
		old, _ := h.get("s", Key{ID: "k"})
		old.crash()
		next, _ := h.get("s", Key{ID: "k"})
		if next == old {
			t.Fatal("a dead process was handed out")
		}
		_ = next.Close()
		if last, _ := h.get("s", Key{ID: "k"}); last == next {
			t.Fatal("a closed process was handed out")
		}
	})
}

func TestHostStartFails(t *testing.T) {
	inHouse(t, Config{}, func(t *testing.T, h *house) {
		h.refuse = errors.New(`"npx" not found; looked in /usr/bin`)
		h.Set("s", spec("npx"))
		_, _, err := h.Acquire(t.Context(), "s", Key{})
		var e *StartError
		if !errors.As(err, &e) || !errors.Is(err, h.refuse) || strings.Contains(err.Error(), "/usr/bin") {
			t.Fatalf("got %v", err)
		}
		h.is("s", Failed, 0)
		if st := h.Status()[0]; st.Error != h.refuse.Error() || st.Incident != e.Incident {
			t.Fatalf("got %+v", st)
		}
		h.refuse = nil
		h.get("s", Key{})
		h.is("s", Running, 1)
		if st := h.Status()[0]; st.Error != "" {
			t.Fatalf("got %+v", st)
		}
	})
}

func TestHostSet(t *testing.T) {
	inHouse(t, Config{}, func(t *testing.T, h *house) {
		h.Set("s", spec("a"))
		h.Set("other", spec("a"))
		m, _ := h.get("s", Key{ID: "k"})
		other, _ := h.get("other", Key{ID: "k"})

		h.Set("s", spec("a"))
		limits := spec("a")
		limits.MaxProcesses = 7
		h.Set("s", limits)
		h.is("s", Running, 1)
		if m.Err() != nil {
			t.Fatal("a process was ended without need")
		}

		h.Set("s", spec("b"))
		h.is("s", Idle, 0)
		if e := m.Err(); e == nil || e.Error() != `server "s" was restarted with new settings` {
			t.Fatalf("got %v", e)
		}
		if m2, _ := h.get("s", Key{ID: "k"}); m2 == m {
			t.Fatal("the old process was handed out")
		}
		h.Remove("s")
		h.Remove("s")
		h.refused("s", Key{ID: "k"}, `no server is called "s"`)
		if other.Err() != nil {
			t.Fatal("another server was touched")
		}
		if len(h.Status()) != 1 {
			t.Fatalf("got %+v", h.Status())
		}
	})
}

func TestHostStopStartRestart(t *testing.T) {
	inHouse(t, Config{}, func(t *testing.T, h *house) {
		h.Set("s", spec("a"))
		first, release := h.get("s", Key{ID: "k"})
		if err := h.Restart("s"); err != nil {
			t.Fatal(err)
		}
		second, _ := h.get("s", Key{ID: "k"})
		if first == second {
			t.Fatal("restarted, but the same")
		}
		release()
		if err := h.Stop("s"); err != nil {
			t.Fatal(err)
		}
		h.is("s", Stopped, 0)
		if e := second.Err(); e == nil || e.Error() != `server "s" was stopped by its owner` {
			t.Fatalf("got %v", e)
		}
		h.refused("s", Key{ID: "k"}, `server "s" was stopped by its owner`)
		if err := h.Start("s"); err != nil {
			t.Fatal(err)
		}
		h.is("s", Idle, 0)
		h.get("s", Key{ID: "k"})
		for _, f := range []func(string) error{h.Stop, h.Start, h.Restart} {
			if f("nobody") == nil {
				t.Fatal("an unknown server was fine")
			}
		}
	})
}

// A process that is stopped while it starts is ended as soon as it is there.
func TestHostStopsTheStarting(t *testing.T) {
	inHouse(t, Config{}, func(t *testing.T, h *house) {
		h.takes = time.Second
		h.Set("s", spec("a"))
		time.AfterFunc(time.Millisecond, func() { _ = h.Stop("s") })
		_, release := h.get("s", Key{ID: "k"})
		release()
		synctest.Wait()
		if h.born()[0].Err() == nil {
			t.Fatal("it lives on")
		}
		h.is("s", Stopped, 0)
	})
}

// Watchers hear of the last state, and may call the host.
func TestHostOnChange(t *testing.T) {
	var host *Host
	var mu sync.Mutex
	seen := map[string][]State{}
	config := Config{OnChange: func(st Status) {
		mu.Lock()
		defer mu.Unlock()
		if all := host.Status(); len(all) == 0 {
			t.Error("the host is empty")
		}
		if s := seen[st.Server]; len(s) == 0 || s[len(s)-1] != st.State {
			seen[st.Server] = append(s, st.State)
		}
	}}
	inHouse(t, config, func(t *testing.T, h *house) {
		host, h.takes = h.Host, time.Second
		h.Set("s", spec("a"))
		synctest.Wait()
		m, _ := h.get("s", Key{ID: "k"})
		synctest.Wait()
		m.crash()
		synctest.Wait()
		_ = h.Stop("s")
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if got, want := fmt.Sprint(seen), "map[s:[idle starting running idle stopped]]"; got != want {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}
