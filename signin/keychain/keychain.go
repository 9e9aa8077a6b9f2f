// Package keychain keeps small secrets for the owner: in the operating system's keychain, or in an
// encrypted file where there is none. It never keeps them in plain text.
package keychain

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	// ErrNotFound means that the keychain works and holds nothing under that name.
	ErrNotFound = errors.New("not in the keychain")
	// ErrTooBig means a value of more than MaxValue bytes.
	ErrTooBig = errors.New("too big for the keychain")
)

const (
	// MaxValue is the longest value that a keychain takes, in bytes.
	MaxValue = 64 << 10
	maxName  = 128
)

// Keychain keeps secrets by name. All methods may be called by any number of goroutines.
//
// A name is 1 to 128 bytes of UTF-8 without control characters; a value is 1 to MaxValue bytes, any bytes.
// Set replaces. Get and Delete return ErrNotFound for what is not there. Every other error means
// that nothing is known about what the keychain holds: it may be locked, or gone.
type Keychain interface {
	Get(name string) (string, error)
	Set(name, value string) error
	Delete(name string) error
}

// Config says which keychain to open.
type Config struct {
	// Kind is "system", "file", or "" for the one that fits: the file if it is already there,
	// else the system's if that can be used, else a new file if there is a passphrase.
	Kind string
	// Home is the state directory, required. The file is `secrets.age` in it, and entries in the
	// system's keychain are marked with it, so that two homes share nothing.
	Home string
	// Getenv reads the environment; nil is os.Getenv.
	Getenv func(string) string
}

// Open returns the keychain that cfg asks for, and an error that says what to do where there is
// none. It does not fall back from a kind that was asked for.
//
// The file's passphrase is $DRAWBRIDGE_PASSPHRASE, or else the content of the file
// `passphrase` in $CREDENTIALS_DIRECTORY (systemd's LoadCredential=).
func Open(cfg Config) (Keychain, error) {
	if cfg.Home == "" {
		return nil, errors.New("open keychain: no home directory given")
	}
	if cfg.Getenv == nil {
		cfg.Getenv = os.Getenv
	}
	switch cfg.Kind {
	case "":
		return openFitting(cfg)
	case "system":
		k, err := openSystem(cfg)
		if err != nil {
			return nil, fmt.Errorf("open the system's keychain: %w: unlock it, or use the keychain %q with a passphrase", err, "file")
		}
		return k, nil
	case "file":
		pass, err := passphrase(cfg.Getenv)
		if err != nil {
			return nil, err
		}
		if pass == "" {
			return nil, errors.New("open the encrypted keychain file: no passphrase: " + howToGive)
		}
		return File(secretsFile(cfg.Home), pass)
	}
	return nil, fmt.Errorf("open keychain %q: no such kind: use %q or %q", cfg.Kind, "system", "file")
}

const howToGive = "set DRAWBRIDGE_PASSPHRASE, or give systemd's unit LoadCredential=passphrase:PATH"

// openFitting prefers a file that is there: it was chosen before, and another keychain would hold
// another root secret.
func openFitting(cfg Config) (Keychain, error) {
	pass, err := passphrase(cfg.Getenv)
	if err != nil {
		return nil, err
	}
	path := secretsFile(cfg.Home)
	if _, err := os.Lstat(path); err == nil {
		if pass == "" {
			return nil, fmt.Errorf("open %q: no passphrase: %s", path, howToGive)
		}
		return File(path, pass)
	}
	k, err := openSystem(cfg)
	if err == nil {
		return k, nil
	}
	if pass != "" {
		return File(path, pass)
	}
	return nil, fmt.Errorf("no keychain to keep secrets in: the system's cannot be used (%w), and there is no passphrase for an encrypted file: "+
		"start inside a desktop session with its keychain unlocked, or %s", err, howToGive)
}

// openSystem opens the system's keychain and asks it once, so that a locked or missing one is
// found out here.
func openSystem(cfg Config) (Keychain, error) {
	if err := findBus(cfg.Getenv); err != nil {
		return nil, err
	}
	k := System(cfg.Home)
	if _, err := k.Get(rootName); err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	return k, nil
}

func secretsFile(home string) string { return filepath.Join(home, "secrets.age") }

// passphrase returns the file's passphrase, "" when none was given.
func passphrase(getenv func(string) string) (string, error) {
	if p := getenv("DRAWBRIDGE_PASSPHRASE"); p != "" {
		return p, nil
	}
	dir := getenv("CREDENTIALS_DIRECTORY")
	if dir == "" {
		return "", nil
	}
	path := filepath.Join(dir, "passphrase")
	p, err := readBounded(path, 4<<10)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the passphrase: %w", err)
	}
	text := strings.TrimRight(string(p), "\r\n")
	if text == "" {
		return "", fmt.Errorf("read the passphrase: %q is empty", path)
	}
	return text, nil
}

func checkName(name string) error {
	if name == "" || len(name) > maxName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return fmt.Errorf("keychain entry %.140q: a name is 1 to %d bytes without control characters", name, maxName)
	}
	return nil
}

func checkEntry(name, value string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if value == "" {
		return fmt.Errorf("keychain entry %q: the value is empty", name)
	}
	if len(value) > MaxValue {
		return fmt.Errorf("keychain entry %q: %w: %d bytes, at most %d", name, ErrTooBig, len(value), MaxValue)
	}
	return nil
}

// Under returns the part of k whose names begin with prefix; its own names go without it. What is
// handed a part cannot reach the rest.
func Under(k Keychain, prefix string) Keychain { return part{k, prefix} }

type part struct {
	k      Keychain
	prefix string
}

func (p part) Get(name string) (string, error) { return p.k.Get(p.prefix + name) }
func (p part) Set(name, value string) error    { return p.k.Set(p.prefix+name, value) }
func (p part) Delete(name string) error        { return p.k.Delete(p.prefix + name) }
