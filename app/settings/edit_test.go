package settings

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func content(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// fresh is a rule that no file has; place makes the rules those of the file with these indices, -1 being fresh.
var fresh = json.RawMessage(`{"who": "agent:a", "tool": "b", "verdict": "allow"}`)

func place(of ...int) func(*Draft) error {
	return func(d *Draft) error {
		var all []PlacedRule
		for _, i := range of {
			r := PlacedRule{Of: i}
			if i < 0 {
				r.Rule = fresh
			}
			all = append(all, r)
		}
		return d.PlaceRules(all)
	}
}

// TestEdit reads files of three parts, the file before, what is done and the file after; see testdata/edit.
func TestEdit(t *testing.T) {
	deeds := map[string]func(*Draft) error{
		"add git": func(d *Draft) error {
			return d.SetServer(Server{Name: "git", Command: "uvx", Args: []string{"mcp-server-git", "--a<b>"}})
		},
		"add full": func(d *Draft) error {
			return d.SetServer(Server{Name: "full", Command: "x", Env: map[string]string{"B": "2", "A": "1"}, Cwd: "/", Disabled: true,
				Share: "all", Idle: 90 * time.Second, MaxProcesses: 2, MaxCallTime: day, Parallel: "always", StderrToAgents: true})
		},
		"set files": func(d *Draft) error {
			return d.SetServer(Server{Name: "files", Command: "npx", Args: []string{"-y", "pkg"}, Env: map[string]string{"KEEP": "1", "NEW": "2"}, Idle: time.Hour})
		},
		"remove files": func(d *Draft) error { return d.RemoveServer("files") },
		"set theme":    func(d *Draft) error { return d.Set("theme", "dark") },
		"set calls":    func(d *Draft) error { return d.Set("limits.calls", 9) },
		"set rules":    func(d *Draft) error { return d.Set("rules", json.RawMessage(`[{"verdict": "ask"}]`)) },
		"set quotas": func(d *Draft) error {
			return d.Set("limits.quotas", json.RawMessage(`[{"callsPerMinute":600},{"agent":"ci","atOnce":2},{"shared":true,"bytesPerMinute":"1GiB"}]`))
		},
		"insert rule 0":   place(-1, 0),
		"insert rule 1":   place(0, -1, 1),
		"add rule":        place(0, 1, -1),
		"add one rule":    place(-1),
		"add second rule": place(0, -1),
		"swap rules":      place(1, 0),
		"remove rule 0":   place(1),
		"no rules":        place(),
		"add tunnel": func(d *Draft) error {
			return d.SetTunnel(Tunnel{Name: "lan", Driver: "direct", Direct: Direct{Listen: ":7443"}})
		},
		"change tunnel": func(d *Draft) error {
			return d.SetTunnel(Tunnel{Name: "lan", Driver: "direct", Direct: Direct{Listen: ":7443", Port: 443}})
		},
		"turn tunnel": func(d *Draft) error {
			return d.SetTunnel(Tunnel{Name: "lan", Driver: "tailnet", Tailnet: Tailnet{Name: "bridge.tail1234.ts.net", AuthKey: "${keychain:tailscale}"}})
		},
		"remove tunnel": func(d *Draft) error { return d.RemoveTunnel("lan") },
		"change rule 0": func(d *Draft) error { return d.PlaceRules([]PlacedRule{{Of: 0, Rule: fresh}, {Of: 1}}) },
		"unset listen":  func(d *Draft) error { return errors.Join(d.Set("listen", nil), d.Set("audit.keep", nil)) },
		"same again": func(d *Draft) error {
			for _, s := range d.Settings.Servers {
				if err := d.SetServer(s); err != nil {
					return err
				}
			}
			return nil
		},
	}
	files, err := filepath.Glob(filepath.Join("testdata", "edit", "*.txt"))
	if err != nil || len(files) < len(deeds) {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			before, rest, ok1 := strings.Cut(strings.ReplaceAll(content(t, file), "\r\n", "\n"), "---- ")
			deed, after, ok2 := strings.Cut(rest, " ----\n")
			if !ok1 || !ok2 || deeds[deed] == nil {
				t.Fatalf("no such deed: %q", deed)
			}
			for _, newline := range []string{"\n", "\r\n"} {
				path := filepath.Join(t.TempDir(), "config.json")
				if before != "" {
					write(t, path, strings.ReplaceAll(before, "\n", newline))
				}
				if err := Edit(path, deeds[deed]); err != nil {
					t.Fatal(err)
				}
				want := after
				if before != "" {
					want = strings.ReplaceAll(after, "\n", newline)
				}
				if d := cmp.Diff(want, content(t, path)); d != "" {
					t.Error(d)
				}
				if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
					t.Errorf("%v, %v", info, err)
				}
			}
		})
	}
}

func TestEditIsReadBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "config.json")
	want := Server{Name: "a", Command: `C:\x "y"`, Args: []string{"", "-y", "é\n<&>"}, Env: map[string]string{"A/~B": "${env:X}"}, Cwd: "/", Disabled: true,
		Share: "all", Idle: 36 * time.Hour, MaxProcesses: 3, MaxCallTime: time.Minute, Parallel: "learn", StderrToAgents: true}
	if err := Edit(path, func(d *Draft) error { return d.SetServer(want) }); err != nil {
		t.Fatal(err)
	}
	s, _, err := Load(path)
	if err != nil || len(s.Servers) != 1 || !s.Servers[0].Equal(want) {
		t.Fatalf("%+v, %v", s.Servers, err)
	}
	if err := Edit(path, func(d *Draft) error { return d.SetServer(Server{Name: "a", Command: "x"}) }); err != nil {
		t.Fatal(err)
	}
	if s, _, err = Load(path); err != nil || !s.Servers[0].Equal(Server{Name: "a", Command: "x"}) {
		t.Errorf("%+v, %v", s.Servers, err)
	}
}

// TestTunnelIsReadBack: each kind of tunnel is read as it was written, with all that it can say.
func TestTunnelIsReadBack(t *testing.T) {
	all, _, err := Load(filepath.Join("testdata", "full.json"))
	if err != nil || len(all.Tunnels) < 4 {
		t.Fatal(all.Tunnels, err)
	}
	path := filepath.Join(t.TempDir(), "config.json")
	err = Edit(path, func(d *Draft) error {
		var errs []error
		for _, tunnel := range all.Tunnels {
			errs = append(errs, d.SetTunnel(tunnel))
		}
		return errors.Join(errs...)
	})
	if err != nil {
		t.Fatal(err)
	}
	s, _, err := Load(path)
	if d := cmp.Diff(all.Tunnels, s.Tunnels); err != nil || d != "" {
		t.Error(err, d)
	}
	if err := Edit(path, func(d *Draft) error { return d.SetTunnel(Tunnel{Name: "My LAN", Driver: "direct"}) }); err == nil || !strings.Contains(err.Error(), `"my-lan"`) {
		t.Errorf("a name that cannot be: %v", err)
	}
	if err := Edit(path, func(d *Draft) error { return d.SetTunnel(Tunnel{Name: "relay", Driver: "ssh"}) }); err == nil {
		t.Error("a relay without an address is written")
	}
}

func TestEditRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	const before = `{"mcpServers": {"a": {"command": "x"}, "far": {"url": "https://x"}}}`
	write(t, path, before)
	own := errors.New("the person changed her mind")
	cases := map[string]struct {
		do   func(*Draft) error
		want string
	}{
		"a bad name":      {func(d *Draft) error { return d.SetServer(Server{Name: "A", Command: "x"}) }, `can't be called "A"`},
		"a remote server": {func(d *Draft) error { return d.SetServer(Server{Name: "far", Command: "x"}) }, `far is a remote server in this file`},
		"no command":      {func(d *Draft) error { return d.SetServer(Server{Name: "b"}) }, `mcpServers.b has no command`},
		"a wrong value":   {func(d *Draft) error { return d.Set("theme", "pink") }, `drawbridge.theme is "pink"`},
		"no value":        {func(d *Draft) error { return d.Set("theme", func() {}) }, `unsupported type`},
		"below a text":    {func(d *Draft) error { return errors.Join(d.Set("listen", "localhost:0"), d.Set("listen.a", 1)) }, `listen is no object`},
		"no such server":  {func(d *Draft) error { return d.RemoveServer("b") }, ErrNoServer.Error()},
		"change says no":  {func(d *Draft) error { return errors.Join(d.RemoveServer("a"), own) }, own.Error()},
		"a nasty pointer": {func(d *Draft) error { return d.RemoveServer("a/command") }, ErrNoServer.Error()},
	}
	for name, c := range cases {
		if err := Edit(path, c.do); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if got := content(t, path); got != before {
			t.Fatalf("%s: the file became %s", name, got)
		}
	}
	write(t, path, `{"mcpServers": {`)
	if err := Edit(path, func(d *Draft) error { return d.Set("theme", "dark") }); err == nil {
		t.Error("a broken file was edited")
	}
	none := filepath.Join(t.TempDir(), "none.json")
	if err := Edit(none, func(d *Draft) error { return d.Set("theme", nil) }); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(none); err == nil {
		t.Error("a file was made for nothing")
	}
}

func TestEditMeetsAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	write(t, path, `{"drawbridge": {"theme": "light"}}`)
	tries := 0
	err := Edit(path, func(d *Draft) error {
		if tries++; tries == 1 { // somebody saves while we think
			write(t, path, `{"drawbridge": {"theme": "dark"}} // mine`)
		}
		return d.Set("listen", "localhost:1")
	})
	if got, want := content(t, path), "{\"drawbridge\": {\"theme\": \"dark\", \"listen\": \"localhost:1\"}} // mine\n"; err != nil || got != want || tries != 2 {
		t.Errorf("%q after %d tries, %v", got, tries, err)
	}
	n := 0
	err = Edit(path, func(d *Draft) error {
		n++
		write(t, path, strings.Repeat(" ", n)+"{}")
		return d.Set("theme", "light")
	})
	if !errors.Is(err, ErrChanged) {
		t.Errorf("a file that never rests: %v", err)
	}
}

func TestEditKeepsALink(t *testing.T) {
	dir, real := t.TempDir(), filepath.Join(t.TempDir(), "dotfiles.json")
	link := filepath.Join(dir, "config.json")
	if err := os.Symlink(real, link); err != nil {
		t.Skip(err) // Windows wants a privilege for it
	}
	for _, theme := range []string{"dark", "light"} { // first it leads nowhere
		if err := Edit(link, func(d *Draft) error { return d.Set("theme", theme) }); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 || !strings.Contains(content(t, real), theme) {
			t.Errorf("%v, %v, %s", info.Mode(), err, content(t, real))
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

// FuzzEdit holds that whatever the file looks like, an edit says what it should and nothing else.
func FuzzEdit(f *testing.F) {
	f.Add([]byte("{\n\t\"mcpServers\": {\n\t\t\"a\": {\"command\": \"x\"}, // c\n\t}\n}"))
	f.Add([]byte(`{"drawbridge":{/*x*/},"mcpServers":{"git":{"command":"x","args":[/*1*/"a",],"z":1,},},}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		before, _, err := read("c.json", src)
		if err != nil {
			return
		}
		d, err := newDraft("c.json", src, before)
		if err != nil {
			t.Fatal(err)
		}
		git := Server{Name: "git", Command: "uvx", Args: []string{"a", "b"}, Env: map[string]string{"A": "b"}, Share: "all"}
		if err := errors.Join(d.SetServer(git), d.Set("theme", "dark"), d.Set("limits.calls", nil)); err != nil {
			t.Fatal(err)
		}
		out := d.pack()
		after, _, err := read("c.json", out)
		if err != nil {
			t.Fatalf("%v\n%s\n%s", err, src, out)
		}
		want := before
		want.Theme, want.Limits.Calls = "dark", Default().Limits.Calls
		want.Servers = nil
		for _, s := range before.Servers {
			if s.Name != "git" {
				want.Servers = append(want.Servers, s)
			}
		}
		var got []Server
		for _, s := range after.Servers {
			if s.Name != "git" {
				got = append(got, s)
			} else if !s.Equal(git) {
				t.Fatalf("%+v\n%s", s, out)
			}
		}
		rest := after
		rest.Servers = got
		if !rest.Equal(want) || len(after.Servers) != len(got)+1 {
			t.Fatalf("%s\nbecame\n%s", src, out)
		}
		if d.RemoveServer("git") != nil {
			t.Fatal("git can't be removed")
		}
		if after, _, err := read("c.json", d.pack()); err != nil || len(after.Servers) != len(got) {
			t.Fatalf("%v\n%s", err, d.pack())
		}
	})
}

// TestOneArgumentChanges: comments between the others stay.
func TestOneArgumentChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	text := "{\n  \"mcpServers\": {\"m\": {\"command\": \"npx\", \"args\": [\n    \"-y\", // yes\n    \"pkg\", /* which */\n    \"/srv\",\n  ]}}\n}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	err := Edit(path, func(d *Draft) error {
		s := d.Settings.Servers[0]
		s.Args = []string{"-y", "pkg@1.2.3", "/srv"}
		return d.SetServer(s)
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if want := strings.Replace(text, `"pkg"`, `"pkg@1.2.3"`, 1); err != nil || string(got) != want {
		t.Errorf("got %s %v", got, err)
	}
}
