package app

import (
	"context"
	"errors"
	"iter"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// Status is how an App is at one moment.
type Status struct {
	Version string    `json:"version"`
	PID     int       `json:"pid"`
	URL     string    `json:"url"`     // "" while nothing listens
	Address string    `json:"address"` // that agents use: URL, unless they come through something in front of it
	Raised  bool      `json:"raised"`
	For     []string  `json:"raisedFor,omitempty"` // agents that nothing passes of, while others may call
	Started time.Time `json:"started"`

	Servers  int `json:"servers"`
	Agents   int `json:"agents"`
	Sessions int `json:"sessions"`
	Calls    int `json:"calls"` // that are running

	Home    string `json:"home"`
	Config  string `json:"config"`
	Problem string `json:"problem,omitempty"` // what is wrong with settings or address, and what to do
	// Warnings are what the settings file has that may not be meant, has no effect, or has none before the next start.
	Warnings []string `json:"warnings,omitempty"`
}

// Status is how the App is.
func (a *App) Status() (Status, error) {
	snapshot, sub := a.Watch()
	sub.Close()
	s := Status{
		Version: a.options.Version, PID: os.Getpid(), Raised: snapshot.Raised, For: slices.Sorted(maps.Keys(snapshot.RaisedFor)), Started: a.started,
		Servers: len(snapshot.Servers), Agents: len(snapshot.Agents), Sessions: len(snapshot.Sessions),
		Address: a.Address(), Home: a.home(), Config: a.options.Places.Config,
	}
	for _, c := range snapshot.Calls {
		if !c.Ended {
			s.Calls++
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.running {
		return s, ErrNotRunning
	}
	if a.doors != nil {
		s.URL = a.doors.url()
	}
	for _, with := range slices.Sorted(maps.Keys(a.problem)) {
		s.Problem = strings.TrimPrefix(s.Problem+"; "+a.problem[with].Error(), "; ")
	}
	s.Warnings = slices.Clone(a.warned)
	if keys := a.later(); len(keys) > 0 {
		s.Warnings = append(s.Warnings, strings.Join(keys, ", ")+" in config.json: in force when the bridge starts anew")
	}
	return s, nil
}

// Show brings the window to the front.
func (a *App) Show() error {
	if !a.options.Windowed {
		return errors.New("the bridge that runs has no window: it was started with `drawbridge serve`")
	}
	select {
	case a.shows <- struct{}{}:
	default: // it is on its way already
	}
	return nil
}

// Quit ends Run, and with it the program that has the App run: its window closes too. It returns at once.
func (a *App) Quit() error {
	a.leave()
	return nil
}

// quitting is Quit for whoever follows it: the stream is empty, and ends as Run does.
func (a *App) quitting(ctx context.Context, _ nothing) iter.Seq2[nothing, error] {
	return func(func(nothing, error) bool) {
		_ = a.Quit() // it has no error
		<-ctx.Done()
	}
}

// isRunning is nil while Run is at work, else ErrNotRunning.
func (a *App) isRunning() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.running {
		return ErrNotRunning
	}
	return nil
}
