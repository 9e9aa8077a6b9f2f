package ui

import (
	"context"
	"errors"
	"time"

	"drawbridge/bridge"
	"drawbridge/internal/feed"
)

const (
	gather = 75 * time.Millisecond  // how long events wait for others
	beat   = 200 * time.Millisecond // between two looks while events keep coming, and while time is to be seen passing
	rush   = time.Second            // between two looks while so many come that nobody can read them
	many   = 500                    // events in a second are so many
	survey = 2 * time.Second        // between two looks at what no event tells of
)

// mirror keeps the window's view equal to the bridge's snapshot. It is the one reader of events: it
// gathers them for a moment, and then has the window's goroutine fold them and look once.
type mirror struct {
	watch func() (bridge.Snapshot, *feed.Sub[bridge.Event])
	stand func() standing     // what no event tells of; nil is nothing
	do    func(func())        // runs it on the window's goroutine; needs not wait
	show  func(*view, change) // on the window's goroutine

	view view        // belongs to the window's goroutine
	last standing    // as shown last; belongs to run
	wake *time.Timer // fires when the window wants to look again
}

// newMirror makes a mirror; see the fields of the same names. Nothing wakes it.
func newMirror(a App, stand func() standing, do func(func()), show func(*view, change)) *mirror {
	m := &mirror{watch: a.Watch, stand: stand, do: do, show: show, wake: time.NewTimer(0)}
	m.wake.Stop()
	return m
}

// wakeAt asks for a look at that time, even if nothing happens. The zero time takes the wish back. It may be called by any goroutine.
func (m *mirror) wakeAt(t time.Time) {
	if t.IsZero() {
		m.wake.Stop()
		return
	}
	m.wake.Reset(time.Until(t))
}

// run mirrors until ctx or the stream ends.
func (m *mirror) run(ctx context.Context) {
	for again := true; again && ctx.Err() == nil; {
		snapshot, sub := m.watch()
		m.dispatch(ctx, func() change { return m.view.begin(snapshot) })
		again = m.follow(ctx, sub)
		sub.Close()
	}
}

// follow mirrors one stream to its end, and reports whether another is needed because this one lagged.
func (m *mirror) follow(ctx context.Context, sub *feed.Sub[bridge.Event]) (again bool) {
	var events []bridge.Event
	var looked time.Time // when events were shown last
	pace := beat         // from then to the next
	flush := func() {
		if batch := events; len(batch) > 0 {
			events = nil
			pace = beat
			if float64(len(batch)) > many*time.Since(looked).Seconds() {
				pace = rush
			}
			looked = time.Now()
			m.dispatch(ctx, func() change { return m.view.foldAll(batch) })
		}
	}
	clock := time.NewTicker(survey)
	defer clock.Stop()
	m.survey(ctx)
	var due <-chan time.Time // of the events that wait; nil while none do
	for {
		select {
		case e, ok := <-sub.Events():
			if !ok {
				flush()
				return errors.Is(sub.Err(), feed.ErrLagged)
			}
			events = append(events, e)
			switch {
			case urgent(e):
				flush()
				due = nil
			case due == nil:
				due = time.After(max(gather, pace-time.Since(looked)))
			}
		case <-due:
			flush()
			due = nil
		case <-clock.C:
			m.survey(ctx)
		case <-m.wake.C:
			if due == nil { // else the window looks soon anyhow
				m.dispatch(ctx, func() change { return clockOnly })
			}
		case <-ctx.Done():
			return false
		}
	}
}

// survey shows what no event tells of, where it is not as it was.
func (m *mirror) survey(ctx context.Context) {
	if m.stand == nil {
		return
	}
	now := m.stand()
	if now.equal(m.last) {
		return
	}
	m.last = now
	m.dispatch(ctx, func() change {
		m.view.standing = now
		return bridgeChanged
	})
}

// dispatch has the window's goroutine change the view and look at it, and waits until it has: what comes
// in meanwhile waits in the stream, which is bounded.
func (m *mirror) dispatch(ctx context.Context, fold func() change) {
	done := make(chan struct{}) // closed by the window's goroutine
	m.do(func() {
		defer close(done)
		c := fold()
		m.view.now = time.Now()
		m.show(&m.view, c)
	})
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// urgent events don't wait for others: the owner looks at the switch that was just turned, and somebody waits
// for the answer to a question.
func urgent(e bridge.Event) bool {
	switch e.(type) {
	case bridge.Raised, bridge.AgentAsked, bridge.AgentAnswered, bridge.CallAsked, bridge.QuestionClosed:
		return true
	}
	return false
}
