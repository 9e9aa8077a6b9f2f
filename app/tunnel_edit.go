package app

import (
	"fmt"
	"slices"
	"strings"

	"drawbridge/app/settings"
	"drawbridge/tunnel"
)

// CheckTunnel returns what is wrong with a tunnel, by its fields in config.json; "" is what the owner calls it. nil is nothing.
func CheckTunnel(t settings.Tunnel) (all []tunnel.Fault) {
	if err := settings.CheckTunnelName(t.Name); err != nil {
		all = append(all, tunnel.Fault{What: fmt.Sprintf("tunnel %q", t.Name), Do: err.Error()})
	}
	if t.Driver == "tailnet" && looksSecret(t.Tailnet.AuthKey) {
		all = append(all, tunnel.Fault{Field: "authKey", What: "the authentication key is a secret", Do: "keep it with drawbridge secrets set NAME, and write that name here"})
	}
	return append(all, tunnel.Check(driver(t))...)
}

// TunnelEnd says who can read the traffic of a tunnel.
func TunnelEnd(t settings.Tunnel) tunnel.TLSEnd {
	switch {
	case t.Driver != "external":
		return tunnel.EndHere
	case t.External.TLSEnd == onMachine:
		return tunnel.EndInProcess
	}
	return tunnel.EndAtRelay
}

// PutTunnel adds a tunnel to the configuration. Where a tool delivers may be left out. When it returns the tunnel is being
// opened; Tunnels says how it is.
func (a *App) PutTunnel(t settings.Tunnel) error {
	if t.Driver == "external" && t.External.Listen == "" {
		t.External.Listen = toolListen(a.Settings().Tunnels)
	}
	if err := refuseTunnel("add", t); err != nil {
		return err
	}
	return a.edit("added tunnel "+tunnelLine(t), func(d *settings.Draft) error {
		if configured(d, t.Name) >= 0 {
			return fmt.Errorf("there is a tunnel %q already; remove it first, or choose another name", t.Name)
		}
		return d.SetTunnel(t)
	})
}

// ChangeTunnel makes a tunnel as t says, and opens it anew if it is up. Whether it is turned off stays as it is.
func (a *App) ChangeTunnel(t settings.Tunnel) error {
	if err := refuseTunnel("change", t); err != nil {
		return err
	}
	return a.edit("changed tunnel "+tunnelLine(t), func(d *settings.Draft) error {
		i := configured(d, t.Name)
		if i < 0 {
			return fmt.Errorf("change tunnel %q: %w", t.Name, ErrUnknown)
		}
		t.Disabled = d.Settings.Tunnels[i].Disabled
		return d.SetTunnel(t)
	})
}

// RemoveTunnel removes a tunnel from the configuration. When it returns nobody is connected by it any more. What the keychain keeps
// for it stays.
func (a *App) RemoveTunnel(name string) error {
	return a.edit("removed tunnel "+name, func(d *settings.Draft) error {
		if configured(d, name) < 0 {
			return fmt.Errorf("remove tunnel %q: %w", name, ErrUnknown)
		}
		return d.RemoveTunnel(name)
	})
}

// ConfiguredTunnel is a tunnel as config.json has it.
func (a *App) ConfiguredTunnel(name string) (settings.Tunnel, error) {
	for _, t := range a.Settings().Tunnels {
		if t.Name == name {
			return t, nil
		}
	}
	return settings.Tunnel{}, fmt.Errorf("tunnel %q: %w", name, ErrUnknown)
}

// configured is where in the file the tunnel of that name is, or -1.
func configured(d *settings.Draft, name string) int {
	return slices.IndexFunc(d.Settings.Tunnels, func(t settings.Tunnel) bool { return t.Name == name })
}

// refuseTunnel is an error for a tunnel that would never open.
func refuseTunnel(verb string, t settings.Tunnel) error {
	if err := settings.CheckTunnelName(t.Name); err != nil {
		return &fault{err.Error(), usage}
	}
	if all := CheckTunnel(t); len(all) > 0 {
		return &fault{fmt.Sprintf("%s tunnel %q: %v", verb, t.Name, all[0]), usage}
	}
	return nil
}

// tunnelLine is a tunnel in a line of the record.
func tunnelLine(t settings.Tunnel) string {
	line := t.Name + ": " + t.Driver + ", "
	switch t.Driver {
	case "ssh":
		return line + t.SSH.Name + " by " + t.SSH.User + "@" + t.SSH.Relay
	case "tailnet":
		return line + t.Tailnet.Name
	case "external":
		return strings.TrimSpace(line + t.External.URL + " " + keptCommand(t.External.Command))
	}
	return strings.TrimSpace(line + t.Direct.Listen + " " + t.Direct.Name)
}
