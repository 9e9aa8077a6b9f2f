package keychain

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/zalando/go-keyring"
)

// System returns the operating system's keychain for the state directory home: Keychain on macOS,
// Credential Manager on Windows, the Secret Service elsewhere. It does not ask it anything yet.
//
// Every call ends within three seconds: a locked keychain is an error, not a wait.
func System(home string) Keychain {
	return &patient{turn: make(chan struct{}, 1), inner: split{ring{serviceOf(home)}}}
}

// serviceOf names home in the system's keychain. The path is not resolved: a link that appears
// between two starts must not make the secrets disappear.
func serviceOf(home string) string {
	if abs, err := filepath.Abs(home); err == nil {
		home = abs
	}
	sum := sha256.Sum256([]byte(home))
	return "Drawbridge-" + hex.EncodeToString(sum[:4])
}

// ring is the system's keychain as it is: values of limited length, calls that may hang.
type ring struct{ service string }

func (r ring) Get(name string) (string, error) {
	v, err := keyring.Get(r.service, name)
	return v, translate(err)
}

func (r ring) Set(name, value string) error { return translate(keyring.Set(r.service, name, value)) }
func (r ring) Delete(name string) error     { return translate(keyring.Delete(r.service, name)) }

func translate(err error) error {
	switch {
	case errors.Is(err, keyring.ErrNotFound):
		return ErrNotFound
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return ErrTooBig
	case err != nil && strings.Contains(err.Error(), "failed to unlock"): // go-keyring has no name for it
		return errLocked
	}
	return err
}

var errLocked = errors.New("the system's keychain is locked: unlock it and try again")

// patience is how long a caller waits for the system's keychain.
const patience = 3 * time.Second

// patient gives up waiting for inner after patience. The call itself cannot be broken off; as there
// is one at a time, at most one goroutine is ever left behind, and calls keep their order.
type patient struct {
	turn  chan struct{} // holds one: the call under way; taken and given back by ask, never closed
	inner Keychain
}

var errSilent = fmt.Errorf("the system's keychain gave no answer for %v: it may be locked, or asking for its password", patience)

func (p *patient) Get(name string) (string, error) {
	if err := checkName(name); err != nil {
		return "", err
	}
	return p.ask(name, func() (string, error) { return p.inner.Get(name) })
}

func (p *patient) Set(name, value string) error {
	if err := checkEntry(name, value); err != nil {
		return err
	}
	_, err := p.ask(name, func() (string, error) { return "", p.inner.Set(name, value) })
	return err
}

func (p *patient) Delete(name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	_, err := p.ask(name, func() (string, error) { return "", p.inner.Delete(name) })
	return err
}

func (p *patient) String() string { return "the system's keychain" }

func (p *patient) ask(name string, call func() (string, error)) (string, error) {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case p.turn <- struct{}{}:
	case <-timeout.C:
		return "", fmt.Errorf("keychain entry %q: %w", name, errSilent)
	}
	type answer struct {
		value string
		err   error
	}
	answered := make(chan answer, 1) // one: the call may answer after the caller has gone
	go func() {
		defer func() { <-p.turn }()
		v, err := call()
		answered <- answer{v, err}
	}()
	select {
	case a := <-answered:
		if a.err != nil && a.err != ErrNotFound {
			a.err = fmt.Errorf("keychain entry %q: %w", name, a.err)
		}
		return a.value, a.err
	case <-timeout.C:
		return "", fmt.Errorf("keychain entry %q: %w", name, errSilent)
	}
}

// findBus makes sure that there is a D-Bus session bus where the keychain is reached over one.
// Without this the library below would start a daemon of its own, which nobody stops.
func findBus(getenv func(string) string) error {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return nil
	}
	if addr := getenv("DBUS_SESSION_BUS_ADDRESS"); addr != "" && !strings.HasPrefix(addr, "autolaunch:") {
		return nil
	}
	if dir := getenv("XDG_RUNTIME_DIR"); dir != "" {
		socket := filepath.Join(dir, "bus")
		if fi, err := os.Stat(socket); err == nil && fi.Mode().Type() == os.ModeSocket {
			// The library looks in /run/user only, so the place has to be told.
			return os.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+escapeBusPath(socket))
		}
	}
	return errors.New("no D-Bus session bus")
}

// escapeBusPath writes path as a value in a D-Bus address
// (https://dbus.freedesktop.org/doc/dbus-specification.html#addresses).
func escapeBusPath(path string) string {
	var b strings.Builder
	for _, c := range []byte(path) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte(`-_/\*.`, c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	return b.String()
}
