package app

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"time"

	"drawbridge/app/settings"
	"drawbridge/bridge"
	"drawbridge/bridge/audit"
	"drawbridge/bridge/pin"
	"drawbridge/bridge/policy"
	"drawbridge/tunnel"
)

// Client has the App that runs on some places do what its methods of the same name do.
type Client struct {
	ctx    context.Context // ends what does not take a context of its own
	places settings.Places
	http   *http.Client
}

// Dial reaches the App that runs on these places, or returns ErrNotRunning. When ctx is done the
// Client's commands end. The caller closes the Client.
func Dial(ctx context.Context, p settings.Places) (*Client, error) {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) { return dialControl(ctx, p) }
	first, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := dial(first, "", "")
	if err != nil {
		return nil, ErrNotRunning
	}
	conn.Close()
	return &Client{ctx, p, &http.Client{Transport: &http.Transport{DialContext: dial}}}, nil
}

// Close ends what is under way.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// post begins a command.
func (c *Client) post(ctx context.Context, command string, in any) (io.ReadCloser, error) {
	b, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://control/"+command, bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	response, err := c.http.Do(r)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil: // it was there when it was dialled
		return nil, &fault{"the bridge ended meanwhile", notRunning}
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		return nil, fmt.Errorf("%s: the running drawbridge does not know this command; is it of another version?", command)
	}
	return response.Body, nil
}

// ask has a command done that has one answer.
func ask[Out any](c *Client, command string, in any) (out Out, err error) {
	for o, e := range follow[Out](c.ctx, c, command, in) {
		return o, e
	}
	return out, fmt.Errorf("%s: no answer", command)
}

// tell has a command done that answers with nothing.
func tell(c *Client, command string, in any) error {
	_, err := ask[nothing](c, command, in)
	return err
}

// follow has a command done that has many answers. The stream ends with the first error, with ctx, or
// when the App has no more to say.
func follow[Out any](ctx context.Context, c *Client, command string, in any) iter.Seq2[Out, error] {
	return func(yield func(Out, error) bool) {
		var no Out
		answers, err := c.post(ctx, command, in)
		if err != nil {
			yield(no, err)
			return
		}
		defer answers.Close()
		for d := json.NewDecoder(answers); ; {
			out, err := decode[Out](d)
			switch {
			case errors.Is(err, io.EOF):
				return
			case !yield(out, err), err != nil:
				return
			}
		}
	}
}

func decode[Out any](d *json.Decoder) (out Out, err error) {
	var f frame
	switch err := d.Decode(&f); {
	case errors.Is(err, io.EOF):
		return out, err
	case err != nil:
		return out, &fault{"the bridge ended meanwhile", notRunning}
	}
	if f.Error != nil {
		return out, f.Error
	}
	return out, json.Unmarshal(f.Item, &out)
}

func (c *Client) Status() (Status, error) { return ask[Status](c, "status", nothing{}) }

func (c *Client) Metrics() (string, error) { return ask[string](c, "metrics", nothing{}) }

func (c *Client) Show() error { return tell(c, "show", nothing{}) }

// Quit returns once the App has let go of its home, so that another may have it, or with ErrEnding.
func (c *Client) Quit() error {
	for _, err := range follow[nothing](c.ctx, c, "quit", nothing{}) {
		if !errors.Is(err, ErrNotRunning) { // which is what is wanted
			return err
		}
	}
	return awaitHome(c.ctx, c.places)
}

func (c *Client) Servers() ([]bridge.Server, error) {
	return ask[[]bridge.Server](c, "servers", nothing{})
}

func (c *Client) PutServer(s NewServer) error { return tell(c, "servers/add", s) }

func (c *Client) ImportServers(all []Import) error { return tell(c, "servers/import", all) }

func (c *Client) ChangeServer(s NewServer) error { return tell(c, "servers/change", s) }

func (c *Client) ConfiguredServer(name string) (NewServer, error) {
	return ask[NewServer](c, "servers/configured", name)
}

func (c *Client) RescanPrograms() { _ = tell(c, "servers/rescan", nothing{}) }

func (c *Client) TryServer(ctx context.Context, s NewServer) (t Trial, err error) {
	for t, err = range follow[Trial](ctx, c, "servers/try", s) {
		return t, err
	}
	return t, cmp.Or(ctx.Err(), errors.New("servers/try: no answer"))
}

func (c *Client) RemoveServer(name string) error { return tell(c, "servers/remove", name) }

func (c *Client) StartServer(name string) error { return tell(c, "servers/start", name) }

func (c *Client) StopServer(name string) error { return tell(c, "servers/stop", name) }

func (c *Client) RestartServer(name string) error { return tell(c, "servers/restart", name) }

func (c *Client) LockServer(name string) (bridge.Package, error) {
	return ask[bridge.Package](c, "servers/lock", name)
}

func (c *Client) ServerLog(ctx context.Context, name string, more bool) iter.Seq2[string, error] {
	return follow[string](ctx, c, "servers/logs", which{name, more})
}

func (c *Client) Agents() ([]Agent, error) { return ask[[]Agent](c, "agents", nothing{}) }

func (c *Client) DisconnectAgent(name string) error { return tell(c, "agents/disconnect", name) }

func (c *Client) RevokeAgent(name string) error { return tell(c, "agents/revoke", name) }

func (c *Client) Applicants() ([]bridge.Applicant, error) {
	return ask[[]bridge.Applicant](c, "agents/waiting", nothing{})
}

func (c *Client) Applicant(code string) (bridge.Applicant, error) {
	return ask[bridge.Applicant](c, "agents/find", code)
}

func (c *Client) ApproveAgent(key string, a Approval) (string, error) {
	return ask[string](c, "agents/approve", yes{key, a})
}

func (c *Client) DenyAgent(key string) error { return tell(c, "agents/deny", key) }

func (c *Client) Tunnels() ([]Tunnel, error) { return ask[[]Tunnel](c, "tunnels", nothing{}) }

func (c *Client) PutTunnel(t settings.Tunnel) error { return tell(c, "tunnels/add", t) }

func (c *Client) ChangeTunnel(t settings.Tunnel) error { return tell(c, "tunnels/change", t) }

func (c *Client) RemoveTunnel(name string) error { return tell(c, "tunnels/remove", name) }

func (c *Client) ConfiguredTunnel(name string) (settings.Tunnel, error) {
	return ask[settings.Tunnel](c, "tunnels/configured", name)
}

func (c *Client) RaiseTunnel(name string) error { return tell(c, "tunnels/up", name) }

func (c *Client) DropTunnel(name string) error { return tell(c, "tunnels/down", name) }

func (c *Client) ExamineTunnel(_ context.Context, name string) ([]tunnel.Finding, error) {
	return ask[[]tunnel.Finding](c, "tunnels/examine", name)
}

func (c *Client) DeviceKey() (string, error) { return ask[string](c, "tunnels/key", nothing{}) }

func (c *Client) Owner() (Owner, error) { return ask[Owner](c, "owner", nothing{}) }

func (c *Client) SignIn(ctx context.Context, open func(address string) error) (Owner, error) {
	for step, err := range follow[signInStep](ctx, c, "signin", nothing{}) {
		switch {
		case err != nil:
			return Owner{}, err
		case step.Open == "":
			return step.Owner, nil
		}
		if err := open(step.Open); err != nil {
			return Owner{}, err
		}
	}
	return Owner{}, &fault{"the bridge ended meanwhile", notRunning}
}

func (c *Client) SignOut(context.Context) error { return tell(c, "signout", nothing{}) }

func (c *Client) SetSecret(name, value string) error {
	return tell(c, "secrets/set", secretValue{name, value})
}

func (c *Client) RemoveSecret(name string) error { return tell(c, "secrets/remove", name) }

func (c *Client) NewToken(name string, servers, tools []string, expires time.Duration) (string, error) {
	return ask[string](c, "token/new", grant{name, servers, tools, expires})
}

func (c *Client) RotateToken(name string, grace time.Duration) (string, error) {
	return ask[string](c, "token/rotate", grant{Agent: name, Time: grace})
}

func (c *Client) SetRaised(agent string, up bool) error { return tell(c, "raise", raise{agent, up}) }

func (c *Client) ExplainPolicy(q PolicyQuestion) (PolicyAnswer, error) {
	return ask[PolicyAnswer](c, "policy/explain", q)
}

func (c *Client) Rules() ([]policy.Rule, error) {
	return ask[[]policy.Rule](c, "policy/rules", nothing{})
}

func (c *Client) SetRules(seen, rules []policy.Rule) error {
	return tell(c, "policy/set", ruleSets{seen, rules})
}

func (c *Client) Choices() ([]Choice, error) { return ask[[]Choice](c, "settings", nothing{}) }

// Choose takes what JSON can carry.
func (c *Client) Choose(key string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return tell(c, "settings/choose", choice{key, raw})
}

func (c *Client) TryKeychain() error { return tell(c, "settings/keychain", nothing{}) }

func (c *Client) TryAddress(context.Context) error { return tell(c, "settings/address", nothing{}) }

func (c *Client) StartsAtLogin() (bool, error) { return ask[bool](c, "settings/at-login", nothing{}) }

func (c *Client) StartAtLogin(on bool) error { return tell(c, "settings/login", on) }

func (c *Client) Audit(ctx context.Context, f audit.Filter) iter.Seq2[audit.Record, error] {
	return follow[audit.Record](ctx, c, "audit", f)
}

func (c *Client) VerifyAudit() (audit.Report, error) {
	return ask[audit.Report](c, "audit/verify", nothing{})
}

func (c *Client) Pins(server string) (Pins, error) { return ask[Pins](c, "pins", server) }

func (c *Client) PinDiff(server string, t pin.Thing) (pin.Diff, error) {
	return ask[pin.Diff](c, "pins/diff", pinOf{server, t})
}

func (c *Client) AcceptPins(server string, which ...bridge.PinForm) error {
	return tell(c, "pins/accept", pinsOf{server, which})
}

func (c *Client) RejectPins(server string, which ...bridge.PinForm) error {
	return tell(c, "pins/reject", pinsOf{server, which})
}
