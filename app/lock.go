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

// ErrHeld means that another program holds the home: there is one App of it at a time.
var ErrHeld = errors.New("another drawbridge is using it")

// lockFor is how long to wait for a home that no running App holds: a command that works on it
// directly does so for a moment.
const lockFor = 2 * time.Second

// lockHome takes the lock of a home, or returns ErrHeld. The system gives the lock back however the
// program ends.
func lockHome(ctx context.Context, p settings.Places) (*flock.Flock, error) {
	home := filepath.Dir(p.StateDB)
	lock := flock.New(filepath.Join(home, "lock"), flock.SetPermissions(0o600))
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
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
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
