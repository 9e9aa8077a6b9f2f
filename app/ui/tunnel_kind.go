package ui

import (
	"slices"

	"fyne.io/fyne/v2"

	"drawbridge/app"
	"drawbridge/app/settings"
	"drawbridge/app/ui/look"
)

// tunnelKind is what the form for a tunnel has for one driver.
type tunnelKind struct {
	label  string
	driver string
	note   string          // what it is
	first  settings.Tunnel // what a new one is to begin with
	fields []*tunnelField  // that most need, in order
	others []*tunnelField  // that few need; rare has them
	rare   *seldom
	body   *fyne.Container // its fields, and what else belongs to them
	begin  func()          // called when it is shown; nil is nothing to do
	fill   func(t settings.Tunnel)
	read   func(t *settings.Tunnel, keep secrets) // beyond the fields, each nil where that is all
	wrong  func(t settings.Tunnel, sent bool)     // says what else is wrong, beside its field
}

func (k *tunnelKind) all() []*tunnelField { return slices.Concat(k.fields, k.others) }

// put writes t into the fields.
func (k *tunnelKind) put(t settings.Tunnel) {
	for _, f := range k.all() {
		f.Entry.SetText(f.fill(t))
	}
	if k.fill != nil {
		k.fill(t)
	}
}

// take reads the fields into t, and says beside each what cannot be read.
func (k *tunnelKind) take(t *settings.Tunnel, keep secrets) {
	t.Driver = k.driver
	for _, f := range k.all() {
		if err := f.read(t, f.text()); err != nil {
			f.Fault(err.Error())
		}
	}
	if k.read != nil {
		k.read(t, keep)
	}
}

// directKind is an address of this computer.
func (f *tunnelForm) directKind() *tunnelKind {
	listen := newTunnelField("listen", "Listen on", ":7443", ":7443 is every address of this computer, 192.168.1.5:7443 is one", func(t *settings.Tunnel) *string { return &t.Direct.Listen })
	name := newTunnelField("name", "Host name", "This computer's address on the network", "What agents call this computer", func(t *settings.Tunnel) *string { return &t.Direct.Name })
	port := newPortField("As it listens", func(t *settings.Tunnel) *int { return &t.Direct.Port })
	email, directory := newAuthorityFields(func(t *settings.Tunnel) *settings.Authority { return &t.Direct.Authority })
	public := look.NewCheck("Have a public authority certify the host name", func(bool) { f.check() })
	trust := look.NewProse("The name's port 443 must then lead here. Without it agents have to trust an authority of this computer, whose fingerprint is shown.", look.Caption, tunnelWidth-42)
	k := &tunnelKind{
		label: "Own network", driver: "direct", note: "Agents connect straight to this computer: those on your network, or everybody where a router leads here.",
		first:  settings.Tunnel{Name: "lan", Direct: settings.Direct{Listen: ":7443"}},
		fields: []*tunnelField{listen, name}, others: []*tunnelField{port, email, directory},
		rare: newSeldom(f.fit, port.Body, pair(email, directory)),
	}
	k.body = look.Down(16, listen.Body, name.Body, look.Down(0, look.Inset(-6, 0, 0, -6, public), trust), k.rare.body)
	k.fill = func(t settings.Tunnel) {
		public.SetChecked(t.Direct.Public)
		k.rare.show(t.Direct.Port != 0 || t.Direct.Authority != settings.Authority{})
	}
	k.read = func(t *settings.Tunnel, _ secrets) { t.Direct.Public = public.Checked }
	return k
}

// sshKind is a name at a relay.
func (f *tunnelForm) sshKind() *tunnelKind {
	relay := newTunnelField("relay", "Relay", "relay.example.com:443", "Its host and port", func(t *settings.Tunnel) *string { return &t.SSH.Relay })
	user := newTunnelField("user", "Account", "amber", "Yours at the relay", func(t *settings.Tunnel) *string { return &t.SSH.User })
	hostKey := newTunnelField("hostKey", "The relay's public key", "ssh-ed25519 AAAA…", "Its administrator gives it to you. A relay with another key is refused", func(t *settings.Tunnel) *string { return &t.SSH.HostKey })
	name := newTunnelField("name", "Host name", "amber.example.com", "What agents call this computer, as the relay knows it", func(t *settings.Tunnel) *string { return &t.SSH.Name })
	port := newPortField("443", func(t *settings.Tunnel) *int { return &t.SSH.Port })
	socket := newTunnelField("socket", "Socket at the relay", "As deploy/relay has it", "The path to listen on there", func(t *settings.Tunnel) *string { return &t.SSH.Socket })
	certificate := newTunnelField("certificate", "Certificate for this computer's key", "ssh-ed25519-cert-v01@openssh.com AAAA…", "Where the relay has an authority: the line of the -cert.pub file", func(t *settings.Tunnel) *string { return &t.SSH.Certificate })
	email, directory := newAuthorityFields(func(t *settings.Tunnel) *settings.Authority { return &t.SSH.Authority })
	key := newDeviceKey(f.w, f.fit)
	k := &tunnelKind{
		label: "Relay by SSH", driver: "ssh", note: "A server that any agent can reach, yours or your company's, forwards what it cannot read. Every OpenSSH server can be one.",
		first:  settings.Tunnel{Name: "relay"},
		fields: []*tunnelField{relay, user, hostKey, name}, others: []*tunnelField{port, socket, certificate, email, directory},
		rare:  newSeldom(f.fit, pair(port, socket), certificate.Body, pair(email, directory)),
		begin: key.get,
	}
	k.body = look.Down(16, key.body, pair(relay, user), hostKey.Body, name.Body, k.rare.body)
	k.fill = func(t settings.Tunnel) {
		s := t.SSH
		k.rare.show(s.Port != 0 || s.Socket+s.Certificate != "" || s.Authority != settings.Authority{})
	}
	return k
}

// tailnetKind is a machine of its own in a tailnet.
func (f *tunnelForm) tailnetKind() *tunnelKind {
	name := newTunnelField("name", "Host name", "bridge.tail1234.ts.net", "The whole name in the tailnet, which has MagicDNS and HTTPS turned on", func(t *settings.Tunnel) *string { return &t.Tailnet.Name })
	control := newTunnelField("control", "Coordination server", "Tailscale's", "Its https URL", func(t *settings.Tunnel) *string { return &t.Tailnet.Control })
	key := newSecretField("Authentication key", "A link to sign in instead", "Lets the machine in the first time. The keychain keeps it", f.check)
	k := &tunnelKind{
		label: "Tailnet", driver: "tailnet", note: "The bridge becomes a machine of its own in your tailnet, and agents in it connect by its name.",
		first:  settings.Tunnel{Name: "tailnet"},
		fields: []*tunnelField{name}, others: []*tunnelField{control}, rare: newSeldom(f.fit, control.Body),
	}
	k.body = look.Down(16, name.Body, key.Body, k.rare.body)
	k.fill = func(t settings.Tunnel) {
		key.show(t.Tailnet.AuthKey)
		k.rare.show(t.Tailnet.Control != "")
	}
	k.read = func(t *settings.Tunnel, keep secrets) {
		t.Tailnet.AuthKey = key.refer(func() string { return tunnelSecret(*t, "auth-key") }, keep)
	}
	key.Entry.OnSubmitted = func(string) { f.save() }
	return k
}

// tunnelSecret is what a secret of a tunnel is called in the keychain.
func tunnelSecret(t settings.Tunnel, what string) string {
	return app.SecretName("tunnel-"+t.Name, what)
}
