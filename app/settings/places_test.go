package settings

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUsualPlaces(t *testing.T) {
	none := func(string) string { return "" }
	set := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	cases := map[string]struct {
		s    system
		want Places
	}{
		"linux": {system{"linux", "/home/ann", none, 7}, Places{
			"/home/ann/.config/drawbridge/config.json", "/home/ann/.local/state/drawbridge/state.db", "/home/ann/.local/state/drawbridge/audit",
			"/home/ann/.local/state/drawbridge/drawbridge.log", "/home/ann/.local/state/drawbridge/control.sock"}},
		"xdg": {system{"linux", "/home/ann", set("XDG_CONFIG_HOME", "/c", "XDG_STATE_HOME", "/s"), 7}, Places{
			"/c/drawbridge/config.json", "/s/drawbridge/state.db", "/s/drawbridge/audit", "/s/drawbridge/drawbridge.log", "/s/drawbridge/control.sock"}},
		"xdg relative": {system{"linux", "/h", set("XDG_CONFIG_HOME", "c", "XDG_STATE_HOME", "./s"), 7}, Places{
			"/h/.config/drawbridge/config.json", "/h/.local/state/drawbridge/state.db", "/h/.local/state/drawbridge/audit",
			"/h/.local/state/drawbridge/drawbridge.log", "/h/.local/state/drawbridge/control.sock"}},
		"macOS": {system{"darwin", "/Users/ann", none, 501}, Places{
			"/Users/ann/Library/Application Support/Drawbridge/config.json", "/Users/ann/Library/Application Support/Drawbridge/state.db",
			"/Users/ann/Library/Application Support/Drawbridge/audit", "/Users/ann/Library/Logs/Drawbridge/drawbridge.log",
			"/Users/ann/Library/Application Support/Drawbridge/control.sock"}},
		"windows": {system{"windows", `C:\Users\ann`, set("APPDATA", `D:\Roaming`), -1}, Places{
			`D:\Roaming\Drawbridge\config.json`, `C:\Users\ann\AppData\Local\Drawbridge\state.db`, `C:\Users\ann\AppData\Local\Drawbridge\audit`,
			`C:\Users\ann\AppData\Local\Drawbridge\drawbridge.log`, "checked apart"}},
	}
	for name, c := range cases {
		got := c.s.usual()
		if c.s.goos == "windows" {
			pipe, ok := strings.CutPrefix(got.ControlSocket, `\\.\pipe\drawbridge-`)
			if !ok || len(pipe) != 16 {
				t.Errorf("pipe %s", got.ControlSocket)
			}
			if other := (system{"windows", `C:\Users\bob`, none, -1}).usual(); other.ControlSocket == got.ControlSocket {
				t.Error("two users have one pipe")
			}
			got.ControlSocket = c.want.ControlSocket
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestLongSocketPaths(t *testing.T) {
	s := system{"linux", "/home/ann", func(string) string { return "" }, 7}
	seen := map[string]bool{}
	for _, n := range []int{80, 87, 88, 200} {
		p := s.in("/" + strings.Repeat("d", n-1))
		if len(p.ControlSocket) > maxSocket || seen[p.ControlSocket] {
			t.Errorf("%d: %s", n, p.ControlSocket)
		}
		seen[p.ControlSocket] = true
		if short := strings.HasPrefix(p.ControlSocket, "/tmp/drawbridge-7/"); short != (n == 88 || n == 200) {
			t.Errorf("%d: %s", n, p.ControlSocket)
		}
	}
}

func TestHomeMovesEverything(t *testing.T) {
	t.Chdir(t.TempDir())
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DRAWBRIDGE_HOME", "here")
	p, err := Find()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{p.Config, p.StateDB, p.AuditDir, p.LogFile} {
		if filepath.Dir(path) != filepath.Join(dir, "here") {
			t.Errorf("%s is elsewhere", path)
		}
	}
	if err := p.Make(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(p.AuditDir)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
	t.Setenv("DRAWBRIDGE_HOME", "")
	t.Setenv("HOME", "")
	t.Setenv("USERPROFILE", "")
	if _, err := Find(); err == nil || !strings.Contains(err.Error(), "set DRAWBRIDGE_HOME") {
		t.Errorf("without a home: %v", err)
	}
}

func TestMakeRefusesAForeignSocketDirectory(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no socket directory")
	}
	dir := t.TempDir()
	p := Places{filepath.Join(dir, "c", "config.json"), filepath.Join(dir, "s", "state.db"), filepath.Join(dir, "s", "audit"),
		filepath.Join(dir, "s", "log"), filepath.Join(dir, "link", "control.sock")}
	if err := os.Symlink(t.TempDir(), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := p.Make(); err == nil || !strings.Contains(err.Error(), "is not a directory of yours") {
		t.Errorf("a link made by somebody: %v", err)
	}
	p.ControlSocket = filepath.Join(dir, "open", "control.sock")
	if err := os.Mkdir(filepath.Join(dir, "open"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := p.Make(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, "open")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
