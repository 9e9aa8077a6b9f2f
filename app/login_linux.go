package app

import (
	"context"
	"fmt"
	"os"

	"github.com/godbus/dbus/v5"

	"drawbridge/app/settings"
)

// What systemd-logind is called on the system bus (https://www.freedesktop.org/software/systemd/man/org.freedesktop.login1.html).
const (
	loginName    = "org.freedesktop.login1"
	loginPath    = "/org/freedesktop/login1"
	loginManager = loginName + ".Manager"
	loginSession = loginName + ".Session"
	properties   = "org.freedesktop.DBus.Properties"
)

// login hears systemd-logind, or what stands in for it: when the machine sleeps, and when a session of the owner's is locked.
// The zero value hears nothing.
type login struct {
	conn    *dbus.Conn
	signals <-chan *dbus.Signal
	chosen  settings.RaiseOn
	tell    func(why reason, away bool)
	mine    map[dbus.ObjectPath]bool // whether a session is the owner's
	brake   *os.File                 // while it is open the machine waits before it sleeps; nil where it would not
}

// newLogin returns the zero login with its error.
func newLogin(ctx context.Context, chosen settings.RaiseOn, tell func(reason, bool)) (*login, error) {
	conn, err := dbus.ConnectSystemBus(inOrder(ctx)...)
	if err != nil {
		return &login{}, fmt.Errorf("hear when the machine sleeps, or the screen is locked: %w", err)
	}
	l := &login{conn: conn, signals: signalsOf(conn), chosen: chosen, tell: tell, mine: map[dbus.ObjectPath]bool{}}
	if err := l.begin(ctx); err != nil {
		_ = conn.Close()
		return &login{}, fmt.Errorf("hear when the machine sleeps, or the screen is locked: %w", err)
	}
	return l, nil
}

// begin asks to be told, and tells how it is.
func (l *login) begin(ctx context.Context) error {
	for _, m := range [][]dbus.MatchOption{
		{dbus.WithMatchInterface(loginManager)},
		{dbus.WithMatchInterface(loginSession)},
		{dbus.WithMatchInterface(properties), dbus.WithMatchArg(0, loginSession)},
	} {
		if err := l.conn.AddMatchSignalContext(ctx, append(m, dbus.WithMatchSender(loginName))...); err != nil {
			return err
		}
	}
	var sleeps dbus.Variant
	if err := askBus(ctx, l.manager(), properties+".Get", &sleeps, loginManager, "PreparingForSleep"); err != nil {
		return err
	}
	if l.chosen.Sleep {
		l.sleep(ctx, sleeps.Value() == true)
	}
	if !l.chosen.Lock {
		return nil
	}
	var sessions []struct {
		ID   string
		User uint32
		Name string
		Seat string
		Path dbus.ObjectPath
	}
	if err := askBus(ctx, l.manager(), loginManager+".ListSessions", &sessions); err != nil {
		return err
	}
	for _, s := range sessions {
		var locked dbus.Variant
		if l.isMine(ctx, s.Path) && askBus(ctx, l.conn.Object(loginName, s.Path), properties+".Get", &locked, loginSession, "LockedHint") == nil {
			l.lock(s.Path, locked.Value() == true)
		}
	}
	return nil
}

func (l *login) manager() dbus.BusObject { return l.conn.Object(loginName, loginPath) }

// hear tells what a signal says.
func (l *login) hear(ctx context.Context, s *dbus.Signal) {
	switch s.Name {
	case loginManager + ".PrepareForSleep":
		var begins bool
		if l.chosen.Sleep && dbus.Store(s.Body, &begins) == nil {
			l.sleep(ctx, begins)
		}
	case loginManager + ".SessionRemoved":
		var id string
		var path dbus.ObjectPath
		if dbus.Store(s.Body, &id, &path) == nil && l.mine[path] {
			l.lock(path, false)
			delete(l.mine, path)
		}
	case loginSession + ".Lock", loginSession + ".Unlock":
		if l.isMine(ctx, s.Path) {
			l.lock(s.Path, s.Name == loginSession+".Lock")
		}
	case properties + ".PropertiesChanged":
		var changed map[string]dbus.Variant
		if len(s.Body) < 2 || dbus.Store(s.Body[1:2], &changed) != nil {
			return
		}
		if locked, ok := changed["LockedHint"].Value().(bool); ok && l.isMine(ctx, s.Path) {
			l.lock(s.Path, locked)
		}
	}
}

func (l *login) lock(path dbus.ObjectPath, locked bool) {
	if l.chosen.Lock {
		l.tell(byLock+reason(path), locked)
	}
}

// isMine reports whether a session is the owner's.
func (l *login) isMine(ctx context.Context, path dbus.ObjectPath) bool {
	if mine, ok := l.mine[path]; ok {
		return mine
	}
	var user dbus.Variant
	var of struct {
		ID   uint32
		Path dbus.ObjectPath
	}
	if askBus(ctx, l.conn.Object(loginName, path), properties+".Get", &user, loginSession, "User") != nil || user.Store(&of) != nil {
		return false
	}
	l.mine[path] = int(of.ID) == os.Getuid()
	return l.mine[path]
}

// sleep raises the bridge and lets the machine sleep then, or the other way round.
func (l *login) sleep(ctx context.Context, begins bool) {
	if begins {
		l.tell(bySleep, true)
		l.close()
		return
	}
	if l.brake == nil {
		var fd dbus.UnixFD
		if askBus(ctx, l.manager(), loginManager+".Inhibit", &fd, "sleep", "Drawbridge", "Connections of agents are ended first", "delay") == nil {
			l.brake = os.NewFile(uintptr(fd), "sleep")
		}
	}
	l.tell(bySleep, false)
}

// close lets the machine sleep without waiting.
func (l *login) close() {
	if l.brake != nil {
		_ = l.brake.Close()
		l.brake = nil
	}
}
