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
	"errors"
	"time"

	"drawbridge/bridge"
	"drawbridge/internal/feed"
)

// App is what the desktop needs of the application. Its methods may be called by any goroutine; those that
// return an error may take a while, and end when the application ends. An error says what to do next.
type App interface {
	// Watch returns everything as it is and all that changes from then on. The caller closes the Sub.
	Watch() (bridge.Snapshot, *feed.Sub[bridge.Event])
	// Address is the base URL that agents use, without a slash at its end.
	Address() string

	// Raise lets nothing pass; Lower lets approved agents in again.
	Raise()
	Lower()

	// NewToken approves an agent and returns its token. Nil servers are all servers, nil tools (globs) all
	// that the servers offer, and expires 0 is never.
	NewToken(name string, servers, tools []string, expires time.Duration) (token string, err error)
	// RotateAgent gives an agent a second token. The first one ends after the usual overlap.
	RotateAgent(name string) (token string, err error)
	// RevokeAgent ends an agent's approval. When it returns nothing of the agent's is alive.
	RevokeAgent(name string) error
	// DisconnectAgent ends what an agent has open. It may come back.
	DisconnectAgent(name string) error

	// AddServer adds a server to the configuration. The command is not given to a shell.
	AddServer(name string, command []string, env map[string]string) error
	RemoveServer(name string) error
	StartServer(name string) error
	StopServer(name string) error
	RestartServer(name string) error
	// Logs is the tail of what a server's processes wrote to standard error; "" is nothing.
	Logs(name string) string

	// CancelCall ends a running call with an error that names the owner.
	CancelCall(id uint64) error
}

// ErrNoWindow is returned by Run where no window can be opened.
var ErrNoWindow = errors.New("no window can be opened here: use `drawbridge serve`")

// Config is what Run needs.
type Config struct {
	App    App             // required
	Theme  string          // "light" or "dark"; anything else follows the system
	Hidden bool            // start in the tray, where there is one
	Show   <-chan struct{} // each receive brings the window to the front; nil is never
}
