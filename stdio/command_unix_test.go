//go:build unix

package stdio

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// script makes an executable file.
func script(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestResolve(t *testing.T) {
	dir := t.TempDir()
	tool := script(t, dir, "tool", "#!/bin/sh\n")
	if err := os.WriteFile(filepath.Join(dir, "text"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	secret := func(name string) (string, error) {
		if name == "pw" {
			return "hunter22", nil
		}
		return "", errors.New("no such secret; store it with: drawbridge secret set")
	}
	owner := environ{"HOME": dir, "PATH": "relative:" + dir + ":/bin", "REGION": "eu"}
	for _, test := range []struct {
		name    string
		c       Command
		path    string
		env     []string // among the variables
		failure string   // part of the error
	}{
		{name: "by name", c: Command{Path: "tool"}, path: tool},
		{name: "below home", c: Command{Path: "~/tool"}, path: tool},
		{name: "relative to dir", c: Command{Path: "./tool", Dir: dir}, path: tool},
		{name: "own PATH", c: Command{Path: "tool", Env: map[string]string{"PATH": dir}}, path: tool, env: []string{"PATH=" + dir}},
		{name: "values", c: Command{Path: "tool", Env: map[string]string{"A": "${env:REGION}-${keychain:pw}-${HOME}-${env"}},
			path: tool, env: []string{"A=eu-hunter22-${HOME}-${env"}},
		{name: "missing", c: Command{Path: "npx-not-here"}, failure: `"npx-not-here" not found; looked in ` + dir},
		{name: "no program", c: Command{Path: dir + "/text"}, failure: "make it executable"},
		{name: "no file", c: Command{Path: dir + "/nothing"}, failure: "does not exist"},
		{name: "no dir", c: Command{Path: "tool", Dir: dir + "/nothing"}, failure: "working directory"},
		{name: "dir is a file", c: Command{Path: "tool", Dir: tool}, failure: "is not a directory"},
		{name: "no variable", c: Command{Path: "tool", Env: map[string]string{"A": "${env:NOPE}"}}, failure: `"A": ${env:NOPE}: your environment has no NOPE`},
		{name: "no secret", c: Command{Path: "tool", Env: map[string]string{"A": "${keychain:x}"}}, failure: `"A": ${keychain:x}: no such secret`},
		{name: "bad variable", c: Command{Path: "tool", Env: map[string]string{"A=B": ""}}, failure: "cannot be the name"},
		{name: "NUL", c: Command{Path: "tool", Args: []string{"a\x00b"}}, failure: "NUL"},
		{name: "nothing", failure: "no command"},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, _, err := test.c.resolve(t.Context(), owner, secret)
			if test.failure != "" {
				if err == nil || !strings.Contains(err.Error(), test.failure) || strings.Contains(err.Error(), "hunter22") {
					t.Fatalf("got %v, want %q in it", err, test.failure)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if l.path != test.path {
				t.Errorf("path is %q, want %q", l.path, test.path)
			}
			for _, kv := range test.env {
				if !slices.Contains(l.env, kv) {
					t.Errorf("%q is not in %q", kv, l.env)
				}
			}
		})
	}
}

// A server sees what it needs of the owner's environment, and what is configured. Nothing else.
func TestServerEnviron(t *testing.T) {
	c := role("environ", "")
	c.Env["OWN"] = "configured"
	p := start(t, c, func(c *Config) {
		c.Environ = []string{
			"HOME=/tmp", "PATH=/usr/bin", "LANG=C", "LC_ALL=C.UTF-8", "XDG_DATA_HOME=/x", "TERM=() { evil; }",
			"AWS_SECRET_ACCESS_KEY=k", "DRAWBRIDGE_PASSPHRASE=p", "SSH_AUTH_SOCK=/s",
		}
	})
	_ = p.Close()
	<-p.Done()
	var got []string
	for line := range strings.Lines(p.Stderr()) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch {
		case name == "PATH" && !strings.HasPrefix(value, "/usr/bin"):
			t.Errorf("PATH is %q", value)
		case name == markName && len(value) < 20:
			t.Errorf("the mark is %q", value)
		}
		got = append(got, name)
	}
	slices.Sort(got)
	want := []string{markName, "GORACE", "HOME", "LANG", "LC_ALL", "OWN", "PATH", "XDG_DATA_HOME"}
	if !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
}

func TestStartFails(t *testing.T) {
	dir := t.TempDir()
	script(t, dir, "orphan", "#!/no/such/interpreter\n")
	script(t, dir, "garbled", "\x7fELF nonsense")
	for name, want := range map[string]string{
		"orphan":  "the interpreter that it names was not found",
		"garbled": "it is no program for this machine",
	} {
		_, err := Start(t.Context(), "x", Command{Path: filepath.Join(dir, name)}, Config{Environ: os.Environ()})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), `start server "x": `) {
			t.Errorf("%s: got %v, want %q in it", name, err, want)
		}
	}
}

func TestLoginShell(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"good":   "#!/bin/sh\necho Welcome back\nexport PATH=/from/rc MULTI='a\nb'\nsleep 100 &\neval \"$4\"\n",
		"silent": "#!/bin/sh\nexit 0\n",
		"stuck":  "#!/bin/sh\nsleep 100\n",
		"loud":   "#!/bin/sh\nexec cat /dev/zero\n",
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			if name == "stuck" {
				stop := time.AfterFunc(200*time.Millisecond, cancel)
				defer stop.Stop()
			}
			defer cancel()
			t.Setenv("SHELL", script(t, dir, name, text))
			e, err := ownerEnviron(ctx)
			if name != "good" {
				if err == nil || !strings.HasPrefix(err.Error(), "login shell "+dir) {
					t.Fatalf("got %v, %v", e, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if e["PATH"] != "/from/rc" || e["MULTI"] != "a\nb" {
				t.Fatalf("got %q", e)
			}
		})
	}
}

func TestRescan(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("SHELL", script(t, dir, "shell", "#!/bin/sh\n. "+dir+"/rc\neval \"$4\"\n"))
	script(t, dir, "rc", "export PATH=/one")
	h := NewHost(Config{})
	defer h.Close()
	if got := h.starter.environment()["PATH"]; got != "/one" {
		t.Fatalf("got %q", got)
	}
	script(t, dir, "rc", "export PATH=/two")
	if got := h.starter.environment()["PATH"]; got != "/one" {
		t.Fatalf("asked again without need: %q", got)
	}
	h.Rescan()
	if got := h.starter.environment()["PATH"]; got != "/two" {
		t.Fatalf("got %q", got)
	}
}
