package app

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"drawbridge/app/settings"
)

var (
	errAway     = notice("the bridge is raised while the screen is locked or the machine sleeps; `drawbridge lower` lowers it until the next time")
	errNoBus    = errors.New("what tells of the owner's absence has ended")
	errDeafHere = errors.New("raiseOn does not work on this system yet: the bridge stays lowered when the screen is locked or the machine sleeps; raise it yourself, or take raiseOn out of config.json")
)

// isAbsence reports whether a reason is that the owner went away.
func (r reason) isAbsence() bool { return r == bySleep || r.isLock() }

func (r reason) isLock() bool { return strings.HasPrefix(string(r), string(byLock)) }

// absence is the watch on whether the owner is there.
type absence struct {
	chosen settings.RaiseOn
	cancel context.CancelFunc
	told   chan struct{} // closed when it was heard how it is, or that nothing can be heard
	done   chan struct{} // closed when nothing is heard any more
}

// heedTime is how long the bridge waits to hear how it is before it opens.
const heedTime = 3 * time.Second

// heed has the bridge raised from now on while what was chosen lasts, and for nothing else of the kind. Whoever comes back
// lowers what their absence raised, and no more. The caller holds owner.
func (a *App) heed(chosen settings.RaiseOn) {
	if a.absence != nil && a.absence.chosen == chosen {
		return
	}
	a.ignore()
	a.wrong("raiseOn", nil)
	a.back(chosen)
	if chosen == (settings.RaiseOn{}) {
		return
	}
	ctx, cancel := context.WithCancel(a.ctx)
	w := &absence{chosen: chosen, cancel: cancel, told: make(chan struct{}), done: make(chan struct{})}
	a.absence = w
	go func() { // ends with ignore, which waits for it
		defer close(w.done)
		a.listen(ctx, w)
	}()
	select {
	case <-w.told:
	case <-time.After(heedTime):
	}
}

// ignore ends what heed began; what is raised stays so. The caller holds owner.
func (a *App) ignore() {
	if a.absence == nil {
		return
	}
	a.absence.cancel()
	<-a.absence.done
	a.absence = nil
}

// listen raises and lowers the bridge as the system tells, until ctx is done. Where nothing can be heard the owner is
// told so, and it is tried again from time to time.
func (a *App) listen(ctx context.Context, w *absence) {
	told := sync.OnceFunc(func() { close(w.told) })
	for {
		err := watchAbsence(ctx, w.chosen, a.gone, func() {
			a.wrong("raiseOn", nil)
			told()
		})
		told()
		if ctx.Err() != nil {
			return
		}
		a.wrong("raiseOn", err)
		if errors.Is(err, errDeafHere) {
			return
		}
		select {
		case <-time.After(attendEvery):
		case <-ctx.Done():
			return
		}
	}
}

// gone raises the bridge because the owner has gone away, or lowers what that raised when they are back.
func (a *App) gone(why reason, away bool) {
	a.holding.Lock()
	defer a.holding.Unlock()
	if a.held[why] == away {
		return
	}
	a.holdOne(why, away)
	switch {
	case why == bySleep && away:
		a.note("the machine goes to sleep")
	case why == bySleep:
		a.note("the machine is awake")
	case away:
		a.note("the screen is locked")
	default:
		a.note("the screen is unlocked")
	}
}

// back lowers what was raised because the owner had gone away, except in the ways that are still to raise it.
func (a *App) back(except settings.RaiseOn) {
	a.holding.Lock()
	defer a.holding.Unlock()
	for _, why := range slices.Collect(maps.Keys(a.held)) {
		if why == bySleep && !except.Sleep || why.isLock() && !except.Lock {
			a.holdOne(why, false)
		}
	}
}
