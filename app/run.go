package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"drawbridge/app/settings"
)

// attendEvery is how often what changes by itself is looked at.
const attendEvery = 15 * time.Second

// Run is the bridge at work, until ctx is done or Quit is called. ready, unless it is nil, is called with the address
// once agents are let in. It may be called once. The error says what to do.
func (a *App) Run(ctx context.Context, ready func(url string)) error {
	control, err := listenControl(a.options.Places)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer context.AfterFunc(a.stays, cancel)()
	server := a.control(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := server.Serve(control); !errors.Is(err, http.ErrServerClosed) {
			a.wrong("control", fmt.Errorf("control socket: %w", err))
		}
	})
	err = a.start()
	if err == nil {
		if ready != nil {
			ready(a.Address())
		}
		wg.Go(func() { a.follow(ctx) })
		wg.Go(func() { a.attendOwner(ctx) })
		wg.Go(func() { a.attendPackages(ctx) })
		a.attend(ctx)
	}
	cancel()
	a.stop(server)
	wg.Wait()
	return err
}

// start opens what agents need.
func (a *App) start() error {
	a.host.Warm()
	v, err := a.vault()
	if err != nil {
		return err
	}
	if _, err := a.record(); err != nil {
		return err
	}
	a.showAgents(v)
	if err := a.addDemo(); err != nil && !a.options.Windowed {
		return err
	}
	a.mu.Lock()
	a.running = true
	chosen, err := a.chosen, a.problem["settings"]
	a.mu.Unlock()
	a.owner.Lock()
	defer a.owner.Unlock()
	if err == nil || a.options.Windowed {
		err = errors.Join(err, a.apply(chosen))
	}
	if a.options.Windowed {
		a.wrong("settings", err)
		return nil
	}
	return err
}

// attend shows watchers when agents were last used, and tries again an address that was taken, until
// ctx is done.
func (a *App) attend(ctx context.Context) {
	tick := time.NewTicker(attendEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if v, err := a.vault(); err == nil {
				a.showAgents(v)
			}
			a.owner.Lock()
			_ = a.reopen() // it has been open before, or a window shows what is wrong
			a.share(a.Settings().Tunnels)
			a.remeasure(a.Settings().Metrics)
			a.ship(a.Settings().Ship)
			a.owner.Unlock()
		case <-ctx.Done():
			return
		}
	}
}

// attendOwner sees to it that the owner's sign-in is what the provider says, until ctx is done.
func (a *App) attendOwner(ctx context.Context) {
	tick := time.NewTicker(attendEvery)
	defer tick.Stop()
	for {
		a.checkOwner(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// follow puts settings in force whenever the owner edits them.
func (a *App) follow(ctx context.Context) {
	err := settings.Watch(ctx, a.options.Places.Config, func(settings.Settings, []settings.Warning, error) {
		a.owner.Lock()
		defer a.owner.Unlock()
		a.wrong("settings", a.reload())
	})
	if err != nil {
		a.wrong("watch", fmt.Errorf("%w; edits take effect when the bridge starts anew", err))
	}
}

// reload puts in force what the file says now, which may be newer than what it was read for. The caller
// holds owner.
func (a *App) reload() error {
	s, warnings, err := settings.Load(a.options.Places.Config)
	if err == nil {
		err = a.apply(s)
	}
	if err == nil {
		a.warn(warnings)
	}
	return err
}

// stop ends what start began: first nobody new comes in, then every session ends, then every process.
func (a *App) stop(control *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), goodbye)
	defer cancel()
	if control.Shutdown(ctx) != nil {
		control.Close()
	}
	a.owner.Lock()
	defer a.owner.Unlock()
	a.mu.Lock()
	d := a.doors
	a.doors, a.running = nil, false
	a.mu.Unlock()
	var wg sync.WaitGroup
	if d != nil {
		wg.Go(d.shut)
	}
	a.unshareAll()
	a.ignore()
	a.remeasure("")
	a.ship(nil)
	a.bridge.Close()
	wg.Wait()
	a.host.Close()
}

// control is the server on the control socket. What its commands follow ends with ctx.
func (a *App) control(ctx context.Context) *http.Server {
	mux := http.NewServeMux()
	a.route(mux)
	return &http.Server{
		Handler:           http.MaxBytesHandler(mux, controlBody),
		ReadHeaderTimeout: 5 * time.Second,
		MaxHeaderBytes:    controlHead,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
}
