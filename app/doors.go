package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"drawbridge/bridge/front"
	"drawbridge/signin/authserver"
)

// doors are what others connect to.
type doors struct {
	address  string // as it was asked for
	listener net.Listener
	server   *http.Server
	served   chan struct{} // closed when the listener is
}

// goodbye is how long requests may take to get their last answers when the doors close.
const goodbye = 50 * time.Millisecond

// openDoors has server serve at an address. What ends it too early is noted as a problem with that.
func (a *App) openDoors(address string, server *http.Server, with string) (*doors, error) {
	l, err := listen(address)
	if err != nil {
		return nil, err
	}
	d := &doors{address: address, listener: l, server: server, served: make(chan struct{})}
	go func() { // ends with shut, which waits for it
		defer close(d.served)
		if err := d.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			a.wrong(with, err)
		}
	}()
	return d, nil
}

// url is the address without a path.
func (d *doors) url() string { return "http://" + d.listener.Addr().String() }

// shut takes no more requests at once, and ends those that are under way after a moment.
func (d *doors) shut() {
	ctx, cancel := context.WithTimeout(context.Background(), goodbye)
	defer cancel()
	if d.server.Shutdown(ctx) != nil {
		d.server.Close()
	}
	<-d.served
}

// reopen moves the doors to where they are to be. Where that address cannot be opened they stay where they
// were, and the owner reads why; without a window and before the first time it is an error. The caller holds owner.
func (a *App) reopen() error {
	a.mu.Lock()
	old, address := a.doors, a.address()
	a.mu.Unlock()
	if old != nil && old.address == address {
		a.wrong("address", nil)
		return nil
	}
	d, err := a.openDoors(address, a.entrance(), "address")
	if err != nil && !errors.Is(err, ErrUsage) {
		err = fmt.Errorf("%w; it is --listen or \"listen\" in config.json", err)
	}
	if err != nil && old == nil && !a.options.Windowed {
		return err
	}
	a.wrong("address", err)
	if err != nil {
		return nil
	}
	a.setDoors(d)
	a.log.Info("listening", "url", d.url())
	if old != nil {
		old.shut()
	}
	return nil
}

// entrance is a server for agents.
func (a *App) entrance() *http.Server {
	return front.Server(a.fronts, a.refusals.count(front.Guard(a.fronts, a.gate)))
}

func (a *App) setDoors(d *doors) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.doors = d
}

// Address is the base URL that agents use, without a slash at its end.
func (a *App) Address() string {
	for _, p := range []*url.URL{a.public.Load(), a.tunnelled.Load()} {
		if p != nil {
			return p.String()
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.doors == nil {
		return "http://" + a.address()
	}
	return a.doors.url()
}

// address is where the doors are to be. The caller holds mu.
func (a *App) address() string {
	if a.options.Listen != "" {
		return a.options.Listen
	}
	return a.chosen.Listen
}

// origin is the base URL that r came to, whose Host the guard has checked.
func (a *App) origin(r *http.Request) string {
	if e := endpointOf(r); e != nil {
		return e.PublicURL.String()
	}
	if p := a.public.Load(); p != nil && p.Host == r.Host {
		return p.String()
	}
	return "http://" + r.Host
}

// publish makes an origin the one that agents use; "" is where the doors are.
func (a *App) publish(origin string) {
	p, err := url.Parse(origin)
	if origin == "" || err != nil {
		p = nil
	}
	a.public.Store(p)
}

// openPaths are what everybody may ask for: the authorization server's paths, and whether somebody is there.
func (a *App) openPaths() map[string]http.Handler {
	open := map[string]http.Handler{"/healthz": http.HandlerFunc(healthy)}
	for _, path := range authserver.Paths() {
		open[path] = http.HandlerFunc(a.authorize)
	}
	return open
}

// authorize is the authorization server. Doors open when the vault has.
func (a *App) authorize(w http.ResponseWriter, r *http.Request) {
	v, err := a.vault()
	if err != nil {
		http.Error(w, "this bridge cannot let anybody in at the moment", http.StatusServiceUnavailable)
		return
	}
	v.oauth.ServeHTTP(w, r)
}

// healthy tells that somebody is there, and nothing about the machine.
func healthy(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, "ok\n")
}
