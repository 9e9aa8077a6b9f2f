package app

import (
	"context"
	"iter"

	"drawbridge/bridge"
)

// Calls yields the calls that the bridge remembers, oldest first. With follow it goes on: every call as
// it begins and again as it ends, until ctx is done or the App closes. A reader that falls behind
// starts over with what is remembered and not yielded yet.
func (a *App) Calls(ctx context.Context, follow bool) iter.Seq2[bridge.CallInfo, error] {
	return func(yield func(bridge.CallInfo, error) bool) {
		if err := a.isRunning(); err != nil {
			yield(bridge.CallInfo{}, err)
			return
		}
		told := map[uint64]bool{} // calls that were yielded; true when with their end
		for {
			snapshot, sub := a.Watch()
			more := a.tell(ctx, snapshot, sub.Events(), told, follow, yield)
			sub.Close()
			if !more || sub.Err() == nil {
				return
			}
		}
	}
}

// tell yields what told lacks of the snapshot, and with follow of what comes then. It reports whether
// the stream ended before the reader did.
func (a *App) tell(ctx context.Context, s bridge.Snapshot, events <-chan bridge.Event, told map[uint64]bool, follow bool,
	yield func(bridge.CallInfo, error) bool) bool {
	once := func(c *bridge.CallInfo) bool {
		if c == nil {
			return true
		}
		if with, ok := told[c.ID]; ok && with == c.Ended {
			return true
		}
		told[c.ID] = c.Ended
		return yield(*c, nil)
	}
	for i := range s.Calls {
		if !once(&s.Calls[i]) {
			return false
		}
	}
	for follow {
		select {
		case e, ok := <-events:
			if !ok {
				return true
			}
			s.Apply(e)
			if id, ok := callOf(e); ok && !once(s.Call(id)) {
				return false
			}
		case <-ctx.Done():
			return false
		case <-a.ctx.Done():
			return false
		}
	}
	return false
}

// callOf is the call whose beginning or end e is.
func callOf(e bridge.Event) (uint64, bool) {
	switch e := e.(type) {
	case bridge.CallStarted:
		return e.Call.ID, true
	case bridge.CallEnded:
		return e.ID, true
	}
	return 0, false
}

// CancelCall ends a running call with an error that names the owner.
func (a *App) CancelCall(id uint64) error { return a.bridge.CancelCall(id) }
