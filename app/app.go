// Package app is the application: it opens every room, wires them, and is what the desktop and the
// command line act through.
//
//	New   home locked, settings read, rooms built; nothing listens, nothing is started
//	Run   secrets opened, servers configured, control socket and address open; until ctx is done, or Quit
//	Close what New opened
//
// A request takes this way:
//
//	http.Server -> front.Guard -> signin.Gate -> front.New -> bridge.Bridge -> stdio.Host
//	                                         \-> authserver.Server, at the paths that need no token
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"drawbridge/app/settings"
	"drawbridge/bridge"
	"drawbridge/bridge/audit"
	"drawbridge/bridge/front"
	"drawbridge/bridge/policy"
	"drawbridge/bridge/ship"
	"drawbridge/internal/feed"
	"drawbridge/internal/wire"
	"drawbridge/signin"
	"drawbridge/signin/keychain"
	"drawbridge/stdio"
)

// Errors that a client of the commands can tell apart, on the other side of the control socket too.
var (
	// ErrNotRunning is the error of a command that needs a running App where there is none.
	ErrNotRunning = errors.New("no bridge is running; start it with `drawbridge` or `drawbridge serve`")
	// ErrUnknown is the error for the name of nothing.
	ErrUnknown = errors.New("there is none of that name")
	// ErrUsage is the error for what could not be right anywhere.
	ErrUsage = errors.New("not understood")
)

// Options is what New needs.
type Options struct {
	Places  settings.Places // where everything is kept; required
	Version string          // of the program

	Listen   string // where agents connect; "" is what config.json says
	Keychain string // "system", "file", or "" for the one that fits
	Demo     bool   // share the built-in server if none is configured
	// Windowed says that a window shows what is wrong: Run goes on without settings or an address until
	// they are mended, and programs get the environment of the owner's login shell.
	Windowed bool

	Log     io.Writer         // gets the log too; nil is the file alone
	Secrets keychain.Keychain // instead of Keychain, for tests; nil is none
}

// App is one bridge with all that belongs to it. Its methods may be called by any goroutine.
type App struct {
	options Options
	started time.Time
	begun   settings.Settings // what was chosen then
	log     *slog.Logger
	db      *bbolt.DB
	vault   func() (*vault, error)     // opens it once
	record  func() (*audit.Log, error) // opens it once
	synced  *ship.Mark                 // how far the record is safely on disk
	host    *stdio.Host
	bridge  *bridge.Bridge
	gate    *signin.Gate
	fronts  front.Config
	public  atomic.Pointer[url.URL] // where agents reach the bridge, when that is not where it listens; nil is that
	signIn  atomic.Pointer[signIn]  // never nil
	// tunnelled is where the first tunnel that is up makes the bridge known; nil is nowhere.
	tunnelled atomic.Pointer[url.URL]
	making    sync.Mutex   // held while a tunnel's secret is looked for, and made
	strangers *audit.Sieve // what is recorded of those who are not let in
	refusals  refusals
	traced    atomic.Pointer[[]*ship.Spans] // who takes traces; nil is nobody
	shows     chan struct{}                 // capacity 1: a wish to see the window; never closed

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	stays  context.Context // ends with Quit, or Close
	leave  context.CancelFunc

	owner    sync.Mutex                 // held by whoever changes something for the owner; guards the fields below
	servers  map[string]settings.Server // that bridge and host know of
	tunnels  map[string]*shared         // that are up
	shipped  map[string]*shipping       // by the collector's address
	measured *doors                     // for /metrics; nil while nothing listens
	absence  *absence                   // nil while the bridge is not raised by itself

	holding sync.Mutex      // held while the bridge is raised or lowered; guards the field below
	held    map[reason]bool // what holds it, nothing else

	mu      sync.Mutex // guards the fields below
	running bool
	doors   *doors // nil while nothing listens
	chosen  settings.Settings
	problem map[string]error // what is wrong, by what it is with
	warned  []string         // what the settings file has that may not be meant, with its place
	closers []io.Closer      // what Close closes, last first
}

// New builds an App on places that nothing else may be using, else ErrHeld. Close ends it.
func New(o Options) (*App, error) {
	a := &App{options: o, started: time.Now(), shows: make(chan struct{}, 1), held: map[reason]bool{}, problem: map[string]error{}}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	a.stays, a.leave = context.WithCancel(a.ctx)
	a.signIn.Store(&signIn{})
	if err := a.open(); err != nil {
		a.Close()
		return nil, err
	}
	a.build()
	if err := a.raiseAgain(); err != nil {
		a.Close()
		return nil, err
	}
	return a, nil
}

// open opens the files that the App holds. Settings that are refused are told of by Run.
func (a *App) open() error {
	p := a.options.Places
	if err := p.Make(); err != nil {
		return fmt.Errorf("open home: %w", err)
	}
	lock, err := lockHome(a.ctx, p)
	if err != nil {
		return err
	}
	a.closeLater(lock)
	var file io.Closer
	a.log, file = openLog(p.LogFile, a.options.Log)
	a.closeLater(file)
	if a.db, err = openState(p.StateDB); err != nil {
		return err
	}
	a.closeLater(a.db)
	head, _ := checkpoint{db: a.db}.Load() // whoever opens the record, or checks it, is told of an error
	a.synced = ship.NewMark(head.Seq)
	var warnings []settings.Warning
	a.chosen, warnings, err = settings.Load(p.Config)
	if err != nil {
		a.chosen = settings.Default()
		a.problem["settings"] = err
	}
	a.warn(warnings)
	return nil
}

// build puts the rooms together. Nothing is started yet. What it takes of the settings holds until
// the next start.
func (a *App) build() {
	a.begun = a.chosen
	limits := a.chosen.Limits
	a.vault = sync.OnceValues(a.openVault)
	a.record = sync.OnceValues(a.openRecord)
	a.strangers = audit.NewSieve(a.write)
	a.host = stdio.NewHost(stdio.Config{
		Secret: a.secret, Environ: a.environ(), Log: a.log.With("room", "stdio"), OnChange: a.serverChanged,
		MaxMessage: int(limits.MessageSize),
	})
	a.bridge = bridge.New(bridge.Config{
		Backend: backend{a.host}, Policy: &policy.Policy{}, Record: record{a.record}, Memory: memory{a.db, a.log}, Pins: pins{a.db},
		Log: a.log.With("room", "bridge"), Limits: bridge.Limits{Sessions: limits.Sessions, Calls: limits.Calls},
	})
	a.fronts = front.Config{
		Bridge: a.bridge, Limits: wire.Limits{Size: int(limits.MessageSize)},
		Origins: a.chosen.Origins, Hosts: a.isOurs, Log: a.log.With("room", "front"),
		Refused: a.noteTurnedAway,
		StepUp:  func(r *http.Request, scopes []string) string { return a.gate.StepUp(r, scopes) },
	}
	a.gate = signin.New(signin.Config{
		Verifier: verifier{a}, Next: front.New(a.fronts), Origin: a.origin, Open: a.openPaths(),
		Issuers: func(r *http.Request) []string { return []string{a.origin(r)} }, Refused: a.noteRefused,
	})
}

// environ is what servers get a part of: the environment of the shell that the bridge was started
// from, or nil for that of a login shell.
func (a *App) environ() []string {
	if a.options.Windowed {
		return nil
	}
	return os.Environ()
}

func (a *App) closeLater(c io.Closer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closers = append(a.closers, c)
}

// Close ends what New opened. Run must have returned.
func (a *App) Close() {
	a.cancel()
	if a.bridge != nil {
		a.bridge.Close()
		a.host.Close()
	}
	a.mu.Lock()
	closers := a.closers
	a.closers = nil
	a.mu.Unlock()
	for _, c := range slices.Backward(closers) {
		if err := c.Close(); err != nil {
			a.log.Error("close", "err", err)
		}
	}
}

// Watch returns everything as it is and all that changes from then on. The caller closes the Sub.
func (a *App) Watch() (bridge.Snapshot, *feed.Sub[bridge.Event]) { return a.bridge.Watch() }

// Shows yields a value when somebody wants to see the window: the program was started a second time.
func (a *App) Shows() <-chan struct{} { return a.shows }

// Settings is what the owner chose, as far as it is in force.
func (a *App) Settings() settings.Settings {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.chosen
}

// warn keeps the warnings of the settings in force for the owner.
func (a *App) warn(all []settings.Warning) {
	var texts []string
	for _, w := range all {
		texts = append(texts, w.String())
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, text := range texts {
		if !slices.Contains(a.warned, text) {
			a.log.Warn("settings", "warning", text)
		}
	}
	a.warned = texts
}

// wrong notes what is wrong with something, or with nil that nothing is any more.
func (a *App) wrong(with string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	before := a.problem[with]
	delete(a.problem, with)
	if err == nil {
		return
	}
	a.problem[with] = err
	level := slog.LevelError
	if _, ok := err.(notice); ok {
		level = slog.LevelInfo
	}
	if before == nil || before.Error() != err.Error() {
		a.log.Log(a.ctx, level, with, "err", err)
	}
}
