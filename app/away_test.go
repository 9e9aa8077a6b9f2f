package app

import (
	"strings"
	"testing"

	"drawbridge/app/settings"
)

// TestAbsence: whoever comes back lowers what their absence raised, and no more.
func TestAbsence(t *testing.T) {
	owner := func(up bool) func(*App) {
		return func(a *App) {
			if err := a.SetRaised("", up); err != nil {
				t.Error(err)
			}
		}
	}
	gone := func(why reason, away bool) func(*App) { return func(a *App) { a.gone(why, away) } }
	signIn := func(up bool) func(*App) { return func(a *App) { a.hold(bySignIn, up) } }
	const gnome, login = byLock + "org.gnome.ScreenSaver", byLock + "/session/_31"
	type step struct {
		do     func(*App)
		raised bool
	}
	for name, steps := range map[string][]step{
		"locked":                     {{gone(gnome, true), true}, {gone(gnome, false), false}},
		"never locked":               {{gone(gnome, false), false}, {gone(bySleep, false), false}},
		"told twice":                 {{gone(gnome, true), true}, {gone(gnome, true), true}, {gone(gnome, false), false}},
		"told by two":                {{gone(gnome, true), true}, {gone(login, true), true}, {gone(login, false), true}, {gone(gnome, false), false}},
		"asleep, and locked then":    {{gone(bySleep, true), true}, {gone(login, true), true}, {gone(bySleep, false), true}, {gone(login, false), false}},
		"raised before":              {{owner(true), true}, {gone(gnome, true), true}, {gone(gnome, false), true}, {owner(false), false}},
		"raised meanwhile":           {{gone(gnome, true), true}, {owner(true), true}, {gone(gnome, false), true}, {owner(false), false}},
		"lowered while locked":       {{gone(gnome, true), true}, {gone(login, true), true}, {owner(false), false}, {gone(gnome, false), false}, {gone(gnome, true), true}},
		"nobody is signed in":        {{signIn(true), true}, {gone(gnome, true), true}, {gone(gnome, false), true}, {owner(false), true}, {signIn(false), false}},
		"lowered, but not signed in": {{signIn(true), true}, {gone(gnome, true), true}, {owner(false), true}, {signIn(false), false}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, `{}`)
			for i, s := range steps {
				s.do(h.App)
				now, sub := h.Watch()
				sub.Close()
				if now.Raised != s.raised {
					t.Errorf("step %d: raised is %v", i, now.Raised)
				}
			}
			if err := h.problemWith("away"); err != nil && !steps[len(steps)-1].raised {
				t.Errorf("in the end: %v", err)
			}
		})
	}
}

// TestAbsenceIsNotRemembered: a bridge that ends while the screen is locked asks again how it is, and is not raised for ever.
func TestAbsenceIsNotRemembered(t *testing.T) {
	h := newHouse(t, `{}`)
	h.gone(bySleep, true)
	h.Close()
	again, err := New(h.options)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	now, sub := again.Watch()
	sub.Close()
	if now.Raised {
		t.Error("it is raised")
	}
}

// TestDeafBridge: where nobody tells of absence the owner reads that, and the bridge works. Another choice lowers what is no reason any more.
func TestDeafBridge(t *testing.T) {
	for _, name := range []string{"DBUS_SESSION_BUS_ADDRESS", "DBUS_SYSTEM_BUS_ADDRESS"} {
		t.Setenv(name, "unix:path="+t.TempDir()+"/none")
	}
	h := newHouse(t, strings.TrimSuffix(entries("demo"), "}")+`,"drawbridge":{"raiseOn":["lock"]}}`).run()
	token := h.token("ada")
	h.echo("/demo/mcp", token, h.begin("/demo/mcp", token))
	h.awaitProblem(func(text string) bool {
		return strings.Contains(text, "hear when the machine sleeps, or the screen is locked") || strings.Contains(text, "raiseOn does not work on this system")
	})
	for i, c := range []struct {
		away   reason
		then   settings.RaiseOn
		raised bool
	}{
		{byLock + "x", settings.RaiseOn{Lock: true, Sleep: true}, true},
		{bySleep, settings.RaiseOn{Sleep: true}, true},
		{bySleep, settings.RaiseOn{Lock: true}, false},
		{byLock + "x", settings.RaiseOn{}, false},
	} {
		h.gone(c.away, true)
		h.owner.Lock()
		h.heed(c.then)
		h.owner.Unlock()
		now, sub := h.Watch()
		sub.Close()
		if now.Raised != c.raised {
			t.Errorf("choice %d: raised is %v", i, now.Raised)
		}
	}
	if err := h.problemWith("raiseOn"); err != nil {
		t.Error(err)
	}
}
