//go:build !cgo || nogui

// Package desktop runs the desktop on an App, in programs that are built with one. In others it brings
// nothing of Fyne along.
package desktop

import (
	"context"
	"errors"

	"drawbridge/app"
)

// Available reports that Run can open no window: this program was built without one.
func Available() bool { return false }

// Run returns an error: this program was built without a window.
func Run(context.Context, app.Desktop) error {
	return errors.New("this program was built without a window: use `drawbridge serve`")
}
