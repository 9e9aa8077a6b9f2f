package settings

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

// A change is read when the file has been left alone for settle, or after settleMost: editors
// write in several steps.
const (
	settle     = 100 * time.Millisecond
	settleMost = time.Second
)

// Watch calls announce with what the file at path says, at once and after each change that makes a difference to that or to the warnings, until
// ctx ends. After an edit that is refused it gets the *Error with zero Settings, once for each
// different one, and the settings before it go on; when it is mended they are announced again. It calls announce from the goroutine that called Watch, which
// returns nil when ctx ends and an error when the file can't be watched.
func Watch(ctx context.Context, path string, announce func(Settings, []Warning, error)) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch %q: %w", path, err)
	}
	defer w.Close()
	var names map[string]bool
	look := func() error {
		if names, err = watched(path); err != nil {
			return err
		}
		for name := range names {
			// The directory and not the file, which editors replace by another.
			if err := w.Add(filepath.Dir(name)); err != nil {
				return err
			}
		}
		return nil
	}
	if err := look(); err != nil {
		return fmt.Errorf("watch %q: %w", path, err)
	}
	a := announcer{announce: announce}
	a.settings(Load(path))
	touched := func(e fsnotify.Event) bool { return names[filepath.Clean(e.Name)] && e.Op != fsnotify.Chmod }
	return follow(ctx, w.Events, w.Errors, touched, func() {
		// A link may lead elsewhere now, a directory may be another: where that can't be watched
		// the file is still read.
		_ = look()
		a.settings(Load(path))
	})
}

// watched returns the path, and where it leads to when it is a symbolic link. The directories are made
// when they are missing, so that they can be watched.
func watched(path string) (map[string]bool, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	file, err := target(path)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{filepath.Clean(path): true, filepath.Clean(file): true}
	for name := range names {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// follow calls read some time after events that touched the file. A lost event counts as one.
func follow(ctx context.Context, events <-chan fsnotify.Event, errs <-chan error, touched func(fsnotify.Event) bool, read func()) error {
	var due <-chan time.Time // nil while nothing has changed
	var first time.Time
	changed := func() {
		if due == nil {
			first = time.Now()
		}
		due = time.After(max(0, min(settle, settleMost-time.Since(first))))
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, open := <-events:
			if !open {
				return nil
			}
			if touched(e) {
				changed()
			}
		case _, open := <-errs:
			if !open {
				return nil
			}
			changed()
		case <-due:
			due = nil
			read()
		}
	}
}

// announcer passes on what is new.
type announcer struct {
	announce func(Settings, []Warning, error)
	known    bool // last is what was announced
	last     Settings
	warned   []Warning
	broken   string // the error that was announced last; "" when it was none
}

func (a *announcer) settings(s Settings, warnings []Warning, err error) {
	switch {
	case err != nil && err.Error() != a.broken:
		a.broken = err.Error()
		a.announce(Settings{}, nil, err)
	case err == nil && (!a.known || !s.Equal(a.last) || !slices.Equal(warnings, a.warned) || a.broken != ""):
		a.known, a.last, a.warned, a.broken = true, s, warnings, ""
		a.announce(s, warnings, nil)
	}
}
