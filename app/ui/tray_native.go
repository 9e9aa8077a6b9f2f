//go:build !linux && !freebsd && !openbsd && !netbsd

package ui

// hasBus reports whether tray icons can be offered: this system needs no bus for it.
func hasBus() bool { return true }

// trayIsShown reports whether somebody shows tray icons: this system always does.
func trayIsShown() bool { return true }
