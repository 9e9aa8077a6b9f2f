package judge

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// desktop is a display in memory with a window manager and a session bus, and the program on it.
type desktop struct {
	t       testing.TB
	program string
	home    string
	env     []string
	bus     string
	app     *exec.Cmd
	ended   chan error // has the one result of app

	pictures int // taken
}

// newDesktop starts a desktop that shows no tray icons, for a test that needs these tools besides. JUDGE_DESKTOP names a program
// with a window.
func newDesktop(t testing.TB, tools ...string) *desktop {
	t.Helper()
	judging(t)
	d := &desktop{t: t, program: os.Getenv("JUDGE_DESKTOP"), home: t.TempDir()}
	if d.program == "" {
		t.Skip("JUDGE_DESKTOP names no program with a window: ./dev test makes one")
	}
	for _, tool := range append(tools, "Xvfb", "openbox", "dbus-daemon", "xdotool") {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	d.file(".cache/here", "")
	d.file("drawbridge/config.json", `{"drawbridge": {"listen": "127.0.0.1:0", "theme": "light"}}`)
	display := d.helper("Xvfb", "-displayfd", "3", "-screen", "0", "1920x1260x24", "-nolisten", "tcp")
	d.bus = d.helper("dbus-daemon", "--session", "--nofork", "--print-address=3")
	d.env = append(os.Environ(), "HOME="+d.home, "DRAWBRIDGE_HOME="+filepath.Join(d.home, "drawbridge"), "DRAWBRIDGE_PASSPHRASE=portcullis winch moat and a long rope",
		"DISPLAY=:"+display, "DBUS_SESSION_BUS_ADDRESS="+d.bus, "LIBGL_ALWAYS_SOFTWARE=1", "XDG_SESSION_TYPE=x11", "WAYLAND_DISPLAY=", "XDG_CONFIG_HOME=")
	d.background(exec.Command("openbox"))
	return d
}

// file puts a file into the owner's home.
func (d *desktop) file(path, text string) {
	d.t.Helper()
	path = filepath.Join(d.home, path)
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o600)
	}
	if err != nil {
		d.t.Fatal(err)
	}
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

// window is the window in sight; "" is none.
func (d *desktop) window() string {
	id, _ := d.xdotool("search", "--onlyvisible", "--name", "^Drawbridge$")
	first, _, _ := strings.Cut(id, "\n")
	return first
}

func (d *desktop) visible() bool { return d.window() != "" }

// front gives the window the keyboard.
func (d *desktop) front() {
	d.t.Helper()
	if _, err := d.xdotool("windowactivate", "--sync", d.window()); err != nil {
		d.t.Fatal(err)
	}
}

// shut presses the window's own close button.
func (d *desktop) shut() {
	d.t.Helper()
	d.front()
	if _, err := d.xdotool("key", "alt+F4"); err != nil {
		d.t.Fatal(err)
	}
}
