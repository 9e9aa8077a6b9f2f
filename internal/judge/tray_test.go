package judge

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// desktop is a display in memory with a window manager and a session bus, and the program on it.
type desktop struct {
	t       testing.TB
	program string
	env     []string
	bus     string
	app     *exec.Cmd
	ended   chan error // has the one result of app
}

// newDesktop starts a desktop that shows no tray icons. JUDGE_DESKTOP names a program with a window.
func newDesktop(t testing.TB) *desktop {
	t.Helper()
	judging(t)
	d := &desktop{t: t, program: os.Getenv("JUDGE_DESKTOP")}
	if d.program == "" {
		t.Skip("JUDGE_DESKTOP names no program with a window: ./dev test makes one")
	}
	for _, tool := range []string{"Xvfb", "openbox", "dbus-daemon", "xdotool"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	home := t.TempDir()
	state := filepath.Join(home, "drawbridge")
	if err := os.MkdirAll(filepath.Join(home, ".cache"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(state, "config.json"), []byte(`{"drawbridge": {"listen": "127.0.0.1:0"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	display := d.helper("Xvfb", "-displayfd", "3", "-screen", "0", "1280x840x24", "-nolisten", "tcp")
	d.bus = d.helper("dbus-daemon", "--session", "--nofork", "--print-address=3")
	d.env = append(os.Environ(), "HOME="+home, "DRAWBRIDGE_HOME="+state, "DRAWBRIDGE_PASSPHRASE=portcullis winch moat and a long rope",
		"DISPLAY=:"+display, "DBUS_SESSION_BUS_ADDRESS="+d.bus, "LIBGL_ALWAYS_SOFTWARE=1", "XDG_SESSION_TYPE=x11", "WAYLAND_DISPLAY=", "XDG_CONFIG_HOME=")
	d.background(exec.Command("openbox"))
	return d
}

// helper starts a program that tells on its third descriptor where it is, and ends it with the test.
func (d *desktop) helper(name string, args ...string) string {
	d.t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		d.t.Fatal(err)
	}
	defer read.Close()
	cmd := exec.Command(name, args...)
	cmd.ExtraFiles = []*os.File{write}
	d.background(cmd)
	write.Close()
	line, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		d.t.Fatalf("%s: %v", name, err)
	}
	return strings.TrimSpace(line)
}

func (d *desktop) background(cmd *exec.Cmd) {
	d.t.Helper()
	if cmd.Env == nil {
		cmd.Env = d.env
	}
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// start starts the program, and waits for its window.
func (d *desktop) start() {
	d.t.Helper()
	var log bytes.Buffer
	cmd := exec.Command(d.program)
	cmd.Env, cmd.Stdout, cmd.Stderr = d.env, &log, &log
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.app, d.ended = cmd, make(chan error, 1)
	ended := make(chan struct{})
	go func() {
		d.ended <- cmd.Wait()
		close(ended)
	}()
	d.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
		if d.t.Failed() {
			d.t.Log(log.String())
		}
	})
	sees(d.t, "the window", d.visible)
}

// xdotool does something as a person would, and returns what it prints.
func (d *desktop) xdotool(args ...string) (string, error) {
	cmd := exec.Command("xdotool", args...)
	cmd.Env = d.env
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

// visible reports whether the window is in sight.
func (d *desktop) visible() bool {
	id, _ := d.xdotool("search", "--onlyvisible", "--name", "^Drawbridge$")
	return id != ""
}

// shut presses the window's own close button.
func (d *desktop) shut() {
	d.t.Helper()
	id, _ := d.xdotool("search", "--onlyvisible", "--name", "^Drawbridge$")
	if _, err := d.xdotool("windowactivate", "--sync", strings.Fields(id)[0]); err != nil {
		d.t.Fatal(err)
	}
	if _, err := d.xdotool("key", "alt+F4"); err != nil {
		d.t.Fatal(err)
	}
}

// TestTray: the real program in a real tray: an icon a state, the menu's entries, clicks, closing into the tray and out
// of it, a tray that starts anew, and the end.
func TestTray(t *testing.T) {
	d := newDesktop(t)
	host, err := newTrayHost(d.bus)
	if err != nil {
		t.Fatal(err)
	}
	d.start()
	sees(t, "the menu", func() bool { return host.has("Bridge lowered") })
	for _, label := range []string{"Open Drawbridge", "Nobody is connected", "Raise the bridge", "Copy address", "Quit"} {
		if !host.has(label) {
			t.Errorf("the menu has no %q", label)
		}
	}
	lowered := host.icon()
	press(t, host, "Raise the bridge")
	sees(t, "the bridge to rise", func() bool { return host.has("Bridge raised") })
	sees(t, "another icon", func() bool { return host.icon() != lowered })
	press(t, host, "Lower the bridge")
	sees(t, "the bridge to be lowered", func() bool { return host.icon() == lowered })

	d.shut()
	sees(t, "the window to go", func() bool { return !d.visible() })
	press(t, host, "Open Drawbridge")
	sees(t, "the window to come back", d.visible)
	d.shut()
	sees(t, "the window to go", func() bool { return !d.visible() })
	second := exec.Command(d.program)
	second.Env = d.env
	if out, err := second.CombinedOutput(); err != nil {
		t.Errorf("a second start: %v: %s", err, out)
	}
	sees(t, "a second start to show the window", d.visible)

	host.close()
	if host, err = newTrayHost(d.bus); err != nil {
		t.Fatal(err)
	}
	defer host.close()
	sees(t, "the icon in a tray that started anew", func() bool { return host.has("Quit") })
	press(t, host, "Quit")
	if err := <-d.ended; err != nil {
		t.Errorf("the program ended with %v", err)
	}
}

func press(t testing.TB, h *trayHost, label string) {
	t.Helper()
	var err error
	sees(t, fmt.Sprintf("pressing %q", label), func() bool {
		err = h.click(label)
		return err == nil
	})
}

// TestNoTray: where nobody shows tray icons, closing the window does not take it away: it asks whether to quit.
func TestNoTray(t *testing.T) {
	d := newDesktop(t)
	d.start()
	d.shut()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range 30 { // it would be gone long before
		<-tick.C
		if !d.visible() {
			t.Fatal("the window is gone, and nothing brings it back")
		}
	}
	if err := d.app.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := <-d.ended; err != nil {
		t.Errorf("the program ended with %v", err)
	}
}
