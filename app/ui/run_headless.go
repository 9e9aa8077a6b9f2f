//go:build !cgo || nogui

package ui

import "context"

// Available reports whether Run can open a window: this program was built without one.
func Available() bool { return false }

// Run returns ErrNoWindow: this program was built without a window.
func Run(context.Context, Config) error { return ErrNoWindow }
