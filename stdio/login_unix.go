//go:build unix

package stdio

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	// loginFor is how long the owner's shell may take to start. Version managers make some take seconds.
	loginFor = 10 * time.Second
	// loginMost bounds what the shell may print in bytes.
	loginMost = 8 << 20
)

// ownerEnviron is the environment that the owner's login shell gives to programs. Desktops and launchd start programs with a
// bare PATH that lacks what the shell's start-up files add, so the shell is asked: it runs this
// program, which prints what it got. Functions, banners and values of several lines do no harm.
func ownerEnviron(ctx context.Context) (environ, error) {
	base := newEnviron(os.Environ())
	shell := loginShell(base)
	ctx, cancel := context.WithTimeout(ctx, loginFor)
	defer cancel()
	list, err := askShell(ctx, shell, base)
	if err != nil {
		return nil, fmt.Errorf("login shell %s: %w", shell, err)
	}
	e := newEnviron(list)
	for _, k := range []string{"SHLVL", "PWD", "OLDPWD", "_"} {
		delete(e, k)
	}
	// Some shells' start-up files set it for sessions that they think are new.
	delete(e, "XDG_RUNTIME_DIR")
	if v, ok := base["XDG_RUNTIME_DIR"]; ok {
		e["XDG_RUNTIME_DIR"] = v
	}
	return e, nil
}

func loginShell(base environ) string {
	for _, shell := range []string{base["SHELL"], "/bin/zsh", "/bin/bash"} {
		if _, ok := program(shell, base); ok && filepath.IsAbs(shell) {
			return shell
		}
	}
	return "/bin/sh"
}

// askShell starts the shell and returns what it printed between the marks.
func askShell(ctx context.Context, shell string, base environ) ([]string, error) {
	mark := rand.Text()
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	cmd := exec.Command(shell, shellArgs(shell, mark)...)
	cmd.Env = append(base.list(), "DRAWBRIDGE_RESOLVING_ENVIRONMENT=1")
	cmd.Stdout = w
	// Without a controlling terminal an interactive shell cannot be stopped by it, and is a group of its own.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	_ = w.Close()
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = r.SetReadDeadline(time.Now())
	})
	printed, readErr := readMarked(r, []byte(mark))
	if readErr != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	_ = cmd.Wait()
	stop()
	switch {
	case ctx.Err() == context.DeadlineExceeded:
		return nil, fmt.Errorf("no environment within %v; check its start-up files", loginFor)
	case readErr != nil:
		return nil, readErr
	}
	var list []string
	err = json.Unmarshal(printed, &list)
	return list, err
}

// shellArgs makes the shell start as for a terminal, since some put things in PATH only then, and run us.
func shellArgs(shell, mark string) []string {
	run := "'" + strings.ReplaceAll(self(), "'", `'\''`) + "' " + environRole + " " + mark
	switch filepath.Base(shell) {
	case "csh", "tcsh":
		return []string{"-ic", "exec " + run}
	case "nu":
		return []string{"-i", "-l", "-c", "^" + run}
	}
	return []string{"-i", "-l", "-c", "exec " + run}
}

// readMarked reads until mark has come twice and returns what is between. It doesn't wait for the end of
// file: what the start-up files started may hold the pipe for long.
func readMarked(r *os.File, mark []byte) ([]byte, error) {
	var buf bytes.Buffer
	chunk := make([]byte, 16<<10)
	for buf.Len() < loginMost {
		n, err := r.Read(chunk)
		buf.Write(chunk[:n])
		if _, rest, ok := bytes.Cut(buf.Bytes(), mark); ok {
			if inner, _, ok := bytes.Cut(rest, mark); ok {
				return inner, nil
			}
		}
		if err != nil {
			return nil, errors.New("it printed no environment")
		}
	}
	return nil, errors.New("it printed too much")
}
