package bench

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// machine says what was measured where, and how busy it was before.
func machine(tb testing.TB) string {
	tb.Helper()
	path, err := drawbridge()
	if err != nil {
		tb.Fatal(err)
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	version := info.Main.Version
	if here, err := exec.Command("git", "describe", "--always", "--dirty").Output(); err == nil && os.Getenv("JUDGE_DRAWBRIDGE") == "" {
		version = strings.TrimSpace(string(here))
	}
	file, err := os.Stat(path)
	if err != nil {
		tb.Fatal(err)
	}
	_, model, _ := strings.Cut(read("/proc/cpuinfo"), "model name")
	model, _, _ = strings.Cut(strings.TrimLeft(model, "\t :"), "\n")
	load, _, _ := strings.Cut(read("/proc/loadavg"), " ")
	return fmt.Sprintf("Drawbridge %s (%.1f MiB), %s; %s, %d cores, Linux %s, load %s before; %s.", version, float64(file.Size())/(1<<20), info.GoVersion,
		model, runtime.NumCPU(), read("/proc/sys/kernel/osrelease"), load, time.Now().UTC().Format(time.DateOnly))
}

// read is the text of a file of the system's, or nothing.
func read(path string) string {
	text, _ := os.ReadFile(path)
	return strings.TrimSpace(string(text))
}

// heading is what stands above results.
func heading(machine string, repetitions int, phase time.Duration) string {
	return fmt.Sprintf("%s Medians of %d repetitions, ratios formed within each; %v a phase, loopback, 64 bytes of text unless said, every answer checked.\n\n",
		machine, repetitions, phase)
}
