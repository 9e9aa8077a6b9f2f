//go:build unix

package stdio

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
)

// TestRun: a tool's words are passed on, how it ended is said, and it ends with its context, with what it started.
func TestRun(t *testing.T) {
	var said bytes.Buffer
	err := Run(t.Context(), "tool", role("exit", "", "3"), Config{Environ: []string{}}, &said)
	if err == nil || !strings.Contains(err.Error(), "status 3") || said.String() != "so long\n" {
		t.Errorf("%v; it said %q", err, said.String())
	}

	l := newLife(t)
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() {
		ran <- Run(ctx, "tool", role("parent", l.path, l.path, "deaf"), Config{Environ: []string{}}, &said)
	}()
	l.born(t, 2)
	cancel()
	if err := <-ran; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	l.over(t)

	if err := Run(t.Context(), "tool", Command{Path: "/no/such/program"}, Config{Environ: []string{}}, &said); err == nil || !strings.Contains(err.Error(), "tool") {
		t.Errorf("a program that is not there: %v", err)
	}
}
