package ui

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"drawbridge/app"
	"drawbridge/app/found"
	"drawbridge/app/settings"
	"drawbridge/bridge"
	"drawbridge/bridge/audit"
	"drawbridge/bridge/pin"
	"drawbridge/internal/feed"
	"drawbridge/tunnel"
)

// fake is an application that keeps everything in memory and writes down what it was asked to do.
type fake struct {
	feed feed.Feed[bridge.Event]

	mu    sync.Mutex // guards the fields below
	state bridge.Snapshot
	asked []string
	fails error // what the next methods return

	problems []app.Problem
	warnings []string
	chosen   settings.Settings
	choices  map[string]json.RawMessage // what config.json says otherwise than by default
	found    []found.Source
	trial    app.Trial
	records  []audit.Record
	report   audit.Report
	owner    app.Owner
	pins     map[string]app.Pins
	diffs    map[pin.Thing]pin.Diff
	tunnels  []app.Tunnel
	findings []tunnel.Finding
	address  string
	payloads map[uint64]bridge.Payload
	keeping  bool        // of payloads
	log      chan string // lines that a server writes from now on; nil is none
}

func newFake() *fake {
	return &fake{chosen: settings.Default(), choices: map[string]json.RawMessage{}, state: bridge.Snapshot{
		Raised:  true,
		Servers: map[string]bridge.Server{}, Agents: map[string]bridge.Agent{}, Sessions: map[uint64]bridge.SessionInfo{},
		Applying: map[string]bridge.Applicant{}, Questions: map[uint64]bridge.Question{},
	}}
}

func (f *fake) Watch() (bridge.Snapshot, *feed.Sub[bridge.Event]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.state
	s.Servers, s.Agents, s.Sessions, s.Calls = maps.Clone(s.Servers), maps.Clone(s.Agents), maps.Clone(s.Sessions), slices.Clone(s.Calls)
	s.Applying, s.Questions, s.RaisedFor = maps.Clone(s.Applying), maps.Clone(s.Questions), maps.Clone(s.RaisedFor)
	return s, f.feed.Subscribe()
}

func (f *fake) publish(events ...bridge.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range events {
		f.state.Apply(e)
		f.feed.Publish(e)
	}
}

func (f *fake) ask(format string, args ...any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, fmt.Sprintf(format, args...))
	return f.fails
}

// said is what the application was asked to do since it was last looked at.
func (f *fake) said() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.asked
	f.asked = nil
	return s
}

func (f *fake) failing(why string) { f.refusing(errors.New(why)) }

func (f *fake) refusing(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails = err
}

// mended has the next methods work again.
func (f *fake) mended() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails = nil
}

func (f *fake) Address() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return cmp.Or(f.address, "http://127.0.0.1:7040")
}

func (f *fake) Raise() {
	_ = f.ask("raise")
	f.publish(bridge.Raised{Raised: true})
}

func (f *fake) Lower() {
	_ = f.ask("lower")
	f.publish(bridge.Raised{Raised: false})
}

func (f *fake) SetRaised(agent string, up bool) error {
	err := f.ask("raised for %s %v", agent, up)
	if err == nil {
		f.publish(bridge.Raised{Agent: agent, Raised: up})
	}
	return err
}

func (f *fake) NewToken(name string, servers, tools []string, expires time.Duration) (string, error) {
	return secret, f.ask("new token %s %q %q %v", name, servers, tools, expires)
}

const secret = "dbk_k3Fz81Qm9wJx7RbN2sVtYcLd5hGpA4eUoXqTiKzM6fBvW0rS1nyD"

func (f *fake) RotateToken(name string, grace time.Duration) (string, error) {
	return secret, f.ask("rotate %s %v", name, grace)
}

func (f *fake) RevokeAgent(name string) error     { return f.ask("revoke %s", name) }
func (f *fake) DisconnectAgent(name string) error { return f.ask("disconnect %s", name) }
func (f *fake) RemoveServer(name string) error    { return f.ask("remove %s", name) }
func (f *fake) StartServer(name string) error     { return f.ask("start %s", name) }
func (f *fake) StopServer(name string) error      { return f.ask("stop %s", name) }
func (f *fake) RestartServer(name string) error   { return f.ask("restart %s", name) }
func (f *fake) CancelCall(id uint64) error        { return f.ask("cancel %d", id) }

func (f *fake) KeepPayloads() (release func()) {
	keep := func(on bool) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.keeping = on
	}
	keep(true)
	return func() { keep(false) }
}

func (f *fake) Payload(call uint64) bridge.Payload {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.payloads[call]
}
