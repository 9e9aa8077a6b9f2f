package judge

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	logind  = "org.freedesktop.login1"
	ourSeat = dbus.ObjectPath("/org/freedesktop/login1/session/_31")
	another = dbus.ObjectPath("/org/freedesktop/login1/session/_32") // somebody else's
)

// machine is what tells of locked screens and of sleep on a bus: a stand-in for systemd-logind, and for a locker.
type machine struct {
	t    *testing.T
	conn *dbus.Conn

	mu     sync.Mutex // guards the fields below
	locked bool       // as our session's LockedHint says
	braked chan struct{}
}

func newMachine(t *testing.T, bus string) *machine {
	t.Helper()
	conn, err := dbus.Connect(bus)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	m := &machine{t: t, conn: conn}
	for _, name := range []string{logind, "org.gnome.ScreenSaver"} {
		if _, err := conn.RequestName(name, dbus.NameFlagDoNotQueue); err != nil {
			t.Fatal(err)
		}
	}
	for path, of := range map[dbus.ObjectPath]uint32{ourSeat: uint32(os.Getuid()), another: uint32(os.Getuid()) + 1, "/org/freedesktop/login1": 0} {
		if err := conn.Export(seat{m, of}, path, "org.freedesktop.DBus.Properties"); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Export(m, "/org/freedesktop/login1", logind+".Manager"); err != nil {
		t.Fatal(err)
	}
	return m
}

// session is a row of ListSessions.
type session struct {
	ID   string
	User uint32
	Name string
	Seat string
	Path dbus.ObjectPath
}

func (m *machine) ListSessions() ([]session, *dbus.Error) {
	return []session{
		{"1", uint32(os.Getuid()), "ann", "seat0", ourSeat}, {"2", uint32(os.Getuid()) + 1, "ben", "seat0", another},
	}, nil
}

// Inhibit gives out what keeps the machine awake until it is closed.
func (m *machine) Inhibit(what, _, _, mode string) (dbus.UnixFD, *dbus.Error) {
	if what != "sleep" || mode != "delay" {
		return 0, dbus.MakeFailedError(os.ErrInvalid)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return 0, dbus.MakeFailedError(err)
	}
	gone := make(chan struct{})
	m.mu.Lock()
	m.braked = gone
	m.mu.Unlock()
	go func() { // ends with the last copy of w: ours, or the bridge's
		defer close(gone)
		defer r.Close()
		_, _ = io.Copy(io.Discard, r)
	}()
	time.AfterFunc(time.Second, func() { _ = w.Close() }) // when it has been sent for long
	return dbus.UnixFD(w.Fd()), nil
}

// brake is what the bridge keeps the machine awake with.
func (m *machine) brake() chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.braked
}

// seat is a session's properties, and the manager's.
type seat struct {
	m  *machine
	of uint32
}

func (s seat) Get(_, name string) (dbus.Variant, *dbus.Error) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	switch name {
	case "User":
		return dbus.MakeVariant(struct {
			ID   uint32
			Path dbus.ObjectPath
		}{s.of, "/org/freedesktop/login1/user/_0"}), nil
	case "LockedHint":
		return dbus.MakeVariant(s.m.locked && s.of == uint32(os.Getuid())), nil
	}
	return dbus.MakeVariant(false), nil
}

func (m *machine) say(path dbus.ObjectPath, signal string, values ...any) {
	m.t.Helper()
	if err := m.conn.Emit(path, signal, values...); err != nil {
		m.t.Fatal(err)
	}
}

// hint says by the session's property whether its screen is locked.
func (m *machine) hint(path dbus.ObjectPath, locked bool) {
	m.t.Helper()
	if path == ourSeat {
		m.mu.Lock()
		m.locked = locked
		m.mu.Unlock()
	}
	m.say(path, "org.freedesktop.DBus.Properties.PropertiesChanged", logind+".Session", map[string]dbus.Variant{"LockedHint": dbus.MakeVariant(locked)}, []string{})
}

func (m *machine) sleeps(begins bool) {
	m.t.Helper()
	m.say("/org/freedesktop/login1", logind+".Manager.PrepareForSleep", begins)
}

// position is whether the bridge is raised, and what its owner is told.
func (b *bridge) position(t *testing.T) (raised bool, problem string) {
	t.Helper()
	var s struct {
		Raised  bool
		Problem string
	}
	if err := json.Unmarshal([]byte(b.run(t, "status", "--json")), &s); err != nil {
		t.Fatal(err)
	}
	return s.Raised, s.Problem
}

// TestAwayFromTheMachine: the bridge is raised while its owner's screen is locked and while the machine sleeps, and what that
// raised is lowered when they are back.
func TestAwayFromTheMachine(t *testing.T) {
	judging(t)
	bus, cut := newBus(t)
	m := newMachine(t, bus)
	servers := map[string]entry{"one": ourselves(t, "session")}
	b := start(t, servers, terms{
		choices: map[string]any{"raiseOn": []string{"lock", "sleep"}}, env: []string{"DBUS_SESSION_BUS_ADDRESS=" + bus, "DBUS_SYSTEM_BUS_ADDRESS=" + bus},
	})
	token := b.token(t, "ann")
	is := func(what string, want bool) {
		t.Helper()
		eventually(t, 20*time.Second, what, func() bool { raised, _ := b.position(t); return raised == want })
		if status := b.knock(t, token); (status == http.StatusServiceUnavailable) != want {
			t.Errorf("%s: an agent gets status %d", what, status)
		}
	}
	is("at first", false)

	m.say(ourSeat, logind+".Session.Lock")
	is("locked", true)
	m.say(ourSeat, logind+".Session.Unlock")
	is("unlocked", false)

	m.say("/org/gnome/ScreenSaver", "org.gnome.ScreenSaver.ActiveChanged", true)
	is("locked by a locker", true)
	m.hint(ourSeat, true)
	m.say("/org/gnome/ScreenSaver", "org.gnome.ScreenSaver.ActiveChanged", false)
	m.say("/org/freedesktop/login1", logind+".Manager.SessionNew", "3", another)
	is("still locked by its hint", true)
	m.hint(ourSeat, false)
	is("unlocked by its hint", false)

	m.say(another, logind+".Session.Lock")
	m.hint(another, true)
	brake := m.brake()
	m.sleeps(true)
	select {
	case <-brake:
	case <-time.After(20 * time.Second):
		t.Fatal("the machine is kept from sleeping")
	}
	if raised, _ := b.position(t); !raised {
		t.Error("the machine sleeps before the bridge is raised")
	}
	m.sleeps(false)
	is("awake, and somebody else's screen is locked", false)
	if m.brake() == brake {
		t.Error("the next sleep would not wait")
	}

	b.run(t, "raise")
	m.hint(ourSeat, true)
	m.sleeps(true)
	eventually(t, 20*time.Second, "the owner reads why", func() bool { _, why := b.position(t); return strings.Contains(why, "screen is locked") })
	m.sleeps(false)
	m.hint(ourSeat, false)
	eventually(t, 20*time.Second, "the owner reads it no more", func() bool { _, why := b.position(t); return why == "" })
	is("raised by its owner", true)
	b.run(t, "lower")
	is("lowered by its owner", false)

	m.hint(ourSeat, true)
	is("locked again", true)
	b.stop()
	b.begin(t)
	if raised, _ := b.position(t); !raised {
		t.Error("started while the screen is locked, the bridge is lowered")
	}
	b.run(t, "lower")
	is("lowered from afar", false)
	m.say(ourSeat, logind+".Session.Lock")
	is("locked anew", true)
	b.configure(t, servers, nil)
	is("not wanted any more", false)

	b.configure(t, servers, map[string]any{"raiseOn": []string{"lock"}})
	is("wanted again, and still locked", true)
	cut()
	eventually(t, 20*time.Second, "the owner reads that nobody tells", func() bool {
		_, why := b.position(t)
		return strings.Contains(why, "hear") || strings.Contains(why, "what tells of the owner's absence")
	})
	is("nobody tells", true)
}

// knock opens a session as an agent would, and returns the status.
func (b *bridge) knock(t *testing.T, token string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(deadline(t, 20*time.Second), http.MethodPost, b.at("one")+"/mcp", strings.NewReader(
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"judge","version":"1"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	response, err := b.client(t).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}
