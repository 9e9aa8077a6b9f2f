// Package ui is the desktop: one window and the tray. It is the only room that knows Fyne.
//
// What it shows comes from App.Watch alone, folded in mirror.go; what the owner does goes through the
// other methods of App. Everything in the package but the mirror's own goroutine runs on Fyne's.
//
//	Watch -> mirror.run          gathers events for a moment
//	      -> dispatcher          fyne.Do, or a test's own
//	      -> view.fold           the snapshot, and what its change touches
//	      -> window.show         the page in sight, the sidebar, the tray
package ui

import (
	"context"
	"errors"
	"iter"
	"time"

	"drawbridge/app"
	"drawbridge/app/found"
	"drawbridge/app/settings"
	"drawbridge/bridge"
	"drawbridge/bridge/audit"
	"drawbridge/bridge/pin"
	"drawbridge/bridge/policy"
	"drawbridge/internal/feed"
	"drawbridge/tunnel"
)

// App is what the desktop needs of the application, as app.App has it. Its methods may be called by any goroutine;
// those that return an error may take a while, and end when the application ends. An error says what to do next.
type App interface {
	// Watch returns everything as it is and all that changes from then on. The caller closes the Sub.
	Watch() (bridge.Snapshot, *feed.Sub[bridge.Event])
	// Address is the base URL that agents use, without a slash at its end. It returns at once, as do Problems and Settings.
	Address() string
	Problems() []app.Problem
	Settings() settings.Settings

	agentDoings
	serverDoings
	callDoings
	choiceDoings
}

// agentDoings is what the owner does about who may call.
type agentDoings interface {
	// Raise lets nothing pass; Lower lets approved agents in again.
	Raise()
	Lower()
	// SetRaised raises the bridge for one agent, or lowers it for that again. It is remembered.
	SetRaised(agent string, up bool) error
	// NewToken approves an agent and returns its token. Nil servers are all servers, nil tools (globs) all
	// that the servers offer, and expires 0 is never.
	NewToken(name string, servers, tools []string, expires time.Duration) (token string, err error)
	// RotateToken gives an agent a second token. The first one ends after grace; 0 is now.
	RotateToken(name string, grace time.Duration) (token string, err error)
	// RevokeAgent ends an agent's approval. When it returns nothing of the agent's is alive.
	RevokeAgent(name string) error
	// DisconnectAgent ends what an agent has open. It may come back.
	DisconnectAgent(name string) error
	// ApproveAgent lets an applicant in, by the code that its browser shows or its id, and returns what it is called.
	ApproveAgent(key string, yes app.Approval) (name string, err error)
	DenyAgent(key string) error
	// Applicant is the one whose browser shows that code.
	Applicant(code string) (bridge.Applicant, error)

	// Rules are the rules in force. SetRules makes them others, if they are still as the owner has seen them.
	Rules() ([]policy.Rule, error)
	SetRules(seen, rules []policy.Rule) error
	// ExplainPolicy says what the rules make of a call, and why.
	ExplainPolicy(app.PolicyQuestion) (app.PolicyAnswer, error)

	// Owner is who is signed in here. It returns at once.
	Owner() (app.Owner, error)
	// SignIn has open show the provider's page, and waits until the owner is back.
	SignIn(ctx context.Context, open func(address string) error) (app.Owner, error)
	SignOut(context.Context) error
}

// serverDoings is what the owner does about what can be called.
type serverDoings interface {
	FindServers() []found.Source
	ImportServers([]app.Import) error
	ConfiguredServer(name string) (app.NewServer, error)
	PutServer(app.NewServer) error
	ChangeServer(app.NewServer) error
	TryServer(context.Context, app.NewServer) (app.Trial, error)
	RemoveServer(name string) error
	StartServer(name string) error
	StopServer(name string) error
	RestartServer(name string) error
	// ServerLog is the tail of what a server's processes wrote to standard error; with more it goes on until ctx ends.
	ServerLog(ctx context.Context, name string, more bool) iter.Seq2[string, error]
	// LockServer has a server's entry ask for exactly the version of its package that ran last.
	LockServer(name string) (bridge.Package, error)
	RescanPrograms()

	// Pins are what is pinned of a server; PinDiff is how one of them differs from what was approved.
	Pins(server string) (app.Pins, error)
	PinDiff(server string, t pin.Thing) (pin.Diff, error)
	// AcceptPins lets agents use things as they are held, each in the form that the owner has looked at. RejectPins has them
	// stay held without asking again.
	AcceptPins(server string, which ...bridge.PinForm) error
	RejectPins(server string, which ...bridge.PinForm) error

	// SetSecret keeps what ${keychain:NAME} stands for in the settings file; RemoveSecret lets go of it.
	SetSecret(name, value string) error
	RemoveSecret(name string) error
}

// callDoings is what the owner does about calls and their record.
type callDoings interface {
	// KeepPayloads has what is said in calls from now on be kept whole, until release. Both return at once.
	KeepPayloads() (release func())
	// Payload is what was said in a call, as far as more of it is kept than the call itself shows.
	Payload(call uint64) bridge.Payload
	// SaveContent writes a part of an answer to a file, which takes the place of one that is there.
	SaveContent(path string, data []byte) error
	// CancelCall ends a running call with an error that names the owner.
	CancelCall(id uint64) error
	// AnswerCall gives the owner's answer to a question about a call.
	AnswerCall(id uint64, answer bridge.Answer) error
	Audit(context.Context, audit.Filter) iter.Seq2[audit.Record, error]
	VerifyAudit() (audit.Report, error)
	ExportAudit(ctx context.Context, path string, csv bool, f audit.Filter) (records int, err error)
}

// choiceDoings is what the owner sets.
type choiceDoings interface {
	Status() (app.Status, error)
	// Metrics is what was counted since the start, in the Prometheus text format.
	Metrics() (string, error)
	// Choices are all settings, with what counts now. It returns at once.
	Choices() ([]app.Choice, error)
	// Choose gives a setting a value, by its name in config.json; nil is the default again.
	Choose(key string, value any) error
	// ChangeEntry changes one entry of a setting that is a list, if it is still as the owner has seen it.
	ChangeEntry(key string, c app.EntryChange) error
	StartsAtLogin() (bool, error)
	StartAtLogin(bool) error
	// TryKeychain and TryAddress return nil when it works.
	TryKeychain() error
	TryAddress(context.Context) error

	// PutTunnel adds an address for agents elsewhere, ChangeTunnel makes one another, and RemoveTunnel ends it for good.
	PutTunnel(settings.Tunnel) error
	ChangeTunnel(settings.Tunnel) error
	RemoveTunnel(name string) error
	// Tunnels are the addresses besides the one on this machine. RaiseTunnel opens one, now and after the next start; DropTunnel
	// closes it and ends what came by it. ExamineTunnel looks step by step at what one that is up depends on.
	Tunnels() ([]app.Tunnel, error)
	RaiseTunnel(name string) error
	DropTunnel(name string) error
	ExamineTunnel(ctx context.Context, name string) ([]tunnel.Finding, error)
	// DeviceKey is the public key by which relays know this machine.
	DeviceKey() (string, error)
}

// ErrNoWindow is returned by Run where no window can be opened.
var ErrNoWindow = errors.New("no window can be opened here: use `drawbridge serve`")

// Config is what Run needs.
type Config struct {
	App    App             // required
	Theme  string          // "light" or "dark", whatever the owner chose; "" is that choice
	Hidden bool            // start in the tray, where there is one
	Show   <-chan struct{} // each receive brings the window to the front; nil is never
	Failed <-chan error    // a receive is why the application could not start; nil is never
}
