package ui

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"drawbridge/app/ui/look"
	"drawbridge/bridge"
)

// rig is a window that mirrors a fake application, as in the real program. The test's goroutine is the
// window's: what others dispatch waits until the test lets it happen.
type rig struct {
	*window
	t    *testing.T
	fake *fake
	work chan func() // bounded by what the mirror and the owner's actions do at once; never closed
	quit int         // how often the desktop was told to end
	stop func()      // ends it
}

func newRig(t *testing.T, s bridge.Snapshot) *rig {
	t.Helper()
	f := newFake()
	f.state = s
	return newRigOf(t, f)
}

func newRigOf(t *testing.T, f *fake) *rig {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(look.NewTheme(look.Light))
	r := &rig{t: t, fake: f, work: make(chan func(), 100)}
	ctx, stop := context.WithCancel(t.Context())
	r.stop = stop
	r.window = newWindow(ctx, a, r.fake, func(f func()) { r.work <- f }, func() { r.quit++ })
	var mirror sync.WaitGroup
	mirror.Go(func() { r.mirror.run(ctx) })
	t.Cleanup(func() {
		for len(r.sheets) > 0 {
			r.sheets[len(r.sheets)-1].Close()
		}
		stop()
		mirror.Wait()
		r.window.work.Wait()
		r.win.Close()
	})
	r.open()
	r.until("the first look", func() bool { return !r.view.now.IsZero() })
	return r
}

// until lets happen what was dispatched, until it is as it should be.
func (r *rig) until(what string, ok func() bool) {
	r.t.Helper()
	limit := time.After(10 * time.Second)
	for !ok() {
		select {
		case f := <-r.work:
			f()
		case <-limit:
			r.t.Fatalf("%s: it never happens", what)
		}
	}
}

// asked waits until the application was asked to do this.
func (r *rig) asked(want string) {
	r.t.Helper()
	var all []string
	r.until(want, func() bool {
		all = append(all, r.fake.said()...)
		return slices.Contains(all, want)
	})
}

// press types one of the window's keys.
func (r *rig) press(key fyne.KeyName) {
	r.keys.TypedShortcut(&desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault})
}

// typed types a key where the keyboard is.
func (r *rig) typed(key fyne.KeyName) {
	k := &fyne.KeyEvent{Name: key}
	if f := r.win.Canvas().Focused(); f != nil {
		f.TypedKey(k)
		return
	}
	r.win.Canvas().OnTypedKey()(k)
}

func (r *rig) shows(text string) bool { return sight(r.win.Canvas()).has(text) }

func (r *rig) expect(text string) {
	r.t.Helper()
	r.until("showing "+text, func() bool { return r.shows(text) })
}

func (r *rig) gone(text string) {
	r.t.Helper()
	r.until("no longer showing "+text, func() bool { return !r.shows(text) })
}
