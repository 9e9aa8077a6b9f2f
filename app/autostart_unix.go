//go:build !windows

package app

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
)

// autostartFile is where the desktop looks for what to start.
func autostartFile() (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "LaunchAgents", "app.drawbridge.Drawbridge.plist"), nil
	}
	config := os.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(config) {
		config = filepath.Join(home, ".config")
	}
	return filepath.Join(config, "autostart", "drawbridge.desktop"), nil
}

func startsAtLogin() (bool, error) {
	path, err := autostartFile()
	if err != nil {
		return false, err
	}
	_, err = os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func startAtLogin(program string, on bool) error {
	path, err := autostartFile()
	switch {
	case err != nil:
		return err
	case !on:
		return keepFile(path, "")
	case runtime.GOOS == "darwin":
		return keepFile(path, launchAgent(program))
	}
	return keepFile(path, desktopEntry(program))
}
