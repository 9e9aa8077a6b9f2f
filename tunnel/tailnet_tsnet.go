//go:build tailnet

package tunnel

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"tailscale.com/client/local"
	"tailscale.com/envknob"
	"tailscale.com/ipn"
	"tailscale.com/tsnet"
)

// renewEvery is how often it is seen whether the certificate should be renewed, or be tried for once more.
const renewEvery = time.Hour

// tailnetNode is one machine in a tailnet.
type tailnetNode struct {
	endpoint *Endpoint
	name     string
	server   *tsnet.Server
	pair     *tailnetPair
}

// tailnetLacks is that this program has tailnets.
var tailnetLacks []Fault

func (n Tailnet) open(e *Endpoint) error {
	name, err := checkHost(n.Name)
	if err != nil {
		return err
	}
	host, _, _ := strings.Cut(name, ".")
	store, err := openSealed(e.options.Dir, e.secret)
	if err != nil {
		return err
	}
	context.AfterFunc(e.ctx, func() { _ = store.Close() })
	envknob.SetNoLogsNoSupport() // else what it logs goes to Tailscale
	quiet := func(format string, args ...any) { e.log.Debug("tailnet", "says", fmt.Sprintf(format, args...)) }
	t := &tailnetNode{endpoint: e, name: name, server: &tsnet.Server{
		Dir: filepath.Join(e.options.Dir, "tailnet", name), Hostname: host, ControlURL: n.Control,
		Store: tailnetState{store, "tailnet/" + name + "/state/"}, Logf: quiet, UserLogf: quiet,
	}}
	t.pair = &tailnetPair{store: store, key: "tailnet/" + name + "/certificate", name: name, obtain: n.certify}
	e.PublicURL, e.End, e.expires = secureURL(name, httpsPort), EndHere, t.pair.ends
	e.tracker.wait(partRelay, nil, time.Time{})
	e.wg.Go(func() { t.keep(n.AuthKey) })
	return nil
}

// keep is in the tailnet until the endpoint is closed.
func (t *tailnetNode) keep(authKey func() (string, error)) {
	e := t.endpoint
	failed := func(err error) {
		e.tracker.wait(partRelay, &Problem{What: "the tailnet cannot be joined: " + err.Error(), Do: "turn the tunnel off and on again", Lasting: true, cause: err}, time.Time{})
	}
	if authKey != nil {
		key, err := authKey()
		if err != nil {
			failed(err)
			return
		}
		t.server.AuthKey = key
	}
	client, err := t.server.LocalClient() // it starts the server
	if err != nil {
		failed(err)
		return
	}
	defer t.server.Close()
	if t.pair.obtain == nil {
		t.pair.obtain = t.obtain(client)
	}
	l, err := t.server.Listen("tcp", fmt.Sprintf(":%d", httpsPort))
	if err != nil {
		failed(err)
		return
	}
	e.wg.Go(func() { _ = e.queue.serve(l, e.encrypted(only(t.name, t.pair.find))) })
	e.wg.Go(func() {
		for pause(e.ctx, renewEvery) {
			t.certify()
		}
	})
	for {
		err := t.attend(client)
		if !pause(e.ctx, time.Second) {
			return
		}
		e.log.Warn("tailnet", "err", err)
	}
}

// attend tells how the machine is in the tailnet, for as long as the engine says.
func (t *tailnetNode) attend(client *local.Client) error {
	e := t.endpoint
	bus, err := client.WatchIPNBus(e.ctx, ipn.NotifyInitialState)
	if err != nil {
		return err
	}
	defer bus.Close()
	for {
		n, err := bus.Next()
		if err != nil {
			return err
		}
		switch {
		case n.ErrMessage != nil:
			e.tracker.wait(partRelay, &Problem{What: "the tailnet does not let this machine in: " + *n.ErrMessage, Do: "check the authentication key"}, time.Time{})
		case n.BrowseToURL != nil && *n.BrowseToURL != "":
			e.tracker.wait(partRelay, &Problem{What: "this machine is not in the tailnet yet", Do: "open " + *n.BrowseToURL + " and sign in", Lasting: true}, time.Time{})
		case n.State != nil:
			t.state(client, *n.State)
		}
	}
}

// state tells what a state of the engine means.
func (t *tailnetNode) state(client *local.Client, s ipn.State) {
	e := t.endpoint
	switch s {
	case ipn.Running:
		if p := t.misnamed(client); p != nil {
			e.tracker.wait(partRelay, p, time.Time{})
			return
		}
		e.tracker.good(partRelay)
		e.wg.Go(t.certify)
	case ipn.NeedsMachineAuth:
		e.tracker.wait(partRelay, &Problem{What: "the tailnet has not approved this machine yet", Do: "ask the tailnet's administrator to", Lasting: true}, time.Time{})
	case ipn.Stopped:
		e.tracker.wait(partRelay, &Problem{What: "this machine is turned off in the tailnet", Do: "turn the tunnel off and on again", Lasting: true}, time.Time{})
	default: // NeedsLogin is told with its link
		if e.tracker.problem(partRelay) == nil {
			e.tracker.wait(partRelay, nil, time.Time{})
		}
	}
}

// misnamed is that agents would look for the machine under another name.
func (t *tailnetNode) misnamed(client *local.Client) *Problem {
	st, err := client.StatusWithoutPeers(t.endpoint.ctx)
	if err != nil || st.Self == nil {
		return &Problem{What: "the tailnet does not say what it calls this machine", Do: "turn the tunnel off and on again", cause: err}
	}
	if got := strings.TrimSuffix(st.Self.DNSName, "."); got != t.name {
		return &Problem{What: fmt.Sprintf("the tailnet calls this machine %s, not %s", got, t.name), Do: "give the tunnel that name, or remove the machine that has the name in the tailnet", Lasting: true}
	}
	return nil
}

// certify gets the certificate before a visitor waits for it.
func (t *tailnetNode) certify() {
	e := t.endpoint
	if _, err := t.pair.fresh(e.ctx); err != nil && e.ctx.Err() == nil {
		e.tracker.warn(partCertificate, &Problem{What: "the tailnet gives no certificate: " + err.Error(), Do: "turn HTTPS certificates on in the tailnet's DNS settings", cause: err})
		return
	}
	e.tracker.good(partCertificate)
}
