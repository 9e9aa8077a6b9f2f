package settings

import (
	"fmt"
	"maps"
	"slices"
)

// CheckTunnelName returns nil when a tunnel may be called name: 1 to 32 of a-z, 0-9 and -. Otherwise it says what to do.
func CheckTunnelName(name string) error {
	if fits := suggest(name); fits != name || name == "" {
		return fmt.Errorf("a tunnel can't be called %q; a name is 1 to %d of a-z, 0-9 and -, so rename it, for example to %q", name, MaxName, fits)
	}
	return nil
}

// SetTunnel adds t, or makes the entry of that name say what t says. Only what differs is touched.
func (d *Draft) SetTunnel(t Tunnel) error {
	if err := CheckTunnelName(t.Name); err != nil {
		return err
	}
	return d.put([]string{"drawbridge", "tunnels", t.Name}, t.entry())
}

// RemoveTunnel removes the entry called name. One that is not there is removed already.
func (d *Draft) RemoveTunnel(name string) error {
	return d.put([]string{"drawbridge", "tunnels", name}, nil)
}

// entry is t as the file should have it, without what is as it is by default. What another driver would need goes.
func (t Tunnel) entry() object {
	e := object{only: true, fields: []field{{"driver", t.Driver}}}
	switch t.Driver {
	case "direct":
		e.fields = append(e.fields, t.Direct.entry()...)
	case "ssh":
		e.fields = append(e.fields, t.SSH.entry()...)
	case "external":
		e.fields = append(e.fields, t.External.entry()...)
	case "tailnet":
		e.fields = append(e.fields, t.Tailnet.entry()...)
	}
	e.fields = append(e.fields, field{"disabled", given(t.Disabled)})
	return e
}

func (d Direct) entry() []field {
	all := []field{{"listen", d.Listen}, {"name", given(d.Name)}, {"port", given(d.Port)}, {"public", given(d.Public)}}
	return append(all, d.Authority.entry()...)
}

func (s SSH) entry() []field {
	all := []field{
		{"relay", s.Relay}, {"user", s.User}, {"hostKey", s.HostKey}, {"name", s.Name},
		{"port", given(s.Port)}, {"socket", given(s.Socket)}, {"certificate", given(s.Certificate)},
	}
	return append(all, s.Authority.entry()...)
}

func (a Authority) entry() []field {
	return []field{{"directory", given(a.Directory)}, {"email", given(a.Email)}}
}

func (x External) entry() []field {
	env := object{only: true}
	for _, name := range slices.Sorted(maps.Keys(x.Env)) {
		env.fields = append(env.fields, field{name, x.Env[name]})
	}
	all := []field{{"url", x.URL}, {"listen", x.Listen}, {"tlsEnd", given(x.TLSEnd)}, {"command", nil}, {"env", env}}
	if len(x.Command) > 0 {
		all[3].value = x.Command
	}
	return all
}

func (n Tailnet) entry() []field {
	return []field{{"name", n.Name}, {"control", given(n.Control)}, {"authKey", given(n.AuthKey)}}
}
