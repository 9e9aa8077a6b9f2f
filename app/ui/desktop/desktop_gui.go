//go:build cgo && !nogui

// Package desktop runs the desktop on an App, in programs that are built with one. In others it brings
// nothing of Fyne along.
package desktop

import (
	"context"
	"os"

	"drawbridge/app"
	"drawbridge/app/ui"
)

// Available reports whether Run can open a window here.
func Available() bool { return ui.Available() }

// Run is ui.Run on an App that is running, or failed to. DRAWBRIDGE_THEME, light or dark, goes before the owner's choice.
func Run(ctx context.Context, d app.Desktop) error {
	return ui.Run(ctx, ui.Config{App: d.App, Theme: os.Getenv("DRAWBRIDGE_THEME"), Hidden: d.Hidden, Show: d.App.Shows(), Failed: d.Failed})
}
