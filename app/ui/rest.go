//go:build cgo && !nogui

package ui

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/systray"
	"github.com/go-gl/glfw/v3.4/glfw"
)

const (
	restAfter  = 700 * time.Millisecond // without anything that happens: what moves has come to its place
	restSeen   = 250 * time.Millisecond // before Fyne looks for something of its own to do
	restHidden = 800 * time.Millisecond // while nothing can be seen
	menuOpen   = 10 * time.Second       // is how long somebody looks at the tray's menu
)

// rest lets Fyne's loop sleep. The loop looks sixty times a second whether there is something to do, which costs more than all
// that Drawbridge does of its own. While nothing happens, rest has it wait inside of one of its own turns instead: input ends the
// wait at once, and so does wake. What Fyne does without either is done a moment later.
type rest struct {
	hidden func() bool   // on the window's goroutine
	until  atomic.Int64  // Unix nanoseconds before which the loop is not to rest
	woken  chan struct{} // capacity 1: a wake while nothing can be seen; never closed

	mu      sync.Mutex // guards the field below
	waiting bool       // for an event; GLFW is up as long as it is
}

func newRest() *rest { return &rest{woken: make(chan struct{}, 1)} }

// wake ends the wait: there is something to do. It may be called by any goroutine.
func (r *rest) wake() {
	r.stir(restAfter)
	select {
	case r.woken <- struct{}{}:
	default:
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting {
		glfw.PostEmptyEvent()
	}
}

// stir has the loop not rest for that long.
func (r *rest) stir(d time.Duration) { r.until.Store(time.Now().Add(d).UnixNano()) }

// run has the loop rest until ctx ends. The loop must have begun.
func (r *rest) run(ctx context.Context) {
	turn := make(chan struct{}, 1) // one at a time; not closed
	for ctx.Err() == nil {
		if busy := time.Until(time.Unix(0, r.until.Load())); busy > 0 {
			select {
			case <-time.After(busy):
			case <-ctx.Done():
			}
			continue
		}
		fyne.Do(func() {
			r.wait()
			turn <- struct{}{}
		})
		for over := false; !over; {
			select {
			case <-turn:
				over = true
			case <-systray.TrayOpenedCh: // a choice is made soon, and Fyne is told of it
				r.wake()
				r.stir(menuOpen)
			case <-ctx.Done(): // the loop may have ended, too
				over = true
			}
		}
	}
}

// wait is one wait, in a turn of the loop.
func (r *rest) wait() {
	if r.hidden() {
		select {
		case <-r.woken:
		case <-time.After(restHidden):
		}
		return
	}
	defer func() {
		_ = recover() // once the loop has ended there are no events to wait for, and GLFW says so
	}()
	r.set(true)
	defer r.set(false)
	began := time.Now()
	glfw.WaitEventsTimeout(restSeen.Seconds())
	if time.Since(began) < restSeen*9/10 { // somebody moves or types
		r.stir(restAfter)
	}
}

func (r *rest) set(waiting bool) {
	r.mu.Lock()
	r.waiting = waiting
	r.mu.Unlock()
}
