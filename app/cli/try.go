package cli

import (
	"errors"
	"fmt"
	"strings"

	"drawbridge/app"
)

type serversTryCmd struct {
	Env map[string]string `placeholder:"K=V" mapsep:"none" help:"A variable of its environment; may be given again."`
	Cwd string            `placeholder:"DIR" help:"Where it runs; your home directory when left out."`

	Command []string `arg:"" optional:"" passthrough:"" help:"The program and its arguments, after --."`
}

func (s *serversTryCmd) Run(c *console) error {
	command, err := afterDashes(s.Command, "drawbridge servers try -- COMMAND ARG…")
	if err != nil {
		return err
	}
	return c.do(c.any, func(o owner) error {
		t, err := o.TryServer(c.ctx, app.NewServer{Name: "trial", Command: command, Env: s.Env, Dir: s.Cwd})
		if err != nil {
			return err
		}
		for line := range strings.Lines(t.Stderr) {
			c.hint("%s", plain(strings.TrimRight(line, "\r\n")))
		}
		if t.Error != "" {
			return errors.New(t.Error)
		}
		for _, tool := range t.Tools {
			if _, err := fmt.Fprintln(c.Stdout, plain(tool.Name)); err != nil {
				return err
			}
		}
		c.hint("It works: %d tools.", len(t.Tools))
		return nil
	})
}
