package app

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"drawbridge/bridge"
	"drawbridge/bridge/pin"
)

// pins keeps in state.db what the owner approved of servers, each under its name.
type pins struct{ db *bbolt.DB }

func (p pins) Load(server string) ([]byte, error) {
	b, err := get(p.db, "pins", server)
	if len(b) == 0 {
		return nil, err
	}
	return b, err
}

func (p pins) Save(server string, book []byte) error { return put(p.db, "pins", server, book) }

// pinning is the choice as the bridge has it; settings have a word for the default.
func pinning(choice string) bridge.Pinning {
	if choice == "hold" {
		return bridge.PinHold
	}
	return bridge.Pinning(choice)
}

// Pins is what is pinned of a server.
type Pins struct {
	Pins []Pin // held ones first
	More int   // further ones that are held, and not kept
}

// Pin is one thing of a server as the owner sees it.
type Pin struct {
	pin.Thing
	Digest   pin.Digest // as it is shown, or was last
	Held     bool       // it is not as it was approved
	New      bool       // held: it was never approved
	Rejected bool       // held: the owner rejected it
	Unsteady bool       // held: it keeps changing
	Since    time.Time  // held: when it was first seen so
}

// Pins are what is pinned of a server, once it was seen.
func (a *App) Pins(server string) (Pins, error) {
	items, more, err := a.pinned(server)
	all := Pins{More: more}
	for _, it := range items {
		p := Pin{
			Thing: it.Thing, Held: it.Held != nil, New: it.Approved == nil,
			Rejected: it.Rejected, Unsteady: it.Unsteady, Since: it.Since,
		}
		if p.Held {
			p.Digest = it.Held.Digest
		} else {
			p.Digest = it.Approved.Digest
		}
		all.Pins = append(all.Pins, p)
	}
	return all, err
}

func (a *App) pinned(server string) (items []pin.Item, more int, err error) {
	if err := a.isRunning(); err != nil {
		return nil, 0, err
	}
	items, more, err = a.bridge.Pins(server)
	return items, more, knownServer(err)
}

// knownServer makes ErrUnknown of the bridge's own error.
func knownServer(err error) error {
	if errors.Is(err, bridge.ErrNoServer) {
		return &fault{err.Error(), unknown}
	}
	return err
}

// PinDiff is how a thing of a server differs from what was approved of it; of one that is as it was approved, all that it
// says, as if it were new. Its Form is what is shown: AcceptPins of that accepts this and nothing else.
func (a *App) PinDiff(server string, t pin.Thing) (pin.Diff, error) {
	items, _, err := a.pinned(server)
	if err != nil {
		return pin.Diff{}, err
	}
	for _, it := range items {
		switch {
		case it.Thing != t:
		case it.Held != nil:
			return pin.Compare(it.Approved, *it.Held), nil
		default:
			return pin.Compare(nil, *it.Approved), nil
		}
	}
	return pin.Diff{}, &fault{fmt.Sprintf("%s %s of server %q: %v", t.Kind, t.Name, server, ErrUnknown), unknown}
}

// AcceptPins approves things of a server as they are held, each in the form that the owner has looked at. When it returns
// agents may use them. What has changed since stays held, with an error, as does what is named without the digest of a form.
func (a *App) AcceptPins(server string, which ...bridge.PinForm) error {
	return a.decidePins("accepted", server, which, a.bridge.AcceptPins)
}

// RejectPins has things of a server stay held, without being told of them any more.
func (a *App) RejectPins(server string, which ...bridge.PinForm) error {
	return a.decidePins("rejected", server, which, a.bridge.RejectPins)
}

func (a *App) decidePins(did, server string, which []bridge.PinForm, do func(string, []bridge.PinForm) ([]bridge.PinForm, error)) error {
	if err := a.isRunning(); err != nil {
		return err
	}
	a.owner.Lock()
	defer a.owner.Unlock()
	done, err := do(server, which)
	for _, w := range done {
		words := fmt.Sprintf("%s of server %s: %s %s %s", did, server, w.Kind, w.Name, w.Digest.Short())
		a.note(strings.Join(strings.Fields(words), " "))
	}
	return knownServer(err)
}

// forgetPins forgets what was approved of a server that the owner has removed, and its package.
func (a *App) forgetPins(server string) {
	err := a.db.Update(func(tx *bbolt.Tx) error {
		for _, name := range []string{"pins", "packages"} {
			if b := tx.Bucket([]byte(name)); b != nil {
				if err := b.Delete([]byte(server)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		a.log.Error("what was approved of a server is not forgotten", "server", server, "err", err)
	}
}
