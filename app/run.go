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

// usedEvery is how often watchers are shown when agents were last used.
const usedEvery = 30 * time.Second

// Run is the bridge at work, until ctx is done. ready, unless it is nil, is called with the address
// once agents are let in. It may be called once. The error says what to do.
func (a *App) Run(ctx context.Context, ready func(url string)) error {
	control, err := listenControl(a.options.Places)
	if err != nil {
		return err
	}
	server := a.control()
	ctx, cancel := context.WithCancel(ctx)
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
		a.attend(ctx)
	}
	cancel()
	a.stop(server)
	wg.Wait()
	return err
}

// start opens what agents need.
func (a *App) start() error {
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

// attend does what time brings, until ctx is done.
func (a *App) attend(ctx context.Context) {
	tick := time.NewTicker(usedEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if v, err := a.vault(); err == nil {
				a.showAgents(v)
			}
		case <-ctx.Done():
			return
		}
	}
}

// follow puts settings in force whenever the owner edits them.
func (a *App) follow(ctx context.Context) {
	err := settings.Watch(ctx, a.options.Places.Config, func(s settings.Settings, warnings []settings.Warning, err error) {
		for _, w := range warnings {
			a.log.Warn("settings", "warning", w.String())
		}
		a.owner.Lock()
		defer a.owner.Unlock()
		if err == nil {
			err = a.apply(s)
		}
		a.wrong("settings", err)
	})
	if err != nil {
		a.wrong("watch", fmt.Errorf("%w; edits take effect when the bridge starts anew", err))
	}
}

// stop ends what start began: first nobody new comes in, then every session ends, then every process.
func (a *App) stop(control *http.Server) {
	control.Close()
	a.mu.Lock()
	d := a.doors
	a.doors, a.running = nil, false
	a.mu.Unlock()
	var wg sync.WaitGroup
	if d != nil {
		wg.Go(d.shut)
	}
	a.bridge.Close()
	wg.Wait()
	a.host.Close()
}

// control is the server on the control socket.
func (a *App) control() *http.Server {
	mux := http.NewServeMux()
	a.route(mux)
	return &http.Server{
		Handler:           http.MaxBytesHandler(mux, controlBody),
		ReadHeaderTimeout: 5 * time.Second,
		MaxHeaderBytes:    controlHead,
		BaseContext:       func(net.Listener) context.Context { return a.ctx },
	}
}
