package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"drawbridge/app"
	"drawbridge/app/settings"
	"drawbridge/app/ui/look"
	"drawbridge/tunnel"
)

func houseTunnels(now time.Time) []app.Tunnel {
	return []app.Tunnel{
		{Name: "office", Reader: tunnel.EndAtRelay.String(), Status: tunnel.Status{Driver: "external", URL: "https://bridge.example.com", State: tunnel.Up, Since: now.Add(-2 * time.Hour), End: tunnel.EndAtRelay, Visitors: 2}},
		{Name: "lan", Reader: tunnel.EndHere.String(), Status: tunnel.Status{
			Driver: "direct", URL: "https://192.0.2.7:7443", State: tunnel.Up, Since: now.Add(-2 * time.Hour), End: tunnel.EndHere, Certificate: now.Add(60 * 24 * time.Hour),
			Authority: "-----BEGIN CERTIFICATE-----\n", Fingerprint: "4F:1C:9A:33:02:7E:B8:51:6D:AA:C0:19:E4:75:3B:88:21:9D:06:F2:5C:47:EE:B1:90:3A:D8:64:17:CB:2F:50",
		}},
		{Name: "relay", Reader: tunnel.EndHere.String(), Status: tunnel.Status{
			Driver: "ssh", State: tunnel.Down, End: tunnel.EndHere, Retry: now.Add(20 * time.Second),
			Problem: &tunnel.Problem{What: "the relay does not know this machine's key", Do: "give the key to who runs the relay"},
		}},
		{Name: "spare", Status: tunnel.Status{Driver: "ssh", State: tunnel.Closed}},
	}
}

func houseFindings() []tunnel.Finding {
	return []tunnel.Finding{
		{Check: "The clock", Seen: "it agrees with the network to 40 ms"},
		{Check: "The way in", Problem: &tunnel.Problem{What: "the port is not open from outside", Do: "open port 7443 in the router"}},
	}
}

// TestTunnels: each says where it leads, who can read, and what is wrong; they are turned and examined here.
func TestTunnels(t *testing.T) {
	f := newFake()
	f.state = house(time.Now())
	f.tunnels, f.findings = houseTunnels(time.Now()), houseFindings()
	r := newRigOf(t, f)
	r.win.Resize(fyne.NewSize(1280, 2400))
	r.press(fyne.KeyComma)
	for _, want := range []string{
		"https://bridge.example.com", "Whoever runs the relay can read and change everything", "Nobody but this bridge can read the traffic.",
		"4F:1C:9A", "The relay does not know this machine's key", "Give the key to who runs the relay", "Off",
	} {
		r.expect(want)
	}
	rows := r.pages[settingsAt].(*settingsPage).paths.rows
	test.Tap(rows["office"].turn)
	r.asked("tunnel down office")
	test.Tap(rows["spare"].turn)
	r.asked("tunnel up spare")
	test.Tap(button(r.window, "Copy its certificate"))
	if got := fyne.CurrentApp().Clipboard().Content(); got != "-----BEGIN CERTIFICATE-----\n" {
		t.Errorf("copied %q", got)
	}
	test.Tap(rows["lan"].examine)
	r.asked("examine lan")
	r.expect("It agrees with the network to 40 ms")
	r.expect("The port is not open from outside. Open port 7443 in the router")
	test.Tap(button(r.window, "Copy key"))
	r.asked("device key")
	r.expect("The key is on the clipboard")
	if got := fyne.CurrentApp().Clipboard().Content(); got != "ssh-ed25519 AAAAC3Nza drawbridge" {
		t.Errorf("copied %q", got)
	}
}

// TestRemoveTunnel: a tunnel goes when the owner has said so twice.
func TestRemoveTunnel(t *testing.T) {
	f := newFake()
	f.state, f.tunnels = house(time.Now()), houseTunnels(time.Now())[:1]
	r := newRigOf(t, f)
	r.win.Resize(fyne.NewSize(1280, 2400))
	r.press(fyne.KeyComma)
	r.expect("office")
	r.pages[settingsAt].(*settingsPage).paths.rows["office"].remove()
	r.expect("Remove office?")
	test.Tap(button(r.window, "Remove"))
	r.asked("choose tunnels.office <nil>")
}

// TestTunnelTools: each known tool is a choice, its entry is there to be copied, and is added when all is written that only the owner
// knows.
func TestTunnelTools(t *testing.T) {
	f := newFake()
	f.state = house(time.Now())
	f.chosen.Tunnels = []settings.Tunnel{{Name: "cloudflared", Driver: "external", External: settings.External{Listen: "127.0.0.1:7041"}}}
	r := newRigOf(t, f)
	r.win.Resize(fyne.NewSize(1280, 2400))
	r.press(fyne.KeyComma)
	test.Tap(button(r.window, "Other tunnel tools…"))
	tool, _ := find(r.window, func(c *look.Choice) bool { return slices.Contains(c.Names(), "ngrok") })
	if len(tool.Names()) != len(app.TunnelTools()) {
		t.Errorf("there are %q", tool.Names())
	}
	r.expect("NAME is a tunnel that")
	test.Tap(button(r.window, "Add tunnel"))
	r.expect("Write the address that agents will use.")
	r.expect("Write your own in place of NAME.")
	if r.win.Canvas().Focused() != fieldOf(r, "https://bridge") {
		t.Error("the keyboard is not where something is missing")
	}

	r.win.Canvas().Focus(tool)
	for range slices.Index(tool.Names(), "ngrok") {
		r.typed(fyne.KeyDown)
	}
	r.gone("NAME is a tunnel that")
	typeInto(r, "https://bridge", "https://me.ngrok.app")
	block, _ := find(r.window, func(c *look.CodeBlock) bool { return true })
	for _, want := range []string{`"ngrok": {`, `"url": "https://me.ngrok.app"`, `"listen": "127.0.0.1:7042"`, `"command": ["ngrok", "http", "--url", "{url}"`} {
		if !strings.Contains(block.Text(), want) {
			t.Errorf("%q is not in %s", want, block.Text())
		}
	}
	r.fake.failing("the file is being changed by another program; try again")
	test.Tap(button(r.window, "Add tunnel"))
	r.expect("the file is being changed by another program")
	r.fake.mended()
	test.Tap(button(r.window, "Add tunnel"))
	r.asked(`choose tunnels.ngrok {"driver":"external","url":"https://me.ngrok.app","listen":"127.0.0.1:7042","command":["ngrok","http","--url","{url}","--log","stderr","{address}"]}`)
	r.until("the dialog to close", func() bool { return len(r.sheets) == 0 })
}

// TestTunnelToolSecret: a tool's token goes into the keychain, and its name into the settings file.
func TestTunnelToolSecret(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.press(fyne.KeyK)
	test.Type(r.win.Canvas().Focused(), "ngrok")
	r.typed(fyne.KeyReturn)
	r.expect("Other tunnel tools")
	tool, _ := find(r.window, func(c *look.Choice) bool { return slices.Contains(c.Names(), "ngrok") })
	tool.Pick(slices.Index(tool.Names(), "cloudflared (token)"))
	r.win.Resize(fyne.NewSize(1280, 2400))
	typeInto(r, "https://bridge", "https://bridge.example.org")
	token, _ := find(r.window, func(e *look.Entry) bool { return e.Password })
	test.Type(token, "eyJhIjoi")
	test.Tap(button(r.window, "Add tunnel"))
	want := []string{
		"secret cloudflared eyJhIjoi",
		`choose tunnels.cloudflared {"driver":"external","url":"https://bridge.example.org","listen":"127.0.0.1:7041","command":["cloudflared","tunnel","--no-autoupdate","run"],"env":{"TUNNEL_TOKEN":"${keychain:cloudflared}"}}`,
	}
	r.until("the dialog to close", func() bool { return len(r.sheets) == 0 })
	if got := r.fake.said(); !slices.Equal(got, want) {
		t.Errorf("it was asked for %q, want %q", got, want)
	}
}

// TestNoTunnels: the empty card says what to write.
func TestNoTunnels(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.win.Resize(fyne.NewSize(1280, 2400))
	r.press(fyne.KeyComma)
	r.expect(`"drawbridge": {`)
	r.fake.mu.Lock()
	r.fake.tunnels = houseTunnels(time.Now())[:1]
	r.fake.mu.Unlock()
	r.look(everything)
	r.expect("https://bridge.example.com")
	r.gone(`"drawbridge": {`)
}

// TestAddressFollows: what the sidebar shows and copies is where agents go now.
func TestAddressFollows(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.expect("127.0.0.1:7040")
	r.fake.mu.Lock()
	r.fake.address = "https://bridge.example.com"
	r.fake.mu.Unlock()
	r.expect("bridge.example.com")
	r.gone("127.0.0.1:7040")
}
