package origin

import (
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// at is a place whose environment is env, in KEY=VALUE form.
func at(home string, env ...string) Place {
	return Place{Home: home, Getenv: func(name string) string {
		for _, e := range env {
			if k, v, _ := strings.Cut(e, "="); k == name {
				return v
			}
		}
		return ""
	}}
}

// put writes files below dir.
func put(t *testing.T, dir string, files map[string]string) string {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// installed is a node_modules with one package.
func installed(under, name, version, integrity string) map[string]string {
	return map[string]string{
		under + "/node_modules/" + name + "/package.json": `{"version":"` + version + `"}`,
		under + "/node_modules/.package-lock.json":        `{"packages":{"node_modules/` + name + `":{"version":"` + version + `","integrity":"` + integrity + `"}}}`,
	}
}

func TestNPX(t *testing.T) {
	// The digest that npm 11 names the directory of this package by.
	cache := put(t, t.TempDir(), installed("_npx/15b07286cbcc3329", "@modelcontextprotocol/server-memory", "2026.8.31", "sha512-abc"))
	project := put(t, t.TempDir(), installed(".", "tool", "1.0.0", "sha512-own"))
	place := at("/nowhere", "npm_config_cache="+cache)
	memory := Origin{Manager: "npx", Name: "@modelcontextprotocol/server-memory", Asked: "@modelcontextprotocol/server-memory", Version: "2026.8.31", Integrity: "sha512-abc"}
	for _, c := range []struct {
		command string
		args    []string
		want    Origin
		locked  []string
	}{
		{"npx", []string{"-y", "@modelcontextprotocol/server-memory"}, memory, []string{"-y", "@modelcontextprotocol/server-memory@2026.8.31"}},
		{`C:\Program Files\nodejs\npx.cmd`, []string{"--yes", "@modelcontextprotocol/server-memory", "-p", "x"}, memory, []string{"--yes", "@modelcontextprotocol/server-memory@2026.8.31", "-p", "x"}},
		{"cmd", []string{"/c", "npx", "-y", "@modelcontextprotocol/server-memory"}, memory, []string{"/c", "npx", "-y", "@modelcontextprotocol/server-memory@2026.8.31"}},
		{"npx", []string{"--package=@modelcontextprotocol/server-memory", "--", "mcp-server-memory"}, memory, []string{"--package=@modelcontextprotocol/server-memory@2026.8.31", "--", "mcp-server-memory"}},
		{"npx", []string{"-y", "tool@1.0.0", "x"}, Origin{Manager: "npx", Name: "tool", Asked: "tool@1.0.0", Version: "1.0.0", Integrity: "sha512-own", Exact: true}, []string{"-y", "tool@1.0.0", "x"}},
	} {
		p := place
		if strings.Contains(strings.Join(c.args, " "), "tool@") {
			p.Dir = filepath.Join(project, "node_modules")
		}
		got, err := Find(c.command, c.args, p)
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s %q: %v %s", c.command, c.args, err, diff)
		}
		locked, err := Lock(c.command, c.args, got)
		if diff := cmp.Diff(c.locked, locked); diff != "" || err != nil {
			t.Errorf("lock %s %q: %v %s", c.command, c.args, err, diff)
		}
	}
	for _, args := range [][]string{{"-y", "github:a/b"}, {"a/b"}, {"./here"}, {"unheard-of"}} {
		got, err := Find("npx", args, place)
		if err != nil || got.Version != "" || got.Note == "" {
			t.Errorf("npx %q: %+v, %v", args, got, err)
		}
		if _, err := Lock("npx", args, got); !errors.Is(err, ErrUnknown) {
			t.Errorf("lock npx %q: %v", args, err)
		}
	}
	for _, args := range [][]string{{}, {"-y"}, {"--package"}} {
		if _, err := Find("npx", args, place); !errors.Is(err, ErrNone) {
			t.Errorf("npx %q: %v", args, err)
		}
	}
	rc := put(t, t.TempDir(), map[string]string{".npmrc": "fund=false\ncache = \"" + cache + "\"\n"})
	if got, _ := Find("npx", []string{memory.Asked}, at(rc)); got.Version != memory.Version {
		t.Errorf("the cache of .npmrc is not looked at: %+v", got)
	}
}

func TestUVX(t *testing.T) {
	for args, want := range map[string]Origin{
		"mcp-server-git@1.2.3 --repo .":       {Manager: "uvx", Name: "mcp-server-git", Asked: "mcp-server-git@1.2.3", Version: "1.2.3", Exact: true},
		"--from mcp-git==2.0 mcp-git-tool":    {Manager: "uvx", Name: "mcp-git", Asked: "mcp-git==2.0", Version: "2.0", Exact: true},
		"--python 3.12 mcp-server-git@latest": {Manager: "uvx", Name: "mcp-server-git", Asked: "mcp-server-git@latest", Note: "…"},
		"mcp-server-git":                      {Manager: "uvx", Name: "mcp-server-git", Asked: "mcp-server-git", Note: "…"},
	} {
		got, err := Find("/home/ada/.local/bin/uvx", strings.Fields(args), at(""))
		if got.Note != "" {
			got.Note = "…"
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("uvx %s: %v %s", args, err, diff)
		}
	}
}

func TestDocker(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the engine is behind a named pipe there, which is not asked")
	}
	dir := t.TempDir()
	socket := filepath.Join(dir, "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	engine := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/images/ghcr.io/github/server:1.0/json" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(`{"RepoDigests":["other@sha256:0","ghcr.io/github/server@sha256:beef"]}`))
	})}
	served := make(chan error, 1)
	go func() { served <- engine.Serve(listener) }()
	defer func() { engine.Close(); <-served }()
	place := at("", "DOCKER_HOST=unix://"+socket)

	args := strings.Fields("run -i --rm -e TOKEN --mount type=bind,src=/a,dst=/b ghcr.io/github/server:1.0 stdio")
	want := Origin{Manager: "docker", Name: "ghcr.io/github/server", Asked: "ghcr.io/github/server:1.0", Version: "1.0", Integrity: "sha256:beef"}
	got, err := Find("docker", args, place)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	locked, err := Lock("docker", args, got)
	if err != nil || locked[len(locked)-2] != "ghcr.io/github/server:1.0@sha256:beef" {
		t.Error(locked, err)
	}
	if again, _ := Find("docker", locked, at("", "DOCKER_HOST=tcp://elsewhere")); !again.Exact || again.Integrity != "sha256:beef" {
		t.Errorf("%+v", again)
	}
	if built, err := Find("docker", []string{"run", "-it", "mine"}, place); err != nil || built.Integrity != "" || built.Note == "" || built.Name != "mine" {
		t.Errorf("%+v %v", built, err)
	}
	for _, args := range [][]string{{"ps"}, {"run", "-it"}} {
		if _, err := Find("docker", args, place); !errors.Is(err, ErrNone) {
			t.Error(args, err)
		}
	}
	if _, err := Find("node", []string{"x.js"}, place); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
}

func FuzzFind(f *testing.F) {
	f.Add("npx", "-y\x00--package\x00a@1\x00--")
	f.Add("cmd", "/c\x00uvx\x00--from")
	f.Add("docker", "run\x00-\x00--\x00a")
	f.Fuzz(func(t *testing.T, command, line string) {
		args := strings.Split(line, "\x00")
		p := at("", "DOCKER_HOST=tcp://none", "npm_config_cache=/nowhere")
		o, err := Find(command, args, p)
		if err != nil {
			return
		}
		o.Version, o.Integrity = "9.8.7", "sha256:00"
		locked, err := Lock(command, args, o)
		if err == nil && len(locked) != len(args) {
			t.Errorf("%q became %q", args, locked)
		}
	})
}
