package settings

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
)

// Places is where everything is kept.
type Places struct {
	Config        string // config.json
	StateDB       string
	AuditDir      string
	LogFile       string
	ControlSocket string // a Unix socket's path; on Windows a named pipe's name
}

// Find returns the places of this user. DRAWBRIDGE_HOME, when set, holds everything; otherwise it is where
// the system wants such things to be. Nothing is made or looked at.
func Find() (Places, error) {
	home, err := os.UserHomeDir()
	if err != nil && os.Getenv("DRAWBRIDGE_HOME") == "" {
		return Places{}, fmt.Errorf("find your home directory: %w; set DRAWBRIDGE_HOME to a directory of your own", err)
	}
	if moved := os.Getenv("DRAWBRIDGE_HOME"); moved != "" {
		abs, err := filepath.Abs(moved)
		if err != nil {
			return Places{}, fmt.Errorf("DRAWBRIDGE_HOME: %w", err)
		}
		return system{runtime.GOOS, home, os.Getenv, os.Getuid()}.in(abs), nil
	}
	return system{runtime.GOOS, home, os.Getenv, os.Getuid()}.usual(), nil
}

// Make makes the directories of p that are missing, for this user alone. It refuses a control socket in a directory
// that somebody else could have prepared.
func (p Places) Make() error {
	dirs := []string{filepath.Dir(p.Config), filepath.Dir(p.StateDB), p.AuditDir, filepath.Dir(p.LogFile)}
	if runtime.GOOS != "windows" {
		dirs = append(dirs, filepath.Dir(p.ControlSocket))
	}
	for _, dir := range dirs {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	if runtime.GOOS == "windows" {
		return nil
	}
	return errors.Join(own(filepath.Dir(p.StateDB)), own(filepath.Dir(p.ControlSocket)))
}

// system is what the places depend on.
type system struct {
	goos string
	home string
	env  func(string) string
	uid  int
}

// in returns the places that are all in one directory.
func (s system) in(dir string) Places {
	return Places{
		Config:        s.join(dir, "config.json"),
		StateDB:       s.join(dir, "state.db"),
		AuditDir:      s.join(dir, "audit"),
		LogFile:       s.join(dir, "drawbridge.log"),
		ControlSocket: s.socket(dir),
	}
}

// usual returns the places that the system wants.
func (s system) usual() Places {
	switch s.goos {
	case "windows":
		p := s.in(s.join(s.dir("LOCALAPPDATA", "AppData", "Local"), "Drawbridge"))
		p.Config = s.join(s.dir("APPDATA", "AppData", "Roaming"), "Drawbridge", "config.json")
		return p
	case "darwin":
		p := s.in(s.join(s.home, "Library", "Application Support", "Drawbridge"))
		p.LogFile = s.join(s.home, "Library", "Logs", "Drawbridge", "drawbridge.log")
		return p
	}
	p := s.in(s.join(s.dir("XDG_STATE_HOME", ".local", "state"), "drawbridge"))
	p.Config = s.join(s.dir("XDG_CONFIG_HOME", ".config"), "drawbridge", "config.json")
	return p
}

// dir returns the directory in a variable, or one in the home directory. One that is relative
// counts as not set, as the XDG specification has it.
func (s system) dir(variable string, otherwise ...string) string {
	if dir := s.env(variable); s.absolute(dir) {
		return dir
	}
	return s.join(append([]string{s.home}, otherwise...)...)
}

func (s system) absolute(dir string) bool {
	if s.goos == "windows" {
		return len(dir) > 2 && dir[1] == ':' || len(dir) > 2 && dir[:2] == `\\`
	}
	return len(dir) > 0 && dir[0] == '/'
}

// join is filepath.Join for the system that s is about.
func (s system) join(parts ...string) string {
	sep := "/"
	if s.goos == "windows" {
		sep = `\`
	}
	path := parts[0]
	for _, p := range parts[1:] {
		path += sep + p
	}
	return path
}

// maxSocket is below what the address of a Unix socket holds: 104 bytes on macOS, 108 on Linux.
const maxSocket = 100

// socket returns where the control socket of the program with its state in dir is. A path that is too long for
// a socket is replaced by a short one that both sides find from dir alone.
func (s system) socket(dir string) string {
	sum := sha256.Sum256([]byte(dir))
	short := hex.EncodeToString(sum[:8])
	if s.goos == "windows" {
		return `\\.\pipe\drawbridge-` + short // the profile's directory is in dir, so each user has another
	}
	if path := s.join(dir, "control.sock"); len(path) <= maxSocket {
		return path
	}
	return s.join("/tmp", "drawbridge-"+strconv.Itoa(s.uid), short+".sock")
}
