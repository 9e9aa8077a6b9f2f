package keychain

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// strong is long enough to be stretched little, which keeps the tests fast.
const strong = "a passphrase as a service would be given"

func openFile(t *testing.T, path string) Keychain {
	t.Helper()
	k, err := File(path, strong)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// keepsSecrets is the contract of Keychain.
func keepsSecrets(t *testing.T, k Keychain) {
	t.Helper()
	want := func(name, value string) {
		t.Helper()
		if got, err := k.Get(name); err != nil || got != value {
			t.Errorf("Get(%q) = %d bytes, %v; want %d bytes", name, len(got), err, len(value))
		}
	}
	if _, err := k.Get("a"); err != ErrNotFound {
		t.Errorf("Get of nothing: %v", err)
	}
	if err := k.Delete("a"); err != ErrNotFound {
		t.Errorf("Delete of nothing: %v", err)
	}
	long := strings.Repeat("0123456789abcdef", MaxValue/16)
	for _, value := range []string{"one", "two\nlines ", "\x00\xff\xfe", "é’", partsMarker + "00000000 3", long[:partSize], long[:partSize+1], long, "short again"} {
		if err := k.Set("a", value); err != nil {
			t.Fatalf("Set of %d bytes: %v", len(value), err)
		}
		want("a", value)
	}
	if err := k.Set("b/a", long[:5000]); err != nil {
		t.Fatal(err)
	}
	want("b/a", long[:5000])
	want("a", "short again")
	if err := k.Set("a", long+"!"); !errors.Is(err, ErrTooBig) {
		t.Errorf("Set of %d bytes: %v", len(long)+1, err)
	}
	for _, name := range []string{"", "a\nb", "\x7f", "\xff", strings.Repeat("n", maxName+1)} {
		_, gerr := k.Get(name)
		if serr, derr := k.Set(name, "v"), k.Delete(name); gerr == nil || serr == nil || derr == nil {
			t.Errorf("name %q: Get %v, Set %v, Delete %v", name, gerr, serr, derr)
		}
	}
	if err := k.Set("a", ""); err == nil {
		t.Error("Set of an empty value was accepted")
	}
	want("a", "short again")
	for _, name := range []string{"a", "b/a"} {
		if err := k.Delete(name); err != nil {
			t.Errorf("Delete(%q): %v", name, err)
		}
		if _, err := k.Get(name); err != ErrNotFound {
			t.Errorf("Get(%q) after Delete: %v", name, err)
		}
	}
}

func TestEveryKindKeepsSecrets(t *testing.T) {
	t.Run("memory", func(t *testing.T) { keepsSecrets(t, Memory()) })
	t.Run("file", func(t *testing.T) { keepsSecrets(t, openFile(t, filepath.Join(t.TempDir(), "secrets.age"))) })
	t.Run("part", func(t *testing.T) { keepsSecrets(t, Under(Memory(), "")) })
	t.Run("system", func(t *testing.T) {
		keepsSecrets(t, &patient{turn: make(chan struct{}, 1), inner: split{&narrow{Keychain: Memory()}}})
	})
}

// TestTheSystemsKeychain is for a session with an unlocked keychain.
func TestTheSystemsKeychain(t *testing.T) {
	if runtime.GOOS != "linux" || os.Getenv("DBUS_SESSION_BUS_ADDRESS") == "" {
		t.Skip("no D-Bus session: run under dbus-run-session with gnome-keyring-daemon --unlock")
	}
	home := t.TempDir()
	k, err := Open(Config{Kind: "system", Home: home})
	if err != nil {
		t.Fatal(err)
	}
	keepsSecrets(t, k)
	root, err := Root(k)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Delete(rootName)
	again, err := Root(System(home))
	if err != nil || string(again.Derive("x")) != string(root.Derive("x")) {
		t.Errorf("the root secret is another one when asked again (%v)", err)
	}
	if _, err := System(t.TempDir()).Get(rootName); err != ErrNotFound {
		t.Errorf("another home sees this one's root secret: %v", err)
	}
}

func TestAPartSeesOnlyItself(t *testing.T) {
	k := Memory()
	values := Under(k, "value/")
	if err := errors.Join(k.Set("root", "secret"), values.Set("root", "mine"), k.Set("value/x", "y")); err != nil {
		t.Fatal(err)
	}
	if v, err := values.Get("root"); v != "mine" || err != nil {
		t.Errorf("Get = %q, %v", v, err)
	}
	if v, err := values.Get("x"); v != "y" || err != nil {
		t.Errorf("Get = %q, %v", v, err)
	}
	if err := values.Delete("root"); err != nil {
		t.Error(err)
	}
	if v, err := k.Get("root"); v != "secret" || err != nil {
		t.Errorf("what is outside was touched: %q, %v", v, err)
	}
}

func TestKeychainsServeManyAtOnce(t *testing.T) {
	for name, k := range map[string]Keychain{"memory": Memory(), "file": openFile(t, filepath.Join(t.TempDir(), "f")),
		"system": &patient{turn: make(chan struct{}, 1), inner: split{Memory()}}} {
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				entry, value := fmt.Sprint("entry", i), strings.Repeat(fmt.Sprint(i), 3000)
				for range 5 {
					if err := k.Set(entry, value); err != nil {
						t.Errorf("%s: %v", name, err)
					}
					if v, err := k.Get(entry); v != value || err != nil {
						t.Errorf("%s: got %d bytes, %v", name, len(v), err)
					}
				}
			})
		}
		wg.Wait()
	}
}

func TestOpenSaysWhatToDo(t *testing.T) {
	empty, filled, blank := t.TempDir(), t.TempDir(), t.TempDir()
	if err := errors.Join(os.WriteFile(filepath.Join(filled, "passphrase"), []byte(strong+"\n"), 0o600),
		os.WriteFile(filepath.Join(blank, "passphrase"), []byte("\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	withFile := t.TempDir()
	if err := openFile(t, secretsFile(withFile)).Set("a", "b"); err != nil {
		t.Fatal(err)
	}
	type env map[string]string
	for name, c := range map[string]struct {
		kind, home string
		env        env
		linux      bool   // depends on there being no session bus
		want       string // the keychain's name, or a part of the error
	}{
		"file from the environment":      {"file", home, env{"DRAWBRIDGE_PASSPHRASE": strong}, false, "the encrypted file"},
		"file from systemd":              {"file", home, env{"CREDENTIALS_DIRECTORY": filled}, false, "the encrypted file"},
		"file without a passphrase":      {"file", home, nil, false, "set DRAWBRIDGE_PASSPHRASE, or give systemd's unit LoadCredential="},
		"systemd without the credential": {"file", home, env{"CREDENTIALS_DIRECTORY": empty}, false, "set DRAWBRIDGE_PASSPHRASE"},
		"an empty credential":            {"file", home, env{"CREDENTIALS_DIRECTORY": blank}, false, "is empty"},
		"wrong passphrase":               {"file", withFile, env{"DRAWBRIDGE_PASSPHRASE": "x" + strong}, false, "the passphrase is wrong"},
		"unknown kind":                   {"plain", home, env{"DRAWBRIDGE_PASSPHRASE": strong}, false, `no such kind: use "system" or "file"`},
		"no home":                        {"file", "", env{"DRAWBRIDGE_PASSPHRASE": strong}, false, "no home"},
		"system without a bus":           {"system", home, env{"DRAWBRIDGE_PASSPHRASE": strong}, true, "no D-Bus session bus: unlock it"},
		"a bus that would be launched":   {"system", home, env{"DBUS_SESSION_BUS_ADDRESS": "autolaunch:"}, true, "no D-Bus session bus"},
		"a bus that is not there":        {"system", home, env{"XDG_RUNTIME_DIR": empty}, true, "no D-Bus session bus"},
		"fitting: nothing":               {"", home, nil, true, "start inside a desktop session with its keychain unlocked, or set DRAWBRIDGE_PASSPHRASE"},
		"fitting: a passphrase":          {"", home, env{"DRAWBRIDGE_PASSPHRASE": strong}, true, "the encrypted file"},
		"fitting: the file that exists":  {"", withFile, env{"DRAWBRIDGE_PASSPHRASE": strong}, false, "the encrypted file"},
		"fitting: it stays shut":         {"", withFile, nil, false, "no passphrase: set DRAWBRIDGE_PASSPHRASE"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.linux && runtime.GOOS != "linux" {
				t.Skip("this system's keychain needs no bus")
			}
			k, err := Open(Config{Kind: c.kind, Home: c.home, Getenv: func(name string) string { return c.env[name] }})
			got := fmt.Sprint(k)
			if err != nil {
				got = err.Error()
				if k != nil {
					t.Errorf("a keychain came with the error %v", err)
				}
			}
			if !strings.Contains(got, c.want) || strings.Contains(got, strong) {
				t.Errorf("Open: %s\nwant …%s…, and no passphrase", got, c.want)
			}
		})
	}
}
