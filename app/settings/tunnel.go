package settings

import (
	"maps"
	"slices"
)

// Tunnel is one address besides Listen under which agents reach the bridge. Driver says which of its
// last fields counts.
type Tunnel struct {
	Name     string // what the owner calls it; as a server's
	Disabled bool
	Driver   string // direct, ssh, external or tailnet

	Direct   Direct
	SSH      SSH
	External External
	Tailnet  Tailnet
}

// Direct is an address of this machine. Listen is required.
type Direct struct {
	Listen    string // host:port; the host may be left out
	Name      string // that agents use; "" is the address
	Port      int    // that agents use; 0 is the usual one
	Public    bool   // the certificate is from a public authority
	Authority Authority
}

// SSH is an address at a relay. All but Port, Socket, Certificate and Authority are required.
type SSH struct {
	Relay       string // host:port
	User        string // the account there
	HostKey     string // the relay's public key
	Name        string // that agents use
	Port        int    // that agents use; 0 is 443
	Socket      string // what to listen on there; "" is as deploy/relay has it
	Certificate string // for the device key; "" is none
	Authority   Authority
}

// Authority is who certifies a public name.
type Authority struct {
	Directory string // the address of the authority; "" is Let's Encrypt
	Email     string // where it writes to; "" is nowhere
}

// External is an address that a tool of the owner's provides. URL and Listen are required.
type External struct {
	URL     string            // where agents reach it
	Listen  string            // where the tool delivers: host:port of this machine
	TLSEnd  string            // where the tool ends TLS: relay or machine; "" is relay
	Command []string          // the tool and its arguments; nil is that somebody else runs it
	Env     map[string]string // for the tool; `${keychain:NAME}` in values is as the file has it
}

// Tailnet is a machine of its own in a tailnet. Name is required.
type Tailnet struct {
	Name    string // the whole one in the tailnet
	Control string // the coordination server; "" is Tailscale's
	AuthKey string // `${keychain:NAME}` as the file has it; "" is that the owner signs in
}

// Equal reports whether t and u are the same in every field.
func (t Tunnel) Equal(u Tunnel) bool {
	a, b := t.External, u.External
	return t.Name == u.Name && t.Disabled == u.Disabled && t.Driver == u.Driver && t.Direct == u.Direct && t.SSH == u.SSH && t.Tailnet == u.Tailnet &&
		a.URL == b.URL && a.Listen == b.Listen && a.TLSEnd == b.TLSEnd && slices.Equal(a.Command, b.Command) && maps.Equal(a.Env, b.Env)
}

const maxTunnels = 16

// tunnels reads the object of tunnels by their names.
func tunnels(to *[]Tunnel) reader {
	return func(n node) error {
		return n.each(func(name string, at int, m node) error {
			if err := CheckTunnelName(name); err != nil {
				return n.doc.fail(at, "%v", err)
			}
			if len(*to) == maxTunnels {
				return n.doc.fail(at, "there are more than %d tunnels", maxTunnels)
			}
			t := Tunnel{Name: name}
			if err := t.read(m); err != nil {
				return err
			}
			*to = append(*to, t)
			return nil
		})
	}
}

// read reads one tunnel. Its driver decides what else may stand there, so it is looked for first.
func (t *Tunnel) read(n node) error {
	err := n.each(func(key string, _ int, m node) error {
		if key != "driver" {
			return nil
		}
		return oneOf(&t.Driver, "direct", "ssh", "external", "tailnet")(m)
	})
	if err != nil {
		return err
	}
	known := map[string]reader{"driver": text(&t.Driver), "disabled": truth(&t.Disabled)}
	var required map[string]*string
	switch t.Driver {
	case "direct":
		required = t.Direct.fields(known)
	case "ssh":
		required = t.SSH.fields(known)
	case "external":
		required = t.External.fields(known)
	case "tailnet":
		required = t.Tailnet.fields(known)
	default:
		return n.fail(`has no driver; add "driver": "direct", "ssh", "external" or "tailnet"`)
	}
	if err := n.only(known); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(required)) {
		if *required[key] == "" {
			return n.fail("has no %s, which the driver %s needs", key, t.Driver)
		}
	}
	return nil
}

// fields adds the readers of d's fields to known, and returns those that are required.
func (d *Direct) fields(known map[string]reader) map[string]*string {
	known["listen"], known["name"], known["port"] = text(&d.Listen), text(&d.Name), whole(&d.Port, 1, 65535)
	known["public"] = truth(&d.Public)
	d.Authority.fields(known)
	return map[string]*string{"listen": &d.Listen}
}

func (s *SSH) fields(known map[string]reader) map[string]*string {
	known["relay"], known["user"], known["hostKey"] = text(&s.Relay), text(&s.User), text(&s.HostKey)
	known["name"], known["port"] = text(&s.Name), whole(&s.Port, 1, 65535)
	known["socket"], known["certificate"] = text(&s.Socket), text(&s.Certificate)
	s.Authority.fields(known)
	return map[string]*string{"relay": &s.Relay, "user": &s.User, "hostKey": &s.HostKey, "name": &s.Name}
}

func (a *Authority) fields(known map[string]reader) {
	known["directory"], known["email"] = text(&a.Directory), text(&a.Email)
}

func (n *Tailnet) fields(known map[string]reader) map[string]*string {
	known["name"], known["control"], known["authKey"] = text(&n.Name), text(&n.Control), reference(&n.AuthKey)
	return map[string]*string{"name": &n.Name}
}

func (x *External) fields(known map[string]reader) map[string]*string {
	known["url"], known["listen"], known["tlsEnd"] = origin(&x.URL), address(&x.Listen), oneOf(&x.TLSEnd, "relay", "machine")
	known["command"], known["env"] = texts(&x.Command), environment(&x.Env)
	return map[string]*string{"url": &x.URL, "listen": &x.Listen}
}
