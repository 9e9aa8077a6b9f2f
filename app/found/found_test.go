package found

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/app/settings"
)

// on is a system whose files are these.
func on(goos, home string, files map[string]string) system {
	return system{goos: goos, home: home, env: func(string) string { return "" }, read: func(path string, most int64) ([]byte, error) {
		text, ok := files[path]
		if !ok {
			return nil, fs.ErrNotExist
		}
		return []byte(text), nil
	}}
}

// TestPlaces: each application's file on each system.
func TestPlaces(t *testing.T) {
	const (
		ours = `{"mcpServers": {"x": {"command": "y"}}}`
		code = `{"servers": {"x": {"command": "y"}}}`
	)
	for goos, files := range map[string]map[string]string{
		"linux": {
			"/h/.config/Claude/claude_desktop_config.json": ours,
			"/h/.claude.json":                      ours,
			"/h/.cursor/mcp.json":                  ours,
			"/h/.config/Code/User/mcp.json":        code,
			"/h/.codeium/windsurf/mcp_config.json": ours,
			"/h/.config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json": ours,
			"/h/.gemini/settings.json": ours,
			"/h/.codex/config.toml":    "[mcp_servers.x]\ncommand = 'y'",
		},
		"darwin": {
			"/h/Library/Application Support/Claude/claude_desktop_config.json": ours,
			"/h/.claude.json":     ours,
			"/h/.cursor/mcp.json": ours,
			"/h/Library/Application Support/Code - Insiders/User/mcp.json":                                                   code,
			"/h/.codeium/windsurf/mcp_config.json":                                                                           ours,
			"/h/Library/Application Support/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json": ours,
			"/h/.gemini/settings.json":                                                                                       ours,
			"/h/.codex/config.toml":                                                                                          "[mcp_servers.x]\ncommand = 'y'",
		},
		"windows": {
			`/h\AppData\Roaming\Claude\claude_desktop_config.json`: ours,
			`/h\.claude.json`:                            ours,
			`/h\.cursor\mcp.json`:                        ours,
			`/h\AppData\Roaming\Code\User\settings.json`: `{"mcp": ` + code + `}`,
			`/h\.codeium\windsurf\mcp_config.json`:       ours,
			`/h\AppData\Roaming\Code\User\globalStorage\saoudrizwan.claude-dev\settings\cline_mcp_settings.json`: ours,
			`/h\.gemini\settings.json`: ours,
			`/h\.codex\config.toml`:    "[mcp_servers.x]\ncommand = 'y'",
		},
	} {
		home := "/h"
		if goos == "windows" {
			files = slashed(files)
			home = `C:\h`
		}
		var apps []string
		for _, s := range on(goos, home, files).find() {
			if len(s.Servers) != 1 || s.Servers[0].Command != "y" || s.Err != nil {
				t.Errorf("%s: %s: %+v", goos, s.File, s)
			}
			apps = append(apps, s.App)
		}
		want := []string{"claude-desktop", "claude-code", "cursor", "vscode", "windsurf", "cline", "gemini", "codex"}
		if d := cmp.Diff(want, apps); d != "" {
			t.Errorf("%s: %s", goos, d)
		}
	}
}

// slashed has the files in a home on Windows.
func slashed(files map[string]string) map[string]string {
	moved := map[string]string{}
	for path, text := range files {
		moved[strings.Replace(path, "/h", `C:\h`, 1)] = text
	}
	return moved
}

func TestEntries(t *testing.T) {
	for name, c := range map[string]struct {
		app    string
		text   string
		want   []Server
		others []Other
	}{
		"as everybody writes it": {"cursor", `{"mcpServers": {"files": {"command": "npx", "args": ["-y", "server", "/srv"], "env": {"A": "1"}, "cwd": "/srv"}}}`,
			[]Server{{Name: "files", Title: "files", Command: "npx", Args: []string{"-y", "server", "/srv"}, Env: map[string]string{"A": "1"}, Cwd: "/srv"}}, nil},
		"comments and trailing commas": {"vscode", "{// mine\n\"servers\": {\"a\": {\"type\": \"stdio\", \"command\": \"b\",},},} // end",
			[]Server{{Name: "a", Title: "a", Command: "b"}}, nil},
		"references of an editor": {"vscode", `{"servers": {"a": {"command": "b", "args": ["${userHome}/x", "${workspaceFolder}"], "env": {"K": "${env:KEY}", "I": "${input:key}", "L": "a${env:X}b"}}}}`,
			[]Server{{Name: "a", Title: "a", Command: "b", Args: []string{"/h/x", "${workspaceFolder}"},
				Env: map[string]string{"K": "${env:KEY}", "I": "${input:key}", "L": "a${env:X}b"},
				Notes: []string{
					"Its command uses ${workspaceFolder}, which only that application knows: write the value instead.",
					"Its environment uses ${input:key}, which only that application knows: write the value instead."}}}, nil},
		"references of a shell": {"gemini", `{"mcpServers": {"a": {"command": "b", "args": ["${DIR}"], "env": {"K": "$KEY", "L": "${KEY:-none}", "M": "$5"}}}}`,
			[]Server{{Name: "a", Title: "a", Command: "b", Args: []string{"${DIR}"},
				Env: map[string]string{"K": "${env:KEY}", "L": "${env:KEY}", "M": "$5"},
				Notes: []string{
					"Its command uses the variable DIR, which is not looked up here: write the value instead.",
					`Where KEY is not set it would use "none" there; here it needs to be set.`}}}, nil},
		"Claude Code's projects": {"claude-code", `{"numStartups": 3, "mcpServers": {"a": {"command": "b"}}, "projects": {"/p": {"mcpServers": {"a": {"command": "c"}}}, "/q": {"allowedTools": []}, "/r": 3}}`,
			[]Server{{Name: "a", Title: "a", Command: "b"}, {Name: "a-2", Title: "a", Project: "/p", Command: "c", Cwd: "/p"}}, nil},
		"names that do not fit": {"cline", `{"mcpServers": {"My Files": {"command": "a"}, "my-files": {"command": "b", "disabled": true}, "mcp": {"command": "c"}, "été": {"command": "d"}}}`,
			[]Server{{Name: "mcp-server", Title: "mcp", Command: "c"}, {Name: "my-files", Title: "My Files", Command: "a"}, {Name: "my-files-2", Title: "my-files", Command: "b", Disabled: true}, {Name: "t", Title: "été", Command: "d"}}, nil},
		"what cannot be taken": {"claude-desktop", `{"mcpServers": {"ok": {"command": "a", "env": {"N": 5, "B": true}}, "far": {"url": "https://example.com"}, "http": {"type": "http", "command": "x"}, "none": {}, "odd": {"command": ["a"]}, "env": {"command": "a", "env": {"X": {}}}, "nul": {"command": "a\u0000"}}}`,
			[]Server{{Name: "ok", Title: "ok", Command: "a", Env: map[string]string{"N": "5", "B": "true"}}},
			[]Other{{"env", `its variable "X" is not understood`}, {"far", remote}, {"http", remote}, {"none", "it has no command"}, {"nul", "its command has a NUL byte in it"}, {"odd", "it is not understood: json: cannot unmarshal array into Go struct field entry.command of type string"}}},
		"Codex": {"codex", "model = 'o'\n[mcp_servers.a]\ncommand = \"npx\"\nargs = [\"-y\", \"x\"]\nenv_vars = [\"HOME_KEY\"]\nenabled = false\n[mcp_servers.a.env]\nN = 5\nK = \"v\"\n[mcp_servers.far]\nurl = \"https://example.com\"\n",
			[]Server{{Name: "a", Title: "a", Command: "npx", Args: []string{"-y", "x"}, Env: map[string]string{"N": "5", "K": "v", "HOME_KEY": "${env:HOME_KEY}"}, Disabled: true}},
			[]Other{{"far", remote}}},
		"empty":             {"cursor", "", nil, nil},
		"of another shape":  {"cursor", `{"mcpServers": []}`, nil, nil},
		"a file of nothing": {"cursor", `[]`, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := taken(t, c.app, c.text)
			if got.Err != nil {
				t.Fatal(got.Err)
			}
			if d := cmp.Diff(c.want, got.Servers); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(c.others, got.Others); d != "" {
				t.Error(d)
			}
		})
	}
}

const remote = "it is a remote server: agents can connect to it without a bridge"

// taken is what is taken of an application's file.
func taken(t *testing.T, app, text string) Source {
	t.Helper()
	for _, a := range applications() {
		if a.key == app {
			var s Source
			s.fill(a, on("linux", "/h", nil), []byte(text))
			return s
		}
	}
	t.Fatalf("there is no application %q", app)
	return Source{}
}

func TestBrokenFiles(t *testing.T) {
	for text, want := range map[string]string{
		`{"mcpServers": {`:                 "it is no JSON",
		"//" + strings.Repeat("[", 60_000): "it is no JSON that can be read",
	} {
		if got := taken(t, "cursor", text); got.Err == nil || !strings.Contains(got.Err.Error(), want) || got.Servers != nil {
			t.Errorf("%.20s: %v, want %q", text, got.Err, want)
		}
	}
	if got := taken(t, "codex", "[mcp_servers"); got.Err == nil {
		t.Error("broken TOML is taken")
	}
}

// TestReadFile: what is no regular file, or too large, is not read.
func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	if _, err := readFile(path, 10); !isMissing(err) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := readFile(dir, 10); err == nil {
		t.Error("a directory is read")
	}
	if err := os.WriteFile(path, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := readFile(path, 10); err != nil || len(b) != 10 {
		t.Errorf("%q, %v", b, err)
	}
	if _, err := readFile(path, 9); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is too large: %v", err)
	}
}

// FuzzFill: whatever a file says, what is taken of it can be configured.
func FuzzFill(f *testing.F) {
	f.Add(uint8(0), `{"mcpServers": {"a": {"command": "b", "args": ["c"], "env": {"D": "${E:-f}"}}}}`)
	f.Add(uint8(1), `{"projects": {"/p": {"mcpServers": {"A b": {"command": "b"}}}}}`)
	f.Add(uint8(3), `{"servers": {"a": {"command": "${env:X}", /* c */ "env": {"D": "${input:f}"},}}}`)
	f.Add(uint8(7), "[mcp_servers.\"x y\"]\ncommand='a'\nenv_vars=['N']")
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		all := applications()
		var s Source
		s.fill(all[int(which)%len(all)], on("linux", "/h", nil), []byte(text))
		seen := map[string]bool{}
		for _, sv := range s.Servers {
			if err := settings.CheckName(sv.Name); err != nil || seen[sv.Name] || strings.TrimSpace(sv.Command) == "" {
				t.Errorf("%q, %v, seen %v", sv.Name, err, seen[sv.Name])
			}
			seen[sv.Name] = true
			for name, value := range sv.Env {
				if name == "" || strings.ContainsAny(name, "=\x00") || strings.ContainsRune(value, 0) {
					t.Errorf("variable %q=%q", name, value)
				}
			}
		}
	})
}
