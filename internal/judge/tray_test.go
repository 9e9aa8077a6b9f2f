package judge

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// TestTray: the real program in a real tray: an icon a state, the menu's entries, clicks, closing into the tray and out
// of it, a tray that starts anew, and the end.
func TestTray(t *testing.T) {
	d := newDesktop(t)
	host, err := newTrayHost(d.bus)
	if err != nil {
		t.Fatal(err)
	}
	d.start()
	sees(t, "the menu", func() bool { return host.has("Bridge lowered") })
	for _, label := range []string{"Open Drawbridge", "Nobody is connected", "Raise the bridge", "Copy address", "Quit"} {
		if !host.has(label) {
			t.Errorf("the menu has no %q", label)
		}
	}
	lowered := host.icon()
	press(t, host, "Raise the bridge")
	sees(t, "the bridge to rise", func() bool { return host.has("Bridge raised") })
	sees(t, "another icon", func() bool { return host.icon() != lowered })
	press(t, host, "Lower the bridge")
	sees(t, "the bridge to be lowered", func() bool { return host.icon() == lowered })

	d.shut()
	sees(t, "the window to go", func() bool { return !d.visible() })
	press(t, host, "Open Drawbridge")
	sees(t, "the window to come back", d.visible)
	d.shut()
	sees(t, "the window to go", func() bool { return !d.visible() })
	second := exec.Command(d.program)
	second.Env = d.env
	if out, err := second.CombinedOutput(); err != nil {
		t.Errorf("a second start: %v: %s", err, out)
	}
	sees(t, "a second start to show the window", d.visible)

	host.close()
	if host, err = newTrayHost(d.bus); err != nil {
		t.Fatal(err)
	}
	defer host.close()
	sees(t, "the icon in a tray that started anew", func() bool { return host.has("Quit") })
	press(t, host, "Quit")
	if err := <-d.ended; err != nil {
		t.Errorf("the program ended with %v", err)
	}
}

func press(t testing.TB, h *trayHost, label string) {
	t.Helper()
	var err error
	sees(t, fmt.Sprintf("pressing %q", label), func() bool {
		err = h.click(label)
		return err == nil
	})
}

// TestNoTray: where nobody shows tray icons, closing the window does not take it away: it asks whether to quit.
func TestNoTray(t *testing.T) {
	d := newDesktop(t)
	d.start()
	d.shut()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range 30 { // it would be gone long before
		<-tick.C
		if !d.visible() {
			t.Fatal("the window is gone, and nothing brings it back")
		}
	}
	if err := d.app.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := <-d.ended; err != nil {
		t.Errorf("the program ended with %v", err)
	}
}
