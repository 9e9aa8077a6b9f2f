package judge

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// keyring is gnome-keyring on a session bus of its own.
type keyring struct {
	env    []string // with which programs find it
	daemon *exec.Cmd
}

const keyringPassword = "canary-of-the-keyring"

// newBus starts a bus and returns its address, and what ends it before t does. Where there is none t is skipped.
func newBus(t *testing.T) (address string, end func()) {
	t.Helper()
	bus := exec.Command("dbus-daemon", "--session", "--nofork", "--print-address=1")
	out, err := bus.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := bus.Start(); errors.Is(err, exec.ErrNotFound) {
		t.Skipf("there is no dbus-daemon: ./dev test installs it")
	} else if err != nil {
		t.Fatal(err)
	}
	end = func() { _ = bus.Process.Kill(); _ = bus.Wait() }
	t.Cleanup(end)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line), end
}

// newKeyring starts one that is unlocked, or skips t where there is none. It is gone when t ends.
func newKeyring(t *testing.T) *keyring {
	t.Helper()
	for _, need := range []string{"gnome-keyring-daemon", "dbus-daemon", "dbus-send"} {
		if _, err := exec.LookPath(need); err != nil {
			t.Skipf("there is no %s: ./dev test installs it", need)
		}
	}
	home := t.TempDir()
	for _, dir := range []string{".local/share/keyrings", ".cache", "run"} {
		if err := os.MkdirAll(filepath.Join(home, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	address, _ := newBus(t)
	k := &keyring{env: []string{"HOME=" + home, "XDG_RUNTIME_DIR=" + filepath.Join(home, "run"), "DBUS_SESSION_BUS_ADDRESS=" + address, "DRAWBRIDGE_PASSPHRASE=", "DISPLAY="}}
	k.start(t)
	t.Cleanup(k.end)
	return k
}

// start starts the daemon, which opens what it kept before.
func (k *keyring) start(t *testing.T) {
	t.Helper()
	k.daemon = exec.Command("gnome-keyring-daemon", "--unlock", "--foreground", "--components=secrets")
	k.daemon.Env, k.daemon.Stdin = append(os.Environ(), k.env...), strings.NewReader(keyringPassword+"\n")
	if err := k.daemon.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, 20*time.Second, "the keyring is there", func() bool {
		return k.send(t.Context(), "org.freedesktop.DBus", "/", "org.freedesktop.DBus.GetNameOwner", "string:org.freedesktop.secrets") == nil &&
			k.send(t.Context(), "org.freedesktop.secrets", "/org/freedesktop/secrets", "org.freedesktop.Secret.Service.ReadAlias", "string:default") == nil
	})
}

func (k *keyring) end() {
	_ = k.daemon.Process.Kill()
	_ = k.daemon.Wait()
}

func (k *keyring) send(ctx context.Context, to, object, method string, args ...string) error {
	cmd := exec.CommandContext(ctx, "dbus-send", append([]string{"--session", "--print-reply", "--dest=" + to, object, method}, args...)...)
	cmd.Env = append(os.Environ(), k.env...)
	return cmd.Run()
}

// lock locks everything that the keyring keeps.
func (k *keyring) lock(t *testing.T) {
	t.Helper()
	err := k.send(deadline(t, 10*time.Second), "org.freedesktop.secrets", "/org/freedesktop/secrets",
		"org.freedesktop.Secret.Service.Lock", "array:objpath:/org/freedesktop/secrets/collection/login")
	if err != nil {
		t.Fatal(err)
	}
}

// signsIn has the owner sign in at b, as who.
func (b *bridge) signsIn(t *testing.T, who *person) error {
	t.Helper()
	cmd := b.command("signin")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err == nil {
		_, err = who.visit(deadline(t, time.Minute), strings.TrimSpace(address))
	}
	if wait := cmd.Wait(); wait != nil {
		t.Logf("signin: %s", said.String())
		return wait
	}
	return err
}

// owner is who is signed in at b, "" being nobody.
func (b *bridge) owner(t *testing.T) string {
	t.Helper()
	var o struct{ Subject, Problem string }
	if err := json.Unmarshal([]byte(b.run(t, "signin", "--json")), &o); err != nil {
		t.Fatal(err)
	}
	return o.Subject
}

// TestKeyring: the owner's sign-in, with a refresh token of 5,000 bytes, lies in a real keychain and outlives a restart. While that is locked,
// agents go on, and what needs it says so.
func TestKeyring(t *testing.T) {
	judging(t)
	k, p := newKeyring(t), npm(t).certified(t, "JUDGE_BITS=30000")
	b := start(t, pair(t), terms{choices: p.signIn(map[string]any{"ownerFirst": true}), keychain: "system", env: k.env})
	b.keepSecret(t, p)
	token := b.token(t, "keeper")
	if _, err := b.dial(deadline(t, 10*time.Second), b.client(t), "echo", token, `{}`); err == nil {
		t.Error("the bridge is lowered before its owner has signed in")
	}
	if err := b.signsIn(t, newPerson(t, p)); err != nil {
		t.Fatal(err)
	}
	long := ""
	for _, text := range p.issued() {
		if len(text) >= 5000 {
			long = text
		}
	}
	if long == "" {
		t.Fatal("the provider gave out no refresh token of 5,000 bytes")
	}
	l := b.open(t, b.client(t), "echo", token)

	k.lock(t)
	if _, err := l.tool(deadline(t, 10*time.Second), "2", "echo", `{"text":"hello"}`); err != nil {
		t.Errorf("a call while the keychain is locked: %v", err)
	}
	out, err := b.command("token", "new", "late").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "locked") {
		t.Errorf("a new token while the keychain is locked: %v, %s", err, out)
	}
	k.end()
	k.start(t)
	b.token(t, "later")

	b.stop()
	b.begin(t)
	eventually(t, 20*time.Second, "the bridge is lowered again", func() bool {
		_, err := b.dial(deadline(t, 10*time.Second), b.client(t), "echo", token, `{}`)
		return err == nil
	})
	if got := b.owner(t); got != p.issuer+"|"+p.user {
		t.Errorf("signed in as %q", got)
	}
	for name, text := range written(t, b.home) {
		for _, secret := range append(p.issued(), token, idpSecret) {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds a secret", name)
			}
		}
	}
}

// TestKeyringKeepsSecrets has the room that talks to keychains try its own test on a real one.
func TestKeyringKeepsSecrets(t *testing.T) {
	judging(t)
	k := newKeyring(t)
	cmd := exec.CommandContext(deadline(t, 5*time.Minute), "go", "test", "-count=1", "-v", "-run", "^TestTheSystemsKeychain$", "drawbridge/signin/keychain")
	caches, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE", "GOPATH").Output()
	if err != nil {
		t.Fatal(err)
	}
	dirs := strings.Fields(string(caches))
	cmd.Env = append(os.Environ(), append(k.env, "GOCACHE="+dirs[0], "GOMODCACHE="+dirs[1], "GOPATH="+dirs[2])...)
	if out, err := cmd.CombinedOutput(); err != nil || !contains(out, "--- PASS: TestTheSystemsKeychain") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestKeyringAbsent: where there is no keychain, the program says what to do instead of keeping secrets elsewhere.
func TestKeyringAbsent(t *testing.T) {
	judging(t)
	b := &bridge{home: t.TempDir(), path: program(t, drawbridge), env: []string{"DBUS_SESSION_BUS_ADDRESS=", "XDG_RUNTIME_DIR=" + t.TempDir(), "DRAWBRIDGE_PASSPHRASE=", "DISPLAY="}}
	b.configure(t, pair(t), nil)
	for _, args := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"serve", "--listen", "127.0.0.1:0", "--keychain", "system"}, {"token", "new", "x"}} {
		out, err := b.command(args...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "keychain") || !strings.Contains(string(out), "passphrase") && !strings.Contains(string(out), "PASSPHRASE") {
			t.Errorf("%v: %v, %s", args, err, out)
		}
	}
	if found, _ := filepath.Glob(filepath.Join(b.home, "*secret*")); len(found) > 0 {
		t.Errorf("there is %v", found)
	}
}
