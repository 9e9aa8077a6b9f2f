package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"drawbridge/app/settings"
)

var (
	// ErrHeld means that another program holds the home: there is one App of it at a time.
	ErrHeld = errors.New("another drawbridge is using it")
	// ErrEnding means that an App that was told to quit has its home still.
	ErrEnding = errors.New("the bridge is still ending; it lets nobody in any more, and `drawbridge serve` works once it is done")
)

const (
	// lockFor is how long to wait for a home that no running App holds: a command that works on it
	// directly does so for a moment.
	lockFor = 2 * time.Second
	// endFor is how long an App may take to let go of its home: servers have a while to end by themselves.
	endFor    = 15 * time.Second
	lockAgain = 20 * time.Millisecond // between two tries
)

// lockHome takes the lock of a home, or returns ErrHeld. The system gives the lock back however the
// program ends.
func lockHome(ctx context.Context, p settings.Places) (*flock.Flock, error) {
	home := filepath.Dir(p.StateDB)
	lock := homeLock(p)
	for deadline := time.Now().Add(lockFor); ; {
		got, err := lock.TryLock()
		if got {
			return lock, nil
		}
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", home, err)
		}
		who := holderOf(ctx, p)
		if who != "" || time.Now().After(deadline) {
			return nil, fmt.Errorf("open %s: %w%s; stop that one, or set DRAWBRIDGE_HOME to a directory of its own", home, ErrHeld, who)
		}
		select {
		case <-time.After(lockAgain):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// awaitHome returns once nobody has the lock of a home, or ErrEnding.
func awaitHome(ctx context.Context, p settings.Places) error {
	lock := homeLock(p)
	for deadline := time.Now().Add(endFor); ; {
		got, err := lock.TryLock()
		switch {
		case got || err != nil:
			return errors.Join(err, lock.Close())
		case time.Now().After(deadline):
			return ErrEnding
		}
		select {
		case <-time.After(lockAgain):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// homeLock is the lock of a home, not taken.
func homeLock(p settings.Places) *flock.Flock {
	return flock.New(filepath.Join(filepath.Dir(p.StateDB), "lock"), flock.SetPermissions(0o600))
}

// holderOf says which App runs on these places, in brackets; "" when none answers.
func holderOf(ctx context.Context, p settings.Places) string {
	c, err := Dial(ctx, p)
	if err != nil {
		return ""
	}
	defer c.Close()
	s, err := c.Status()
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" (process %d, serving %s)", s.PID, s.URL)
}
