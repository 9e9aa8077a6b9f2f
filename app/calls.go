package app

import (
	"context"
	"iter"
	"maps"

	"drawbridge/bridge"
)

// Calls yields the calls that the bridge remembers, oldest first. With follow it goes on: every call as
// it begins, as it waits for the owner and as it ends, until ctx is done or the App closes. A reader that falls behind
// starts over with what is remembered and not yielded yet.
func (a *App) Calls(ctx context.Context, follow bool) iter.Seq2[bridge.CallInfo, error] {
	return func(yield func(bridge.CallInfo, error) bool) {
		if err := a.isRunning(); err != nil {
			yield(bridge.CallInfo{}, err)
			return
		}
		t := teller{told: map[uint64]phase{}, yield: yield}
		for {
			snapshot, sub := a.Watch()
			if !follow {
				sub.Close() // however long the reader takes, nobody watches
			}
			more := t.tell(ctx, a.ctx, snapshot, sub.Events(), follow)
			sub.Close()
			if !more || sub.Err() == nil {
				return
			}
		}
	}
}

// phase is how a call is.
type phase uint8

const (
	running phase = iota
	waiting       // for the owner
	over
)

func phaseOf(c *bridge.CallInfo) phase {
	switch {
	case c.Ended:
		return over
	case c.Waits:
		return waiting
	}
	return running
}

// teller yields calls, each once while it runs, once when it waits for the owner and once when it has ended.
type teller struct {
	told  map[uint64]phase // calls that were yielded, and how they were then
	yield func(bridge.CallInfo, error) bool
}

// tell yields what the snapshot has, and with follow what comes then. It reports whether the stream of
// events ended before the reader, ctx or the App did.
func (t *teller) tell(ctx, app context.Context, s bridge.Snapshot, events <-chan bridge.Event, follow bool) bool {
	maps.DeleteFunc(t.told, func(id uint64, _ phase) bool { return s.Call(id) == nil })
	for i := range s.Calls {
		if !t.once(&s.Calls[i]) {
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
			if id, ok := callOf(e); ok && !t.once(s.Call(id)) {
				return false
			}
			if len(t.told) > 2*len(s.Calls)+toldSpare {
				maps.DeleteFunc(t.told, func(id uint64, _ phase) bool { return s.Call(id) == nil })
			}
		case <-ctx.Done():
			return false
		case <-app.Done():
			return false
		}
	}
	return false
}

// toldSpare is how many calls that are forgotten elsewhere a teller may remember.
const toldSpare = 1000

// once yields c unless that has been done, and reports whether the reader wants more.
func (t *teller) once(c *bridge.CallInfo) bool {
	if c == nil {
		return true
	}
	now := phaseOf(c)
	if told, ok := t.told[c.ID]; ok && told >= now {
		return true
	}
	t.told[c.ID] = now
	return t.yield(*c, nil)
}

// callOf is the call that begins, waits or ends with e.
func callOf(e bridge.Event) (uint64, bool) {
	switch e := e.(type) {
	case bridge.CallStarted:
		return e.Call.ID, true
	case bridge.CallAsked:
		return e.Question.Call, true
	case bridge.CallEnded:
		return e.ID, true
	}
	return 0, false
}

// KeepPayloads has what is said in calls from now on be kept whole, in memory alone and within bounds, until release is called by
// everybody who asked for that.
func (a *App) KeepPayloads() (release func()) { return a.bridge.KeepPayloads() }

// keepPayloads is KeepPayloads for as long as somebody follows it. The stream has one answer: it is done.
func (a *App) keepPayloads(ctx context.Context, _ nothing) iter.Seq2[nothing, error] {
	return func(yield func(nothing, error) bool) {
		defer a.KeepPayloads()()
		if yield(nothing{}, nil) {
			<-ctx.Done()
		}
	}
}

// Payload is what was said in a call, redacted, as far as more of it is kept than the call itself shows. It may take a while.
func (a *App) Payload(call uint64) bridge.Payload { return a.bridge.Payload(call) }

// CancelCall ends a running call with an error that names the owner.
func (a *App) CancelCall(id uint64) error { return a.bridge.CancelCall(id) }
