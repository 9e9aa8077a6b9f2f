package app

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"drawbridge/app/settings"
)

// reason is why the bridge is raised. It is lowered while nothing holds it.
type reason string

const (
	byOwner  reason = "owner"   // who said so
	bySignIn reason = "sign-in" // the owner has to sign in first
	bySleep  reason = "sleep"   // the machine sleeps
	byLock   reason = "lock "   // the screen is locked, as whoever is named behind it says
)

// notice is a problem in which nothing failed: it is as the owner chose, and what ends it stands in it.
type notice string

func (n notice) Error() string { return string(n) }

// Raise lets nothing pass: every session and process ends, and new ones are refused until Lower, after a new start too.
func (a *App) Raise() { a.said(a.SetRaised("", true)) }

// Lower lets approved agents in again, unless the owner has to sign in first. They need no new approval. A bridge that is
// raised because the owner went away is lowered too: somebody is there to say so.
func (a *App) Lower() { a.said(a.SetRaised("", false)) }

// said logs what could not be done for who cannot be told.
func (a *App) said(err error) {
	if err != nil {
		a.log.Error("raise or lower", "err", err)
	}
}

// SetRaised raises the bridge for one agent, or with "" for all, or lowers it again. It is remembered: a bridge
// that cannot remember that it is lowered stays raised, and one that cannot remember that it is raised is so until it ends.
func (a *App) SetRaised(agent string, up bool) error {
	if agent != "" {
		agents, err := a.Agents()
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(agents, func(known Agent) bool { return known.Name == agent }) {
			return fmt.Errorf("%s the bridge for %q: %w", map[bool]string{true: "raise", false: "lower"}[up], agent, ErrUnknown)
		}
	}
	if !up {
		if err := a.rememberRaised(agent, false); err != nil {
			return err
		}
	}
	verb := map[bool]string{true: "raised the bridge", false: "lowered the bridge"}[up]
	switch {
	case agent == "":
		a.hold(byOwner, up)
		if !up {
			a.back(settings.RaiseOn{})
		}
		a.note(verb)
	case up:
		a.bridge.RaiseFor(agent)
		a.noteAgent(agent, verb+" for the agent")
	default:
		a.bridge.LowerFor(agent)
		a.noteAgent(agent, verb+" for the agent")
	}
	if up {
		return a.rememberRaised(agent, true)
	}
	return nil
}

// The bucket of what is raised: everybody, and agents by name.
const (
	raisedBucket   = "raised"
	raisedForAll   = "*"
	raisedForAgent = "agent:"
)

func (a *App) rememberRaised(agent string, up bool) error {
	key := raisedForAll
	if agent != "" {
		key = raisedForAgent + agent
	}
	err := a.db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte(raisedBucket))
		if err != nil || !up {
			return errors.Join(err, b.Delete([]byte(key)))
		}
		return b.Put([]byte(key), []byte("raised"))
	})
	if err != nil {
		return fmt.Errorf("remember whether the bridge is raised: %w", err)
	}
	return nil
}

// forgetRaised lowers the bridge for an agent that is none any more, so that another of that name is not meant.
func (a *App) forgetRaised(agent string) error {
	a.bridge.LowerFor(agent)
	return a.rememberRaised(agent, false)
}

// raiseAgain raises what was raised when the App before this one ended.
func (a *App) raiseAgain() error {
	var keys []string
	err := a.db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(raisedBucket))
		if b == nil {
			return nil
		}
		return b.ForEach(func(key, _ []byte) error {
			keys = append(keys, string(key))
			return nil
		})
	})
	if err != nil {
		return fmt.Errorf("find out whether the bridge is raised: %w", err)
	}
	for _, key := range keys {
		if agent, ok := strings.CutPrefix(key, raisedForAgent); ok {
			a.bridge.RaiseFor(agent)
		} else {
			a.hold(byOwner, true)
		}
	}
	return nil
}

// hold has the bridge held up, or not any more, for one reason. When it returns, so it is.
func (a *App) hold(by reason, up bool) {
	a.holding.Lock()
	defer a.holding.Unlock()
	a.holdOne(by, up)
}

// holdOne is hold. The caller holds holding.
func (a *App) holdOne(by reason, up bool) {
	if a.held[by] == up {
		return
	}
	was := len(a.held) > 0
	if up {
		a.held[by] = true
	} else {
		delete(a.held, by)
	}
	switch is := len(a.held) > 0; {
	case is && !was:
		a.bridge.Raise()
		a.host.Hold(true)
	case was && !is:
		a.host.Hold(false)
		a.bridge.Lower()
	}
	if by.isAbsence() {
		a.tellAway()
	}
}

// tellAway shows the owner that it is their absence that raises the bridge. The caller holds holding.
func (a *App) tellAway() {
	var err error
	if slices.ContainsFunc(slices.Collect(maps.Keys(a.held)), reason.isAbsence) {
		err = errAway
	}
	a.wrong("away", err)
}
