// Package stdio turns a configured command into running MCP server processes: it finds the program,
// gives it an environment, frames messages on its pipes, and sees to it that nothing of what it
// started outlives it or the bridge, however either of them dies.
//
//	Host.Acquire ── Start ── keeper ── guardian (our own binary again) ── server ── its children
//	     │                                                                 │
//	  Process  ◀───────────────── pipes, nothing between ─────────────────▶
//
// A program that uses it calls Reexec before anything else in main.
package stdio

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Command says how a server is started. It holds no resolved secret.
type Command struct {
	// Path is the program: a name to be found, an absolute path, or one below the home directory (~/…). Required.
	Path string
	Args []string // what follows the program's name; passed as they are
	// Env is added to the few variables that every server gets. In a value, ${env:NAME} stands for a
	// variable of the owner's environment and ${keychain:NAME} for a secret; both are looked up when
	// the process starts, and the start fails when one is missing.
	Env map[string]string
	Dir string // where it runs; "" is the owner's home directory, ~/ works
}

// clone is c with nothing shared.
func (c Command) clone() Command {
	c.Args = slices.Clone(c.Args)
	env := make(map[string]string, len(c.Env))
	for k, v := range c.Env {
		env[k] = v
	}
	c.Env = env
	return c
}

// launch is a command with everything resolved. It holds secrets: it is used once and not kept.
type launch struct {
	path string
	args []string // begins with the program's name
	env  []string
	dir  string
	mark string // the process's own value of markName; what inherits it belongs to the process
}

// markName is the variable that a process and all that it starts carry.
const markName = "DRAWBRIDGE_PROCESS"

// resolve finds the program and makes the environment of c. The secrets are the values looked up,
// which must not show in anything that the process says.
func (c Command) resolve(ctx context.Context, owner environ, secret func(string) (string, error)) (l launch, s secrets, err error) {
	if c.Path == "" {
		return l, nil, errors.New("no command is configured")
	}
	for _, a := range append([]string{c.Path, c.Dir}, c.Args...) {
		if strings.ContainsRune(a, 0) {
			return l, nil, errors.New("the command contains a NUL byte")
		}
	}
	extra, s, err := expand(c.Env, owner, secret)
	if err != nil {
		return l, nil, err
	}
	home := owner.home()
	l.dir = home
	if c.Dir != "" {
		l.dir = underHome(c.Dir, home)
	}
	if err := checkDir(l.dir); err != nil {
		return l, nil, err
	}
	search := owner.searchPath()
	env := owner.allowed()
	env.set("PATH", strings.Join(search, string(os.PathListSeparator)))
	for k, v := range extra {
		env.set(k, v)
	}
	if own, ok := environ(extra).get("PATH"); ok {
		search = append(splitPath(own), search...)
	}
	if l.path, err = lookUp(underHome(c.Path, home), l.dir, search, owner); err != nil {
		return l, nil, err
	}
	l.mark = newMark()
	env.set(markName, l.mark)
	l.args = append([]string{l.path}, c.Args...)
	l.env = env.list()
	return l, s, ctx.Err()
}

// checkDir refuses what no process can run in; the system's own error would not say what is missing.
func checkDir(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return fmt.Errorf("working directory %q: %w", dir, errors.Unwrap(err))
	case !info.IsDir():
		return fmt.Errorf("working directory %q is not a directory", dir)
	}
	return nil
}

// underHome replaces a leading ~/ of path.
func underHome(path, home string) string {
	if path == "~" {
		return home
	}
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(home, rest)
	}
	return path
}
