package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"drawbridge/app/settings"
	"drawbridge/bridge/front"
	"drawbridge/signin/keychain"
	"drawbridge/stdio"
	"drawbridge/tunnel"
)

// Tunnel is one address besides the one on this machine, as it is at one moment.
type Tunnel struct {
	Name   string
	Status tunnel.Status // its State is Closed where the tunnel is not up
	Reader string        // who can read the traffic, in words
}

// shared is a tunnel that is up.
type shared struct {
	chosen   settings.Tunnel
	endpoint *tunnel.Endpoint
	server   *http.Server
	served   chan struct{} // closed when the server has ended
}

// endpointKey is for the context of every request that came by a tunnel, and says by which.
type endpointKey struct{}

// endpointOf is where r came in; nil is this machine's own address.
func endpointOf(r *http.Request) *tunnel.Endpoint {
	e, _ := r.Context().Value(endpointKey{}).(*tunnel.Endpoint)
	return e
}

// share puts the tunnels in force that the owner chose. Those that are as they were stay as they are. What cannot be
// opened is told as a problem and tried again from time to time; it stops nothing else. The caller holds owner.
func (a *App) share(chosen []settings.Tunnel) {
	wanted := map[string]settings.Tunnel{}
	for _, t := range chosen {
		if !t.Disabled {
			wanted[t.Name] = t
		}
	}
	for name, s := range a.tunnels {
		if t, ok := wanted[name]; !ok || !t.Equal(s.chosen) {
			a.unshare(name)
		}
	}
	for _, t := range chosen {
		if _, up := a.tunnels[t.Name]; !up && !t.Disabled {
			a.wrong(tunnelProblem+t.Name, a.shareOne(t))
		}
	}
	a.publishTunnels(chosen)
}

// tunnelProblem begins what the problems of tunnels are noted under.
const tunnelProblem = "tunnel "

// unshare closes a tunnel and cuts all that came by it. The caller holds owner.
func (a *App) unshare(name string) {
	a.wrong(tunnelProblem+name, nil)
	s := a.tunnels[name]
	if s == nil {
		return
	}
	delete(a.tunnels, name)
	_ = s.endpoint.Close()
	_ = s.server.Close()
	<-s.served
	a.log.Info("tunnel closed", "name", name)
}

// unshareAll closes every tunnel. The caller holds owner.
func (a *App) unshareAll() {
	for _, name := range slices.Collect(maps.Keys(a.tunnels)) {
		a.unshare(name)
	}
	a.publishTunnels(nil)
}

// shareOne opens a tunnel. The caller holds owner.
func (a *App) shareOne(t settings.Tunnel) error {
	e, err := tunnel.Open(a.opener(t), tunnel.Options{
		Secret: a.tunnelSecret, Dir: filepath.Join(a.home(), "certificates"), Run: a.runTool,
		Log: a.log.With("room", "tunnel", "name", t.Name),
	})
	if err != nil {
		return fmt.Errorf("tunnel %q: %w", t.Name, err)
	}
	s := &shared{chosen: t, endpoint: e, served: make(chan struct{}), server: a.entrance()}
	s.server.BaseContext = func(net.Listener) context.Context {
		return context.WithValue(context.Background(), endpointKey{}, e)
	}
	go func() { // ends with unshare, which waits for it
		defer close(s.served)
		_ = s.server.Serve(e)
	}()
	if a.tunnels == nil {
		a.tunnels = map[string]*shared{}
	}
	a.tunnels[t.Name] = s
	a.log.Info("tunnel", "name", t.Name, "url", e.PublicURL.String())
	return nil
}

// opener is the driver of the owner's choice, with what the keychain has for it.
func (a *App) opener(t settings.Tunnel) tunnel.Driver {
	d := driver(t)
	if n, ok := d.(tunnel.Tailnet); ok {
		n.AuthKey = a.reference(t.Tailnet.AuthKey)
		return n
	}
	return d
}

// driver is how the owner's choice is done.
func driver(t settings.Tunnel) tunnel.Driver {
	acme := func(c settings.Authority) tunnel.ACME { return tunnel.ACME{Directory: c.Directory, Email: c.Email} }
	switch t.Driver {
	case "ssh":
		c := t.SSH
		return tunnel.SSH{
			Relay: c.Relay, User: c.User, HostKey: c.HostKey, Name: c.Name, Port: c.Port, Socket: c.Socket,
			Certificate: c.Certificate, ACME: acme(c.Authority),
		}
	case "tailnet":
		c := t.Tailnet
		return tunnel.Tailnet{Name: c.Name, Control: c.Control}
	case "external":
		c := t.External
		d := tunnel.External{URL: c.URL, Listen: c.Listen, End: TunnelEnd(t)}
		if len(c.Command) > 0 {
			d.Program = &tunnel.Program{Args: c.Command, Env: c.Env}
		}
		return d
	}
	d := tunnel.Direct{Listen: t.Direct.Listen, Name: t.Direct.Name, Port: t.Direct.Port}
	if t.Direct.Public {
		authority := acme(t.Direct.Authority)
		d.ACME = &authority
	}
	return d
}

// tunnelSecret is what a tunnel keeps in the keychain, made when it is not there yet.
func (a *App) tunnelSecret(name string, create func() (string, error)) (string, error) {
	v, err := a.vault()
	if err != nil {
		return "", err
	}
	a.making.Lock()
	defer a.making.Unlock()
	k := keychain.Under(v.keychain, "tunnel/")
	value, err := k.Get(name)
	if !errors.Is(err, keychain.ErrNotFound) {
		return value, err
	}
	if value, err = create(); err != nil {
		return "", err
	}
	return value, k.Set(name, value)
}

// runTool runs a tool that provides an address.
func (a *App) runTool(ctx context.Context, p tunnel.Program, output io.Writer) error {
	return stdio.Run(ctx, filepath.Base(p.Args[0]), stdio.Command{Path: p.Args[0], Args: p.Args[1:], Env: p.Env},
		stdio.Config{Secret: a.secret, Environ: a.environ(), Log: a.log.With("room", "stdio")}, output)
}

// publishTunnels makes the first tunnel that is up the address that agents are told.
func (a *App) publishTunnels(chosen []settings.Tunnel) {
	var first *url.URL
	for _, t := range chosen {
		if s := a.tunnels[t.Name]; s != nil && first == nil {
			first = s.endpoint.PublicURL
		}
	}
	a.tunnelled.Store(first)
}

// Tunnels are all addresses that the owner configured besides this machine's own, in the order of the configuration.
func (a *App) Tunnels() ([]Tunnel, error) {
	if err := a.isRunning(); err != nil {
		return nil, err
	}
	a.owner.Lock()
	defer a.owner.Unlock()
	chosen := a.Settings().Tunnels
	all := make([]Tunnel, 0, len(chosen))
	for _, t := range chosen {
		shown := Tunnel{Name: t.Name, Status: tunnel.Status{Driver: t.Driver, State: tunnel.Closed}}
		if s := a.tunnels[t.Name]; s != nil {
			shown.Status = s.endpoint.Status()
			shown.Reader = shown.Status.End.String()
		} else if err := a.problemWith(tunnelProblem + t.Name); err != nil {
			shown.Status.State = tunnel.Down
			shown.Status.Problem = &tunnel.Problem{What: err.Error(), Do: "change the tunnel, or remove it"}
		}
		all = append(all, shown)
	}
	return all, nil
}

func (a *App) problemWith(with string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.problem[with]
}

// RaiseTunnel has a tunnel that is configured be up, now and after the next start. When it returns it is being
// opened; Tunnels says how it is.
func (a *App) RaiseTunnel(name string) error { return a.setTunnel("up", name, nil) }

// DropTunnel stops sharing by a tunnel, now and after the next start. When it returns nobody is connected by it
// any more.
func (a *App) DropTunnel(name string) error { return a.setTunnel("down", name, true) }

func (a *App) setTunnel(verb, name string, disabled any) error {
	if err := a.isRunning(); err != nil {
		return err
	}
	return a.edit("tunnel "+name+" "+verb, func(d *settings.Draft) error {
		if !slices.ContainsFunc(d.Settings.Tunnels, func(t settings.Tunnel) bool { return t.Name == name }) {
			return fmt.Errorf("tunnel %q: %w", name, ErrUnknown)
		}
		return d.Set("tunnels."+name+".disabled", disabled)
	})
}

// ExamineTunnel looks step by step at what a tunnel that is up depends on.
func (a *App) ExamineTunnel(ctx context.Context, name string) ([]tunnel.Finding, error) {
	a.owner.Lock()
	s := a.tunnels[name]
	a.owner.Unlock()
	if s != nil {
		return s.endpoint.Examine(ctx), nil
	}
	if err := a.problemWith(tunnelProblem + name); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("tunnel %q is not up: %w", name, ErrUnknown)
}

// DeviceKey is the public key by which relays know this machine, a line for their administrators.
func (a *App) DeviceKey() (string, error) { return tunnel.DeviceKey(a.tunnelSecret) }

// isOurs reports whether a request may be for the host of that name: by a tunnel only the tunnel's own, else this machine and
// the public URL.
func (a *App) isOurs(r *http.Request, name string) bool {
	if e := endpointOf(r); e != nil {
		return sameHost(r.Host, e.PublicURL)
	}
	p := a.public.Load()
	return front.IsLoopback(name) || p != nil && strings.Trim(p.Hostname(), "[]") == strings.Trim(name, "[]")
}

// sameHost reports whether a Host header is that of a URL. The port of its scheme may be written or not.
func sameHost(header string, u *url.URL) bool {
	port := cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	asked := url.URL{Host: header}
	return strings.EqualFold(asked.Hostname(), u.Hostname()) && (asked.Port() == port || asked.Port() == "" && u.Port() == "")
}
