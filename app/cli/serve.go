package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"

	"drawbridge/app"
	"drawbridge/app/settings"
	"drawbridge/internal/demo"
)

// auto is the value of a flag that leaves the choice to the program.
const auto = "auto"

// start are the flags of what starts a bridge.
type start struct {
	Listen   string `placeholder:"ADDR" help:"Where agents connect, for instance 127.0.0.1:7040."`
	Keychain string `enum:"auto,system,file" default:"auto" placeholder:"K" help:"Where secrets are kept: system, or file, which is encrypted with $$DRAWBRIDGE_PASSPHRASE, or auto for what fits."`
	Demo     bool   `help:"Share the built-in demo server if no server is configured."`
}

func (s start) options(c *console) (app.Options, error) {
	places, err := settings.Find()
	if s.Keychain == auto {
		s.Keychain = ""
	}
	return app.Options{Places: places, Listen: s.Listen, Keychain: s.Keychain, Demo: s.Demo, Version: c.Version}, err
}

type serveCmd struct{ start }

// ready is the one line that serve prints on standard output.
type ready struct {
	URL string `json:"url"`
	PID int    `json:"pid"`
}

func (s *serveCmd) Run(c *console) error {
	options, err := s.options(c)
	if err != nil {
		return err
	}
	options.Log = c.Stderr
	a, err := app.New(options)
	if err != nil {
		return err
	}
	defer a.Close()
	return a.Run(c.ctx, func(url string) {
		_ = json.NewEncoder(c.Stdout).Encode(ready{url, os.Getpid()})
	})
}

type trayCmd struct {
	start
	Hidden bool `help:"Begin in the tray, without a window."`
}

func (t *trayCmd) Run(c *console) error {
	if c.Tray == nil {
		return usage("there is no desktop here; use drawbridge serve")
	}
	options, err := t.options(c)
	if err != nil {
		return err
	}
	options.Windowed = true
	if err := c.showOther(); !errors.Is(err, app.ErrNotRunning) {
		return err
	}
	a, err := app.New(options)
	if err != nil {
		return err
	}
	defer a.Close()
	ctx, cancel := context.WithCancel(c.ctx)
	ran, failed := make(chan error, 1), make(chan error, 1) // each holds the one result of Run
	go func() {
		err := a.Run(ctx, nil)
		ran <- err
		if err == nil {
			cancel()
			return
		}
		failed <- err // the owner reads it in the window, which ends then
	}()
	err = c.Tray(ctx, app.Desktop{App: a, Hidden: t.Hidden, Failed: failed})
	cancel()
	return errors.Join(err, <-ran)
}

// showOther brings the window of the App that runs already to the front; ErrNotRunning is that none does.
func (c *console) showOther() error {
	return c.do(c.live, func(o owner) error { return o.Show() })
}

type demoCmd struct{}

func (*demoCmd) Run(c *console) error {
	served := make(chan error, 1) // holds the one result of Serve
	go func() { served <- demo.Serve(demo.Lines(io.NopCloser(c.Stdin), keepOpen{c.Stdout}), c.Version) }()
	select {
	case err := <-served:
		return err
	case <-c.ctx.Done(): // what is still being read ends with the program
		return nil
	}
}

// keepOpen is a writer that others may not close.
type keepOpen struct{ io.Writer }

func (keepOpen) Close() error { return nil }
