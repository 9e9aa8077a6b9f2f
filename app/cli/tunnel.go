package cli

import (
	"cmp"
	"fmt"
	"io"
	"time"

	"drawbridge/app"
	"drawbridge/tunnel"
)

type tunnelCmd struct {
	Status    tunnelStatusCmd    `cmd:"" default:"withargs" help:"Show the addresses under which agents reach the bridge from elsewhere."`
	Add       tunnelAddCmd       `cmd:"" help:"Add an address for agents elsewhere."`
	Change    tunnelChangeCmd    `cmd:"" help:"Change a tunnel."`
	Remove    tunnelRemoveCmd    `cmd:"" help:"Remove a tunnel, and cut who is connected by it."`
	Up        tunnelUpCmd        `cmd:"" help:"Share by a tunnel, now and after the next start."`
	Down      tunnelDownCmd      `cmd:"" help:"Stop sharing by a tunnel, now and after the next start."`
	Doctor    tunnelDoctorCmd    `cmd:"" help:"Look step by step at what a tunnel depends on."`
	Authority tunnelAuthorityCmd `cmd:"" help:"Print the certificate of the authority that agents on the local network must trust."`
	Tools     tunnelToolsCmd     `cmd:"" help:"Print the commands that add known tunnel tools, such as cloudflared."`
	Key       tunnelKeyCmd       `cmd:"" help:"Print this machine's public key, for the administrator of a relay."`
}

type tunnelStatusCmd struct{ listing }

// tunnelRow is one tunnel as `tunnel status --json` prints it.
type tunnelRow struct {
	Name        string          `json:"name"`
	Driver      string          `json:"driver"`
	State       string          `json:"state"`
	Since       time.Time       `json:"since,omitzero"`
	URL         string          `json:"url,omitempty"`
	Reader      string          `json:"reader,omitempty"`
	Visitors    int             `json:"visitors"`
	Certificate time.Time       `json:"certificateEnds,omitzero"`
	Fingerprint string          `json:"fingerprint,omitempty"`
	Problem     *tunnel.Problem `json:"problem,omitempty"`
	Retry       time.Time       `json:"retry,omitzero"`
}

func newTunnelRow(t app.Tunnel) tunnelRow {
	s := t.Status
	return tunnelRow{
		Name: t.Name, Driver: s.Driver, State: string(s.State), Since: s.Since, URL: s.URL, Reader: t.Reader, Visitors: s.Visitors,
		Certificate: s.Certificate, Fingerprint: s.Fingerprint, Problem: s.Problem, Retry: s.Retry,
	}
}

const noTunnels = "No tunnels: agents reach the bridge from this machine alone. Add one: drawbridge tunnel add direct|ssh|tailnet|external NAME …"

func (s *tunnelStatusCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error {
		all, err := o.Tunnels()
		if err != nil {
			return err
		}
		var rows []tunnelRow
		for _, t := range all {
			rows = append(rows, newTunnelRow(t))
		}
		err = show(c.Stdout, s.JSON, rows, "TUNNEL\tDRIVER\tSTATE\tSINCE\tVISITORS\tADDRESS", noTunnels, func(r tunnelRow) string {
			return cells(r.Name, r.Driver, r.State, when(r.Since, ""), r.Visitors, r.URL)
		})
		for _, r := range rows {
			if !s.JSON {
				r.explain(c.Stdout)
			}
		}
		return err
	})
}

// explain says who can read, what agents must trust, and what is wrong.
func (r tunnelRow) explain(w io.Writer) {
	if r.Reader != "" {
		fmt.Fprintf(w, "\n%s: %s.\n", r.Name, r.Reader)
	}
	if r.Fingerprint != "" {
		fmt.Fprintf(w, "%s: agents must trust the authority with the SHA-256 fingerprint\n  %s\n"+
			"  drawbridge tunnel authority %[1]s prints its certificate.\n", r.Name, r.Fingerprint)
	}
	if r.Problem != nil {
		fmt.Fprintf(w, "%s: %s.\n  %s.\n", r.Name, plain(r.Problem.What), plain(r.Problem.Do))
	}
}

// tunnelName is the tunnel that a command is about.
type tunnelName struct {
	Name string `arg:"" optional:"" help:"The tunnel's name; it may be left out where there is one alone."`
}

// of is the name that was given, or that of the only tunnel.
func (n tunnelName) of(o owner) (string, error) {
	if n.Name != "" {
		return n.Name, nil
	}
	all, err := o.Tunnels()
	switch {
	case err != nil:
		return "", err
	case len(all) == 0:
		return "", usage("there are no tunnels; drawbridge tunnel add adds one")
	case len(all) > 1:
		return "", usage("there is more than one tunnel; say which")
	}
	return all[0].Name, nil
}

type tunnelUpCmd struct{ tunnelName }

func (u *tunnelUpCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error {
		name, err := u.of(o)
		if err != nil {
			return err
		}
		if err := o.RaiseTunnel(name); err != nil {
			return err
		}
		c.hint("Opening. `drawbridge tunnel` shows how it is.")
		return nil
	})
}

type tunnelDownCmd struct{ tunnelName }

func (d *tunnelDownCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error {
		name, err := d.of(o)
		if err != nil {
			return err
		}
		if err := o.DropTunnel(name); err != nil {
			return err
		}
		c.hint("Closed. Nobody is connected by it any more.")
		return nil
	})
}

type tunnelDoctorCmd struct {
	tunnelName
	listing
}

func (d *tunnelDoctorCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error {
		name, err := d.of(o)
		if err != nil {
			return err
		}
		found, err := o.ExamineTunnel(c.ctx, name)
		if err != nil {
			return err
		}
		if d.JSON {
			return printJSON(c.Stdout, found)
		}
		for _, f := range found {
			if f.Problem == nil {
				fmt.Fprintf(c.Stdout, "fine   %s: %s\n", plain(f.Check), plain(cmp.Or(f.Seen, "nothing is wrong")))
				continue
			}
			fmt.Fprintf(c.Stdout, "wrong  %s: %s\n       %s\n", plain(f.Check), plain(f.Problem.What), plain(f.Problem.Do))
		}
		return nil
	})
}

type tunnelAuthorityCmd struct{ tunnelName }

func (a *tunnelAuthorityCmd) Run(c *console) error {
	return c.do(c.live, func(o owner) error {
		name, err := a.of(o)
		if err != nil {
			return err
		}
		t, err := tunnelNamed(o, name)
		switch {
		case err != nil:
			return err
		case t.Status.URL == "":
			return fmt.Errorf("tunnel %q is not up; drawbridge tunnel shows why", name)
		case t.Status.Authority == "":
			return fmt.Errorf("tunnel %q has no authority of this machine: agents trust its address as it is", name)
		}
		_, err = fmt.Fprint(c.Stdout, t.Status.Authority)
		return err
	})
}

// tunnelNamed is the tunnel of that name.
func tunnelNamed(o owner, name string) (app.Tunnel, error) {
	all, err := o.Tunnels()
	if err != nil {
		return app.Tunnel{}, err
	}
	for _, t := range all {
		if t.Name == name {
			return t, nil
		}
	}
	return app.Tunnel{}, fmt.Errorf("there is no tunnel %q; drawbridge tunnel shows all", name)
}

type tunnelKeyCmd struct{}

func (*tunnelKeyCmd) Run(c *console) error {
	return c.do(c.any, func(o owner) error {
		key, err := o.DeviceKey()
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(c.Stdout, key)
		return err
	})
}
