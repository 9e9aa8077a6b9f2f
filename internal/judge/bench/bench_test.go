// Package bench measures the bridge as an agent feels it: the built program with everything on (a token, a hundred rules,
// the record, metrics) before a server that does as little as can be. Beside it, in every repetition, stand the
// floors: the same server spoken to over its pipes ("STDIO"), the same answers from net/http with nothing
// behind them ("HTTP floor"), and net/http before the pipes with nothing but ids changed ("splice"). One client asks all of them and checks every answer, id and payload.
// It has benchmarks only; a slow machine fails none of them, a wrong answer does.
//
// `./dev bench DIR` runs it. JUDGE=1 lets it; JUDGE_BENCH is the directory that gets table.md, growth.md and growth.svg, which are printed if it is not set;
// JUDGE_PHASE is how long each phase takes, a second if it is not set; JUDGE_DRAWBRIDGE is the program, built if it is
// not set. -benchtime 5x is five repetitions. The processes' cost is read from /proc, so it runs on Linux.
package bench

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "echo" {
		os.Exit(echo{modern: os.Args[2] == "modern"}.serve(os.Stdin, os.Stdout))
	}
	if len(os.Args) > 1 && os.Args[1] == "floor" {
		os.Exit(serveHTTP(echo{}))
	}
	if len(os.Args) > 1 && os.Args[1] == "splice" {
		s, err := newSplice()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(serveHTTP(s))
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	workshop = dir
	debug.SetGCPercent(400) // the client's own work is to be small
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// workshop holds what is built, and the bridges' homes; TestMain makes and removes it.
var workshop string

// measuring skips tb unless it is wanted, and says how long a phase takes.
func measuring(tb testing.TB) time.Duration {
	tb.Helper()
	if os.Getenv("JUDGE") == "" {
		tb.Skip("set JUDGE=1 to be measured")
	}
	if runtime.GOOS != "linux" {
		tb.Skip("what processes cost is read from /proc")
	}
	phase, err := time.ParseDuration(cmp.Or(os.Getenv("JUDGE_PHASE"), "1s"))
	if err != nil || phase <= 0 || phase > patience/2 {
		tb.Fatalf("JUDGE_PHASE: %v (%v); write a time up to %v, like 1s", phase, err, patience/2)
	}
	return phase
}

// drawbridge is the program that is measured, built once.
var drawbridge = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("JUDGE_DRAWBRIDGE"); path != "" {
		return path, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	path := filepath.Join(workshop, "drawbridge")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", path, ".")
	cmd.Dir, cmd.Env = filepath.Join("..", "..", ".."), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

// publish writes a result where results are wanted, or prints it.
func publish(b *testing.B, name, text string) {
	b.Helper()
	dir := os.Getenv("JUDGE_BENCH")
	if dir == "" {
		fmt.Println(text)
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		b.Fatal(err)
	}
}

// tell says how far it is: a benchmark's log keeps ten lines.
func tell(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
