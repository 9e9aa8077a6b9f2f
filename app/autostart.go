package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Starting with the owner's session is a file, but on Windows, that says how the desktop starts us. It is written by us,
// and belongs to the desktop: config.json says nothing of it.

// StartsAtLogin reports whether Drawbridge starts with the owner's session.
func (a *App) StartsAtLogin() (bool, error) { return startsAtLogin() }

// StartAtLogin has Drawbridge start with the owner's session, or not.
func (a *App) StartAtLogin(on bool) error {
	self, err := os.Executable()
	if err == nil {
		err = startAtLogin(self, on)
	}
	if err != nil {
		return fmt.Errorf("start at login: %w", err)
	}
	if on {
		a.note("has Drawbridge start at login")
	} else {
		a.note("has Drawbridge no longer start at login")
	}
	return nil
}

// keepFile writes text to path, or with "" removes the file.
func keepFile(path, text string) error {
	if text == "" {
		err := os.Remove(path)
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

// desktopEntry is the XDG autostart file that starts program.
// https://specifications.freedesktop.org/desktop-entry-spec/latest/exec-variables.html
func desktopEntry(program string) string {
	quoted := strings.NewReplacer(`\`, `\\\\`, `"`, `\\"`, "`", "\\\\`", "$", `\\$`, "%", "%%").Replace(program)
	return "[Desktop Entry]\nType=Application\nName=Drawbridge\nComment=Lets approved agents use the MCP servers of this computer\n" +
		"Exec=\"" + quoted + "\" --hidden\nIcon=drawbridge\nTerminal=false\nX-GNOME-Autostart-enabled=true\n"
}

// launchAgent is the property list that has launchd start program.
func launchAgent(program string) string {
	escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(program)
	return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key><string>app.drawbridge.Drawbridge</string>
	<key>ProgramArguments</key><array><string>` + escaped + `</string><string>--hidden</string></array>
	<key>RunAtLoad</key><true/>
	<key>ProcessType</key><string>Interactive</string>
</dict>
</plist>
`
}
