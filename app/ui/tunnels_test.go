package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"drawbridge/app"
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
	r.asked("remove tunnel office")
}

// TestNoTunnels: the empty card says what to do.
func TestNoTunnels(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.win.Resize(fyne.NewSize(1280, 2400))
	r.press(fyne.KeyComma)
	r.expect("There are none. For agents elsewhere")
	r.fake.mu.Lock()
	r.fake.tunnels = houseTunnels(time.Now())[:1]
	r.fake.mu.Unlock()
	r.look(everything)
	r.expect("https://bridge.example.com")
	r.gone("There are none. For agents elsewhere")
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
