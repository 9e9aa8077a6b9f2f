package ui

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"drawbridge/app"
	"drawbridge/app/settings"
	"drawbridge/app/ui/look"
	"drawbridge/tunnel"
)

const relayKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGZxHf9KKWdqbGR8kmBCFvDtSUwwaEWTR8CDlCAI8W9m"

// houseConfigured are some of the household's tunnels, as the settings file has them.
func houseConfigured() []settings.Tunnel {
	return []settings.Tunnel{
		{Name: "office", Driver: "external", External: settings.External{
			URL: "https://bridge.example.com", Listen: "127.0.0.1:7041", Command: []string{"cloudflared", "tunnel", "run"},
			Env: map[string]string{"TUNNEL_TOKEN": "${keychain:cloudflared}", "LEVEL": "info"},
		}},
		{Name: "relay", Driver: "ssh", SSH: settings.SSH{Relay: "relay.example.com:443", User: "amber", HostKey: relayKey, Name: "amber.example.com", Port: 444}},
		{Name: "home", Driver: "direct", Direct: settings.Direct{Listen: ":8443", Name: "bridge.example.com", Port: 443, Public: true, Authority: settings.Authority{Email: "me@example.com"}}},
		{Name: "tail", Driver: "tailnet", Tailnet: settings.Tailnet{Name: "bridge.tail1234.ts.net", AuthKey: "${keychain:tailscale}"}},
	}
}

// newTunnelRig is a window with those tunnels, in which the settings are shown.
func newTunnelRig(t *testing.T) *rig {
	f := newFake()
	f.state, f.tunnels, f.chosen.Tunnels = house(time.Now()), houseTunnels(time.Now()), houseConfigured()
	r := newRigOf(t, f)
	r.win.Resize(fyne.NewSize(1280, 2400))
	r.press(fyne.KeyComma)
	r.expect("office")
	return r
}

// closes waits until the dialog has closed, and returns what the application was asked to do meanwhile.
func (r *rig) closes() []string {
	r.t.Helper()
	r.until("the dialog to close", func() bool { return len(r.sheets) == 0 })
	return slices.DeleteFunc(r.fake.said(), func(did string) bool { return did == "device key" })
}

// kept wants just that to have been done when the dialog closes.
func (r *rig) kept(want ...string) {
	r.t.Helper()
	if got := r.closes(); !slices.Equal(got, want) {
		r.t.Errorf("it was asked for %q, want %q", got, want)
	}
}

// TestAddDirect: what is typed is looked at while it is typed, what is wrong stands beside its field, and nothing typed is lost when the
// application refuses.
func TestAddDirect(t *testing.T) {
	r := newTunnelRig(t)
	test.Tap(button(r.window, "Add address…"))
	r.expect("Nobody but this bridge can read the traffic.")
	typeInto(r, ":7443", "laptop")
	r.expect("Write an address and a port, such as 127.0.0.1:7040.")
	typeInto(r, ":7443", ":8443")
	r.gone("Write an address and a port, such as 127.0.0.1:7040.")
	public, _ := find(r.window, func(c *look.Check) bool { return c.Text == "Have a public authority certify the host name" })
	public.SetChecked(true)
	r.gone("Give the name that agents use.") // not before it is sent
	test.Tap(button(r.window, "Add address"))
	r.expect("Give the name that agents use.")
	if r.win.Canvas().Focused() != fieldOf(r, "This computer's address") {
		t.Error("the keyboard is not where something is missing")
	}
	typeInto(r, "This computer's address", "laptop")
	r.expect("Public authorities certify full host names only, such as bridge.example.com.")
	typeInto(r, "This computer's address", "bridge.example.com")
	test.Tap(button(r.window, "More"))
	typeInto(r, "As it listens", "a lot")
	r.expect("Write a number from 1 to 65535.")
	typeInto(r, "As it listens", "443")
	typeInto(r, "Nowhere", "me@example.com")
	typeInto(r, "lan", "relay")
	r.expect("There is a tunnel of that name already.")
	typeInto(r, "lan", "At home")
	r.expect("A tunnel can't be called \"At home\"")
	typeInto(r, "lan", "at-home")
	r.fake.failing("the file is being changed by another program; try again")
	r.typed(fyne.KeyReturn)
	test.Tap(button(r.window, "Add address"))
	r.expect("the file is being changed by another program")
	r.fake.mended()
	r.fake.said()
	test.Tap(button(r.window, "Add address"))
	want := "add tunnel at-home direct {Listen::8443 Name:bridge.example.com Port:443 Public:true Authority:{Directory: Email:me@example.com}}"
	if got := r.closes(); !slices.Equal(got, []string{want}) {
		t.Errorf("it was asked for %q, want %q", got, want)
	}
}

// TestAddOnce: what is typed while a tunnel is being added adds no other, and who closes the dialog before still reads why it was not.
func TestAddOnce(t *testing.T) {
	r := newTunnelRig(t)
	f := r.addTunnel()
	f.save()
	f.name.Entry.SetText("lan-2")
	if !f.submit.Disabled() {
		t.Error("it can be added once more")
	}
	f.save()
	if got := r.closes(); len(got) != 1 {
		t.Errorf("it was asked for %q", got)
	}
	f = r.addTunnel()
	r.fake.failing("no space is left on the disk")
	f.save()
	f.sheet.Close()
	r.expect("The address lan was not kept")
	r.expect("no space is left on the disk")
}

// TestAddSSH: the relay's administrator is given this computer's key, and what the administrator answers is typed.
func TestAddSSH(t *testing.T) {
	r := newTunnelRig(t)
	test.Tap(button(r.window, "Add address…"))
	r.typed(fyne.KeyRight) // the keyboard is on the kinds
	r.expect("ssh-ed25519 AAAAC3Nza drawbridge")
	test.Tap(button(r.window, "Copy key"))
	r.expect("The key is on the clipboard")
	test.Tap(button(r.window, "Add address"))
	for _, want := range []string{
		"Write its host and port, such as", "Write the one that the relay's administrator", "Write a line such as ssh-ed25519 AAAA…", "Write one such as bridge.example.com",
	} {
		r.expect(want)
	}
	typeInto(r, "relay.example.com:443", "relay.example.com:443")
	typeInto(r, "amber", "bob")
	if !r.shows("Write one such as bridge.example.com") {
		t.Error("what is still missing is no longer said")
	}
	typeInto(r, "ssh-ed25519 AAAA…", "SHA256:abc")
	r.expect("Write a line such as ssh-ed25519 AAAA…")
	typeInto(r, "ssh-ed25519 AAAA…", relayKey)
	typeInto(r, "amber.example.com", "bob.example.com")
	test.Tap(button(r.window, "More"))
	typeInto(r, "ssh-ed25519-cert", relayKey)
	r.expect("This is a plain key; write the line of the -cert.pub file.")
	typeInto(r, "ssh-ed25519-cert", "")
	r.win.Canvas().Focus(fieldOf(r, "amber.example.com"))
	r.typed(fyne.KeyReturn)
	want := fmt.Sprintf("add tunnel relay-2 ssh {Relay:relay.example.com:443 User:bob HostKey:%s Name:bob.example.com Port:0 Socket: Certificate: Authority:{Directory: Email:}}", relayKey)
	if got := r.closes(); !slices.Equal(got, []string{want}) {
		t.Errorf("it was asked for %q, want %q", got, want)
	}
}

// TestTailnetForm: a program without tailnets says so before anything is typed, and adds none.
func TestTailnetForm(t *testing.T) {
	r := newTunnelRig(t)
	test.Tap(button(r.window, "Add address…"))
	r.typed(fyne.KeyRight)
	r.typed(fyne.KeyRight)
	lacks := slices.ContainsFunc(app.CheckTunnel(houseConfigured()[3]), func(f tunnel.Fault) bool { return f.Field == "driver" })
	if !lacks {
		t.Skip("this one has tailnets")
	}
	r.expect("This program was built without tailnets.")
	typeInto(r, "bridge.tail1234", "bridge")
	r.expect("Write it with the tailnet's own, such as bridge.tail1234.ts.net.")
	typeInto(r, "bridge.tail1234", "bridge.tail1234.ts.net")
	r.typed(fyne.KeyReturn)
	test.Tap(button(r.window, "Add address"))
	if got := r.fake.said(); len(got) > 1 { // the device key
		t.Errorf("it was asked for %q", got)
	}
	r.expect("Add an address")
}

// TestTailnetKey: the authentication key goes into the keychain, and its name into the settings file; the one that is there stays.
func TestTailnetKey(t *testing.T) {
	r := newTunnelRig(t)
	f := r.tunnelForm(houseConfigured()[3])
	if one, keep := f.read(); one.Tailnet.AuthKey != "${keychain:tailscale}" || len(keep) > 0 {
		t.Errorf("as it was: %+v, %v", one.Tailnet, keep)
	}
	key, _ := find(r.window, func(e *look.Entry) bool { return e.Password })
	test.Type(key, "tskey-auth-1")
	one, keep := f.read()
	if one.Tailnet.AuthKey != "${keychain:tunnel-tail-auth-key}" || !maps.Equal(keep, secrets{"tunnel-tail-auth-key": "tskey-auth-1"}) {
		t.Errorf("%+v, %v", one.Tailnet, keep)
	}
}

// TestSecretsTakenAway: what a tunnel refers to in the keychain can be taken from it again.
func TestSecretsTakenAway(t *testing.T) {
	r := newTunnelRig(t)
	f := r.tunnelForm(houseConfigured()[3])
	test.Tap(button(r.window, "Take it away"))
	r.expect("Nothing refers to it once you save. The keychain still has it as tailscale")
	if one, keep := f.read(); one.Tailnet.AuthKey != "" || len(keep) > 0 {
		t.Errorf("%+v, %v", one.Tailnet, keep)
	}
	test.Tap(button(r.window, "Leave it"))
	if one, _ := f.read(); one.Tailnet.AuthKey != "${keychain:tailscale}" {
		t.Errorf("left again: %+v", one.Tailnet)
	}
	f.sheet.Close()
	r.editTunnel("office")
	test.Tap(button(r.window, "Take it away"))
	test.Tap(button(r.window, "Save"))
	want := "change tunnel office external {URL:https://bridge.example.com Listen:127.0.0.1:7041 TLSEnd: Command:[cloudflared tunnel run] Env:map[LEVEL:info]}"
	if got := r.closes(); !slices.Equal(got, []string{want}) {
		t.Errorf("it was asked for %q, want %q", got, want)
	}
	r.addTool()
	if _, ok := find(r.window, func(b *look.Button) bool { return b.Label() == "Take it away" }); ok {
		t.Error("what a new tool needs can be taken away")
	}
}

// TestAddTool: each known tool is a choice; what the owner alone knows is asked for, and what was typed for one kind is there when the
// owner comes back to it.
func TestAddTool(t *testing.T) {
	r := newTunnelRig(t)
	r.addTool()
	r.expect("Whoever runs the relay can read and change everything")
	tool, _ := find(r.window, func(c *look.Choice) bool { return slices.Contains(c.Names(), "ngrok") })
	if len(tool.Names()) != len(app.TunnelTools())+1 {
		t.Errorf("there are %q", tool.Names())
	}
	r.expect("NAME is a tunnel that")
	test.Tap(button(r.window, "Add address"))
	r.expect("Write https:// and the host that the tool shows, and nothing behind it.")
	r.expect("Write your own in place of NAME.")
	if r.win.Canvas().Focused() != fieldOf(r, "https://bridge") {
		t.Error("the keyboard is not where something is missing")
	}
	r.win.Canvas().Focus(tool)
	for range slices.Index(tool.Names(), "tailscale funnel") {
		r.typed(fyne.KeyDown)
	}
	r.gone("NAME is a tunnel that")
	r.expect("Nobody but a program on this computer can read the traffic.")
	r.typed(fyne.KeyUp)
	typeInto(r, "https://bridge", "https://me.ngrok.app")
	kinds, _ := find(r.window, func(s *look.Segments) bool { return s.At() == 3 })
	kinds.Pick(0)
	r.gone("https://me.ngrok.app")
	kinds.Pick(3)
	r.expect("https://me.ngrok.app")
	test.Tap(button(r.window, "Add address"))
	want := "add tunnel ngrok external {URL:https://me.ngrok.app Listen:127.0.0.1:7042 TLSEnd: Command:[ngrok http --url {url} --log stderr {address}] Env:map[]}"
	if got := r.closes(); !slices.Equal(got, []string{want}) {
		t.Errorf("it was asked for %q, want %q", got, want)
	}
}

// TestAnotherTool: a tool that is not known is described whole, and what looks like a secret never comes into the settings file.
func TestAnotherTool(t *testing.T) {
	r := newTunnelRig(t)
	r.addTool()
	tool, _ := find(r.window, func(c *look.Choice) bool { return slices.Contains(c.Names(), "ngrok") })
	tool.Pick(len(tool.Names()) - 1)
	r.expect("Any program that has an https address")
	typeInto(r, "https://bridge", "https://bridge.example.org")
	typeInto(r, "You start it", "mytunnel --token sk-0123456789abcdefghij")
	r.expect("This looks like a secret, and the settings file would have it as plain text.")
	typeInto(r, "You start it", "mytunnel 'up")
	r.expect("A quote (') is opened and never closed.")
	typeInto(r, "You start it", "mytunnel up")
	typeInto(r, "NAME=value", "API_TOKEN=swordfish\nLEVEL=info")
	ends, _ := find(r.window, func(s *look.Segments) bool { return s.At() == 0 })
	ends.Pick(1)
	r.expect("Nobody but a program on this computer can read the traffic.")
	test.Tap(button(r.window, "Add address"))
	r.kept(
		"secret tunnel-tool-api-token swordfish",
		"add tunnel tool external {URL:https://bridge.example.org Listen:127.0.0.1:7042 TLSEnd:machine Command:[mytunnel up] Env:map[API_TOKEN:${keychain:tunnel-tool-api-token} LEVEL:info]}",
	)
}

// TestToolToken: a tool's token goes into the keychain, beside that of another tunnel by the same tool.
func TestToolToken(t *testing.T) {
	r := newTunnelRig(t)
	r.press(fyne.KeyK)
	test.Type(r.win.Canvas().Focused(), "ngrok")
	r.typed(fyne.KeyReturn)
	r.expect("Add an address")
	tool, _ := find(r.window, func(c *look.Choice) bool { return slices.Contains(c.Names(), "ngrok") })
	tool.Pick(slices.Index(tool.Names(), "cloudflared (token)"))
	typeInto(r, "https://bridge", "https://bridge.example.org")
	r.expect("The dashboard gives the token; its public host name must lead to http://127.0.0.1:7042.")
	token, _ := find(r.window, func(e *look.Entry) bool { return e.Password })
	test.Type(token, "eyJhIjoi")
	r.typed(fyne.KeyReturn)
	test.Tap(button(r.window, "Add address"))
	r.kept(
		"secret cloudflared-2 eyJhIjoi",
		"add tunnel cloudflared external {URL:https://bridge.example.org Listen:127.0.0.1:7042 TLSEnd: Command:[cloudflared tunnel --no-autoupdate run] Env:map[TUNNEL_TOKEN:${keychain:cloudflared-2}]}",
	)
}

// TestToolTokenAmongOthers: a token that is typed among the variables is the one that counts.
func TestToolTokenAmongOthers(t *testing.T) {
	r := newTunnelRig(t)
	r.editTunnel("office")
	typeInto(r, "NAME=value", "TUNNEL_TOKEN=swordfish")
	test.Tap(button(r.window, "Save"))
	r.kept(
		"secret tunnel-office-tunnel-token swordfish",
		"change tunnel office external {URL:https://bridge.example.com Listen:127.0.0.1:7041 TLSEnd: Command:[cloudflared tunnel run] Env:map[TUNNEL_TOKEN:${keychain:tunnel-office-tunnel-token}]}",
	)
}

// TestEditTunnel: the form has what the settings file has, and what is not touched stays.
func TestEditTunnel(t *testing.T) {
	r := newTunnelRig(t)
	r.press(fyne.KeyK)
	test.Type(r.win.Canvas().Focused(), "edit the tunnel office")
	r.typed(fyne.KeyReturn)
	r.expect("Edit office")
	for _, want := range []string{"https://bridge.example.com", "cloudflared tunnel run", "LEVEL=info", "127.0.0.1:7041", "The keychain keeps it as cloudflared"} {
		r.expect(want)
	}
	typeInto(r, "https://bridge", "https://other.example.com")
	test.Tap(button(r.window, "Save"))
	want := "change tunnel office external {URL:https://other.example.com Listen:127.0.0.1:7041 TLSEnd: Command:[cloudflared tunnel run] Env:map[LEVEL:info TUNNEL_TOKEN:${keychain:cloudflared}]}"
	if got := r.closes(); !slices.Equal(got, []string{want}) {
		t.Errorf("it was asked for %q, want %q", got, want)
	}
	test.Tap(r.pages[settingsAt].(*settingsPage).paths.rows["relay"].edit)
	r.expect("Edit relay")
	r.expect("444")
	if r.win.Canvas().Focused() != fieldOf(r, "relay.example.com:443") {
		t.Error("the keyboard is not on the first field")
	}
	r.typed(fyne.KeyReturn)
	want = fmt.Sprintf("change tunnel relay ssh {Relay:relay.example.com:443 User:amber HostKey:%s Name:amber.example.com Port:444 Socket: Certificate: Authority:{Directory: Email:}}", relayKey)
	if got := r.closes(); !slices.Equal(got, []string{want}) {
		t.Errorf("it was asked for %q, want %q", got, want)
	}
	off := houseConfigured()[1]
	off.Disabled = true
	r.tunnelForm(off)
	r.expect("It is turned off, and stays so until you turn it on.")
	r.typed(fyne.KeyEscape)
	r.editTunnel("lan")
	r.expect("Could not edit lan")
}

// TestTunnelFormKeys: Escape closes the dialog, and Tab leads from the kinds to the fields.
func TestTunnelFormKeys(t *testing.T) {
	r := newTunnelRig(t)
	f := r.addTunnel()
	r.win.Canvas().FocusNext()
	if r.win.Canvas().Focused() != f.kind.fields[0].Entry {
		t.Errorf("Tab leads to %T", r.win.Canvas().Focused())
	}
	r.typed(fyne.KeyEscape)
	if got := r.closes(); len(got) > 0 {
		t.Errorf("it was asked for %q", got)
	}
}
