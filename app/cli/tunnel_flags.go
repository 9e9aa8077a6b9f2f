package cli

import "drawbridge/app/settings"

type directFlags struct {
	Listen *string `placeholder:"ADDRESS" help:"Where to listen: :7443, which is all addresses of this machine, or one of them and a port."`
	Host   *string `name:"name" placeholder:"HOST" help:"The name that agents use; the machine's address when left out."`
	Port   *int    `placeholder:"PORT" help:"The port that agents use, where it is another."`
	Public *bool   `negatable:"" help:"Get a certificate for the name from a public authority; the name's port 443 must lead here."`
	authorityFlags
}

func (directFlags) driver() string { return "direct" }

func (f directFlags) put(t *settings.Tunnel) error {
	d := &t.Direct
	if d.Listen == "" {
		d.Listen = ":7443"
	}
	given(&d.Listen, f.Listen)
	given(&d.Name, f.Host)
	given(&d.Port, f.Port)
	given(&d.Public, f.Public)
	f.authorityFlags.put(&d.Authority)
	return nil
}

type sshFlags struct {
	Relay       *string `placeholder:"HOST:PORT" help:"The relay."`
	User        *string `placeholder:"ACCOUNT" help:"Your account there."`
	HostKey     *string `placeholder:"LINE" help:"The relay's public key, such as \"ssh-ed25519 AAAA…\"."`
	Host        *string `name:"name" placeholder:"HOST" help:"The name that agents use."`
	Port        *int    `placeholder:"PORT" help:"The port that agents use; 443 when left out."`
	Socket      *string `placeholder:"PATH" help:"What to listen on there, if it is not as deploy/relay has it."`
	Certificate *string `placeholder:"LINE" help:"A certificate for this machine's key, where the relay has an authority: the line of the -cert.pub file."`
	authorityFlags
}

func (sshFlags) driver() string { return "ssh" }

func (f sshFlags) put(t *settings.Tunnel) error {
	s := &t.SSH
	given(&s.Relay, f.Relay)
	given(&s.User, f.User)
	given(&s.HostKey, f.HostKey)
	given(&s.Name, f.Host)
	given(&s.Port, f.Port)
	given(&s.Socket, f.Socket)
	given(&s.Certificate, f.Certificate)
	f.authorityFlags.put(&s.Authority)
	return nil
}

// authorityFlags are who certifies a public name.
type authorityFlags struct {
	Directory *string `placeholder:"URL" help:"The ACME directory of the authority; Let's Encrypt's when left out."`
	Email     *string `placeholder:"ADDRESS" help:"Where the authority writes to; nowhere when left out."`
}

func (f authorityFlags) put(a *settings.Authority) {
	given(&a.Directory, f.Directory)
	given(&a.Email, f.Email)
}

type tailnetFlags struct {
	Host    *string `name:"name" placeholder:"HOST" help:"The machine's whole name in the tailnet, such as bridge.tail1234.ts.net."`
	Control *string `placeholder:"URL" help:"The coordination server; Tailscale's when left out."`
	AuthKey *string `placeholder:"SECRET" help:"What drawbridge secrets set calls the key that lets the machine in; a link to sign in when left out."`
}

func (tailnetFlags) driver() string { return "tailnet" }

func (f tailnetFlags) put(t *settings.Tunnel) error {
	n := &t.Tailnet
	given(&n.Name, f.Host)
	given(&n.Control, f.Control)
	if f.AuthKey != nil {
		n.AuthKey = ""
		if *f.AuthKey != "" {
			n.AuthKey = "${keychain:" + *f.AuthKey + "}"
		}
	}
	return nil
}

type externalFlags struct {
	URL    *string           `placeholder:"URL" help:"Where agents reach the tool: https:// and a host."`
	Listen *string           `placeholder:"ADDRESS" help:"Where the tool delivers: this machine's own address and a port; one that is free when left out."`
	TLSEnd string            `enum:"relay,machine," default:"" placeholder:"WHERE" help:"Where the tool ends TLS: relay, whose owner can read everything, or machine."`
	Env    map[string]string `placeholder:"K=V" mapsep:"none" help:"A variable for the tool; may be given again. $${keychain:NAME} stands for a secret."`

	Command []string `arg:"" optional:"" passthrough:"" help:"The tool and its arguments, after --; {address}, {port}, {url} and {host} are filled in. Without it you run the tool yourself."`
}

func (externalFlags) driver() string { return "external" }

func (f externalFlags) put(t *settings.Tunnel) (err error) {
	x := &t.External
	given(&x.URL, f.URL)
	given(&x.Listen, f.Listen)
	if f.TLSEnd != "" {
		x.TLSEnd = f.TLSEnd
	}
	if f.Env != nil {
		x.Env = f.Env
	}
	if len(f.Command) > 0 {
		x.Command, err = afterDashes(f.Command, "drawbridge tunnel add external NAME --url URL -- COMMAND ARG…")
	}
	if err == nil && looksSecret(x.Command, x.Env) {
		err = usage("this looks like a secret, and config.json would have it as plain text; " + openSecret)
	}
	return err
}

// given makes to what was given, if it was.
func given[T any](to, value *T) {
	if value != nil {
		*to = *value
	}
}
