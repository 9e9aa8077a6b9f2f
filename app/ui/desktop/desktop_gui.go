//go:build cgo && !nogui

// Package desktop runs the desktop on an App, in programs that are built with one. In others it brings
// nothing of Fyne along.
package desktop

import (
	"cmp"
	"context"
	"os"

	"drawbridge/app"
	"drawbridge/app/ui"
)

// Available reports whether Run can open a window here.
func Available() bool { return ui.Available() }

// Run is ui.Run on a, which is running. DRAWBRIDGE_THEME, light or dark, goes before the owner's choice.
func Run(ctx context.Context, a *app.App) error {
	theme := cmp.Or(os.Getenv("DRAWBRIDGE_THEME"), a.Settings().Theme)
	return ui.Run(ctx, ui.Config{App: a, Theme: theme, Show: a.Shows()})
}
