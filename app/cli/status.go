package cli

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"drawbridge/app"
)

type statusCmd struct {
	JSON bool `help:"Print JSON."`
}

func (s *statusCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error {
		status, err := o.Status()
		if err != nil {
			return err
		}
		if s.JSON {
			return printJSON(c.Stdout, status)
		}
		return printStatus(c, status)
	})
}

func printStatus(c *console, s app.Status) error {
	state := "lowered: approved agents may call"
	if s.Raised {
		state = "raised: nothing passes"
	} else if len(s.For) > 0 {
		state = "lowered, but raised for " + plain(list(s.For, ""))
	}
	t := tabwriter.NewWriter(c.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "Bridge\t%s\n", state)
	fmt.Fprintf(t, "Address\t%s\n", s.URL)
	fmt.Fprintf(t, "Servers\t%d\n", s.Servers)
	fmt.Fprintf(t, "Agents\t%d\n", s.Agents)
	fmt.Fprintf(t, "Now\topen sessions: %d, running calls: %d\n", s.Sessions, s.Calls)
	fmt.Fprintf(t, "Process\t%d, version %s, up %s\n", s.PID, s.Version, time.Since(s.Started).Round(time.Second))
	fmt.Fprintf(t, "Settings\t%s\n", s.Config)
	fmt.Fprintf(t, "State\t%s\n", s.Home)
	if s.Problem != "" {
		fmt.Fprintf(t, "Problem\t%s\n", plain(s.Problem))
	}
	for _, w := range s.Warnings {
		fmt.Fprintf(t, "Warning\t%s\n", plain(w))
	}
	return t.Flush()
}

type metricsCmd struct{}

func (*metricsCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error {
		text, err := o.Metrics()
		if err != nil {
			return err
		}
		_, err = io.WriteString(c.Stdout, text)
		return err
	})
}

type versionCmd struct {
	JSON bool `help:"Print JSON."`
}

func (v *versionCmd) Run(c *console) error {
	if v.JSON {
		return printJSON(c.Stdout, map[string]string{"version": c.Version})
	}
	_, err := fmt.Fprintln(c.Stdout, "drawbridge", c.Version)
	return err
}
