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

// lockFor is how long to wait for a home: a command that works on it directly holds it for a moment.
const lockFor = 2 * time.Second

// lockHome takes the lock of home, or returns ErrHeld. The system gives the lock back however the program
// ends.
func lockHome(ctx context.Context, home string) (*flock.Flock, error) {
	lock := flock.New(filepath.Join(home, "lock"), flock.SetPermissions(0o600))
	ctx, cancel := context.WithTimeout(ctx, lockFor)
	defer cancel()
	got, err := lock.TryLockContext(ctx, 20*time.Millisecond)
	switch {
	case got:
		return lock, nil
	case err == nil, errors.Is(err, context.DeadlineExceeded):
		return nil, ErrHeld
	}
	return nil, fmt.Errorf("open home %s: %w", home, err)
}

// held is the error for places that another App has: which one, if it says so, and what to do.
func held(ctx context.Context, p settings.Places) error {
	who := ""
	if c, err := Dial(ctx, p); err == nil {
		defer c.Close()
		if s, err := c.Status(); err == nil {
			who = fmt.Sprintf(" (process %d, serving %s)", s.PID, s.URL)
		}
	}
	return fmt.Errorf("open %s: %w%s; stop that one, or set DRAWBRIDGE_HOME to a directory of its own", filepath.Dir(p.StateDB), ErrHeld, who)
}
