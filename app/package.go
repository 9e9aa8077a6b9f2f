package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"drawbridge/app/origin"
	"drawbridge/app/settings"
	"drawbridge/bridge"
	"drawbridge/bridge/audit"
)

const (
	// packagesEvery is how often it is looked which packages servers run.
	packagesEvery = 5 * time.Second
	// settles is how long after its start a process may still be fetching its package.
	settles = 3 * time.Minute
)

// attendPackages finds out which package each server runs, soon after its processes start, until ctx is done.
func (a *App) attendPackages(ctx context.Context) {
	tick := time.NewTicker(packagesEvery)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			a.lookAtPackages(now)
		case <-ctx.Done():
			return
		}
	}
}

func (a *App) lookAtPackages(now time.Time) {
	snapshot, sub := a.Watch()
	sub.Close()
	for _, s := range a.Settings().Servers {
		fresh := slices.ContainsFunc(snapshot.Servers[s.Name].Processes, func(p bridge.ProcessInfo) bool {
			return now.Sub(p.Started) < settles
		})
		if !fresh && snapshot.Servers[s.Name].Package.Manager != "" {
			continue
		}
		if p, err := a.packageOf(s); err == nil {
			a.sawPackage(s.Name, p)
		}
	}
}

// packageOf is the package that a server's command starts; origin.ErrNone when it starts none.
func (a *App) packageOf(s settings.Server) (bridge.Package, error) {
	o, err := origin.Find(s.Command, s.Args, place(s))
	if err != nil {
		return bridge.Package{}, err
	}
	return bridge.Package{
		Manager: o.Manager, Name: o.Name, Version: o.Version, Integrity: o.Integrity, Exact: o.Exact, Note: o.Note,
	}, nil
}

// place is where a server's command runs, as far as it matters for where its package is.
func place(s settings.Server) origin.Place {
	home, _ := os.UserHomeDir()
	dir := s.Cwd
	if dir == "" {
		dir = home
	}
	return origin.Place{Dir: dir, Home: home, Getenv: func(name string) string {
		if v, ok := s.Env[name]; ok {
			return v
		}
		return os.Getenv(name)
	}}
}

// sawPackage shows the package of a server, and records it when it is not the one that was seen last.
func (a *App) sawPackage(server string, p bridge.Package) {
	var last bridge.Package
	if b, err := get(a.db, "packages", server); err == nil && len(b) > 0 {
		_ = json.Unmarshal(b, &last) // what cannot be read is recorded anew
	}
	a.bridge.SetPackage(server, p)
	same := p.Name == last.Name && p.Version == last.Version
	if p.Version == "" && p.Integrity == "" || same && (p.Integrity == "" || p.Integrity == last.Integrity) {
		return
	}
	e := audit.Entry{
		Kind: audit.Pin, Server: server, Method: p.Manager, Name: p.Name + "@" + p.Version, Outcome: "seen", Note: p.Integrity,
	}
	if last.Name != "" {
		e.Outcome, e.Note = "changed", fmt.Sprintf("%s; before it was %s@%s %s", p.Integrity, last.Name, last.Version, last.Integrity)
	}
	a.write(e)
	b, err := json.Marshal(p)
	if err == nil {
		err = put(a.db, "packages", server, b)
	}
	if err != nil {
		a.log.Error("the package of a server is not remembered", "server", server, "err", err)
	}
}

// LockServer has a server's entry ask for exactly the version of its package that ran last, and returns that package.
// Comments in the entry stay. Processes of the server start anew.
func (a *App) LockServer(name string) (bridge.Package, error) {
	if err := a.isRunning(); err != nil {
		return bridge.Package{}, err
	}
	servers := a.Settings().Servers
	i := slices.IndexFunc(servers, func(s settings.Server) bool { return s.Name == name })
	if i < 0 {
		return bridge.Package{}, fmt.Errorf("lock server %q: %w", name, ErrUnknown)
	}
	o, err := origin.Find(servers[i].Command, servers[i].Args, place(servers[i]))
	if err != nil {
		return bridge.Package{}, fmt.Errorf("lock server %q: %w", name, err)
	}
	args, err := origin.Lock(servers[i].Command, servers[i].Args, o)
	if errors.Is(err, origin.ErrUnknown) && o.Note != "" {
		err = fmt.Errorf("%w: %s", err, o.Note)
	}
	if err != nil {
		return bridge.Package{}, fmt.Errorf("lock server %q: %w", name, err)
	}
	err = a.edit(fmt.Sprintf("locked server %s to %s@%s %s", name, o.Name, o.Version, o.Integrity), func(d *settings.Draft) error {
		j := slices.IndexFunc(d.Settings.Servers, func(s settings.Server) bool { return s.Name == name })
		if j < 0 || !slices.Equal(d.Settings.Servers[j].Args, servers[i].Args) {
			return settings.ErrChanged
		}
		s := d.Settings.Servers[j]
		s.Args = args
		return d.SetServer(s)
	})
	if err != nil {
		return bridge.Package{}, err
	}
	locked := servers[i]
	locked.Args = args
	return a.packageOf(locked)
}
