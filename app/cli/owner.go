package cli

import (
	"context"
	"errors"
	"iter"
	"time"

	"drawbridge/app"
	"drawbridge/app/settings"
	"drawbridge/bridge"
	"drawbridge/bridge/audit"
	"drawbridge/bridge/pin"
	"drawbridge/bridge/policy"
	"drawbridge/tunnel"
)

// owner is what can be done from the command line: by the App that runs, or by one that is opened for
// this command alone and does not run.
type owner interface {
	Status() (app.Status, error)
	Metrics() (string, error)
	Show() error
	Quit() error
	SetRaised(agent string, up bool) error

	Servers() ([]bridge.Server, error)
	PutServer(app.NewServer) error
	ImportServers([]app.Import) error
	ChangeServer(app.NewServer) error
	ConfiguredServer(name string) (app.NewServer, error)
	RescanPrograms()
	TryServer(context.Context, app.NewServer) (app.Trial, error)
	RemoveServer(name string) error
	StartServer(name string) error
	StopServer(name string) error
	RestartServer(name string) error
	LockServer(name string) (bridge.Package, error)
	ServerLog(ctx context.Context, name string, more bool) iter.Seq2[string, error]

	Agents() ([]app.Agent, error)
	Applicants() ([]bridge.Applicant, error)
	Applicant(code string) (bridge.Applicant, error)
	ApproveAgent(key string, a app.Approval) (string, error)
	DenyAgent(key string) error
	DisconnectAgent(name string) error
	RevokeAgent(name string) error
	NewToken(name string, servers, tools []string, expires time.Duration) (string, error)
	RotateToken(name string, grace time.Duration) (string, error)

	Tunnels() ([]app.Tunnel, error)
	PutTunnel(settings.Tunnel) error
	ChangeTunnel(settings.Tunnel) error
	ConfiguredTunnel(name string) (settings.Tunnel, error)
	RemoveTunnel(name string) error
	RaiseTunnel(name string) error
	DropTunnel(name string) error
	ExamineTunnel(ctx context.Context, name string) ([]tunnel.Finding, error)
	DeviceKey() (string, error)

	Owner() (app.Owner, error)
	SignIn(ctx context.Context, open func(address string) error) (app.Owner, error)
	SignOut(context.Context) error

	SetSecret(name, value string) error
	RemoveSecret(name string) error

	Pins(server string) (app.Pins, error)
	PinDiff(server string, t pin.Thing) (pin.Diff, error)
	AcceptPins(server string, which ...bridge.PinForm) error
	RejectPins(server string, which ...bridge.PinForm) error

	Rules() ([]policy.Rule, error)
	SetRules(seen, rules []policy.Rule) error
	ExplainPolicy(app.PolicyQuestion) (app.PolicyAnswer, error)

	Calls(ctx context.Context, more bool) iter.Seq2[bridge.CallInfo, error]
	KeepPayloads() (release func())
	Payload(call uint64) bridge.Payload
	Questions() ([]bridge.Question, error)
	AnswerCall(id uint64, answer bridge.Answer) error
	CancelCall(id uint64) error
	Audit(context.Context, audit.Filter) iter.Seq2[audit.Record, error]
	VerifyAudit() (audit.Report, error)

	Choices() ([]app.Choice, error)
	Choose(key string, value any) error
	TryKeychain() error
	TryAddress(context.Context) error
	StartsAtLogin() (bool, error)
	StartAtLogin(bool) error

	Close()
}

// startFor is how long a bridge that has its home already may take until its socket is there.
const startFor = 5 * time.Second

// live reaches the App that runs.
func (c *console) live() (owner, error) {
	places, err := settings.Find()
	if err != nil {
		return nil, err
	}
	return app.Dial(c.ctx, places)
}

// any reaches the App that runs, or opens its files where none does.
func (c *console) any() (owner, error) {
	places, err := settings.Find()
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(startFor); ; {
		client, err := app.Dial(c.ctx, places)
		if !errors.Is(err, app.ErrNotRunning) {
			return client, err
		}
		a, err := app.New(app.Options{Places: places, Version: c.Version})
		if !errors.Is(err, app.ErrHeld) || time.Now().After(deadline) {
			return a, err
		}
	}
}

// do has an owner, reached by how, do something.
func (c *console) do(how func() (owner, error), what func(owner) error) error {
	o, err := how()
	if err != nil {
		return err
	}
	defer o.Close()
	return what(o)
}
