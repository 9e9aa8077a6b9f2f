//go:build linux || freebsd || openbsd || netbsd

package ui

import (
	"os"
	"path/filepath"
	"testing"
)

func TestNoBusNoTray(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", dir)
	if hasBus() || trayIsShown() {
		t.Error("there is a bus, or a tray, where nothing is")
	}
	if err := os.WriteFile(filepath.Join(dir, "bus"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if !hasBus() {
		t.Error("the bus in the runtime directory is not seen")
	}
	t.Setenv("XDG_RUNTIME_DIR", "")
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(dir, "gone"))
	if !hasBus() || trayIsShown() {
		t.Error("a bus that does not answer shows a tray, or is not seen")
	}
}
