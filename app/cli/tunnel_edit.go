package cli

import (
	"fmt"

	"drawbridge/app"
	"drawbridge/app/settings"
)

type tunnelAddCmd struct {
	Direct   addTunnel[directFlags]   `cmd:"" help:"An address of this machine, for your own network or under a public name: drawbridge tunnel add direct NAME"`
	SSH      addTunnel[sshFlags]      `cmd:"" name:"ssh" help:"A name at a relay of yours, which cannot read: drawbridge tunnel add ssh NAME --relay … --user … --host-key … --name …"`
	Tailnet  addTunnel[tailnetFlags]  `cmd:"" help:"A machine of its own in your tailnet: drawbridge tunnel add tailnet NAME --name …"`
	External addTunnel[externalFlags] `cmd:"" help:"An address that a tool gives, such as cloudflared: drawbridge tunnel add external NAME --url … -- COMMAND ARG…"`
}

type tunnelChangeCmd struct {
	Direct   changeTunnel[directFlags]   `cmd:"" help:"Change an address of this machine."`
	SSH      changeTunnel[sshFlags]      `cmd:"" name:"ssh" help:"Change a name at a relay."`
	Tailnet  changeTunnel[tailnetFlags]  `cmd:"" help:"Change a machine in your tailnet."`
	External changeTunnel[externalFlags] `cmd:"" help:"Change an address that a tool gives; the tool's command follows --."`
}

// tunnelFlags are what a tunnel of one driver is made of. What was left out stays as it is.
type tunnelFlags interface {
	driver() string
	put(*settings.Tunnel) error
}

type addTunnel[F tunnelFlags] struct {
	Name  string `arg:"" help:"What you call the tunnel: 1 to 32 of a-z, 0-9 and -."`
	Flags F      `embed:""`
}

func (a *addTunnel[F]) Run(c *console) error {
	t := settings.Tunnel{Name: a.Name, Driver: a.Flags.driver()}
	if err := a.Flags.put(&t); err != nil {
		return err
	}
	return c.do(c.any, func(o owner) error {
		if err := o.PutTunnel(t); err != nil {
			return err
		}
		c.hint("Added %s: %s.", t.Name, app.TunnelEnd(t))
		if t.Driver == "ssh" {
			c.hint("The relay's administrator needs this machine's key: drawbridge tunnel key")
		}
		return nil
	})
}

type changeTunnel[F tunnelFlags] struct {
	Name  string `arg:"" help:"The tunnel's name. What is left out stays as it is."`
	Flags F      `embed:""`
}

func (t *changeTunnel[F]) Run(c *console) error {
	return c.do(c.any, func(o owner) error {
		is, err := o.ConfiguredTunnel(t.Name)
		if err != nil {
			return err
		}
		if is.Driver != t.Flags.driver() {
			return usage(fmt.Sprintf("the driver of %s is %s; write drawbridge tunnel change %[2]s %[1]s …", t.Name, is.Driver))
		}
		if err := t.Flags.put(&is); err != nil {
			return err
		}
		if err := o.ChangeTunnel(is); err != nil {
			return err
		}
		c.hint("Changed %s: %s.", t.Name, app.TunnelEnd(is))
		return nil
	})
}

type tunnelRemoveCmd struct {
	Name string `arg:"" help:"The tunnel's name."`
}

func (t *tunnelRemoveCmd) Run(c *console) error {
	return c.do(c.any, func(o owner) error {
		return c.done(o.RemoveTunnel, t.Name, "Removed %s. Nobody is connected by it any more.")
	})
}
