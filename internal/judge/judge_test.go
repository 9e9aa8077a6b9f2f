// Package judge is the bridge seen from outside: the program is built, started with real servers
// behind it and tried by clients that others wrote, by the official conformance suite, and by our
// own when it comes to crowds, crashes and bad input. It has tests only.
//
// JUDGE=1 runs them. What comes from npm lies in JUDGE_NODE, put there by `./dev test`; the tests
// that need it are skipped when that is not set. JUDGE_DRAWBRIDGE names a program to judge instead
// of the one that this tree builds.
package judge

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "fixture" {
		os.Exit(fixture(os.Args[2:]))
	}
	if len(os.Args) > 2 && os.Args[1] == "asker" {
		os.Exit(ask(os.Args[2:]))
	}
	if len(os.Args) > 3 && os.Args[1] == "shim" {
		os.Exit(shim(os.Args[2:]))
	}
	dir, err := os.MkdirTemp("", "judge")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	workshop = dir
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// workshop holds what the tests build; TestMain makes and removes it.
var workshop string

// judging skips t unless the judges are wanted: they build programs and take minutes.
func judging(t testing.TB) {
	t.Helper()
	if os.Getenv("JUDGE") == "" {
		t.Skip("set JUDGE=1 to be judged from outside")
	}
}

// The programs that the tests need, built once.
var (
	drawbridge = sync.OnceValues(func() (string, error) {
		if path := os.Getenv("JUDGE_DRAWBRIDGE"); path != "" {
			return path, nil
		}
		return build("drawbridge", ".")
	})
	everything = sync.OnceValues(func() (string, error) {
		return build("everything", "github.com/modelcontextprotocol/go-sdk/conformance/everything-server")
	})
)

func build(name, pkg string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	path := filepath.Join(workshop, name)
	cmd := exec.CommandContext(ctx, "go", "build", "-o", path, pkg)
	cmd.Dir, cmd.Env = filepath.Join("..", ".."), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	return path, nil
}

// program is what build made, or the end of t.
func program(t testing.TB, built func() (string, error)) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// deadline is a context that ends d from now, or with t.
func deadline(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// eventually asks until ok, and fails t with what when d has passed.
func eventually(t testing.TB, d time.Duration, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(d); !ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("%s: not after %v", what, d)
		}
	}
}

// contains reports whether text has part in it.
func contains(text []byte, part string) bool { return strings.Contains(string(text), part) }
