package app

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/audit"
	"drawbridge/bridge/policy"
	"drawbridge/stdio"
)

// Trial is what came of trying a server.
type Trial struct {
	Tools  []bridge.Tool
	Era    string // legacy, modern, both; "" when that was not found out
	Error  string // why it cannot be used; "" when it can
	Stderr string // the end of what it wrote to standard error
	Took   time.Duration
}

// tryFor is how long a server may take to say what it is. First starts of npx and docker take long.
const tryFor = 90 * time.Second

// TryServer starts a server once, on a bridge of its own that no agent can reach, asks for its tools, and ends it.
// Nothing is written down. Programs are looked for anew.
func (a *App) TryServer(ctx context.Context, s NewServer) (Trial, error) {
	if err := s.check(); err != nil {
		return Trial{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, tryFor, errors.New("it did not answer in time"))
	defer cancel()
	const name = "trial"
	host := stdio.NewHost(stdio.Config{Secret: a.secret, Environ: a.environ(), Log: a.log.With("room", "stdio", "trial", s.Name)})
	defer host.Close()
	b := bridge.New(bridge.Config{Backend: backend{host}, Policy: &policy.Policy{}, Record: unrecorded{}})
	defer b.Close()
	begun := time.Now()
	host.Set(name, stdio.Spec{Command: stdio.Command{Path: s.Command[0], Args: s.Command[1:], Env: s.Env, Dir: s.Dir}})
	b.SetServer(bridge.ServerConfig{Name: name, Command: s.Command, Share: bridge.ShareAll})
	err := b.Learn(ctx, name)
	snapshot, sub := b.Watch()
	sub.Close()
	t := Trial{Tools: snapshot.Servers[name].Tools, Era: snapshot.Servers[name].Era, Stderr: said(host, name), Took: time.Since(begun)}
	var start *stdio.StartError
	if errors.As(err, &start) {
		err = start.Cause // the owner may know
	}
	if err != nil {
		t.Error = strings.ReplaceAll(err.Error(), strconv.Quote(name), strconv.Quote(s.Name))
	}
	return t, nil
}

// said is the end of what a server's processes wrote to standard error.
func said(h *stdio.Host, server string) string {
	kept, _, cancel, err := h.Logs(server)
	if err != nil {
		return ""
	}
	cancel()
	return string(kept)
}

// unrecorded keeps no record: nothing of an agent's happens on a trial.
type unrecorded struct{}

func (unrecorded) Append(audit.Entry) error { return nil }

// RescanPrograms has programs looked for anew when they are next started: the owner installed one, or changed PATH.
func (a *App) RescanPrograms() { a.host.Rescan() }
