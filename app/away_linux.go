package app

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"drawbridge/app/settings"
)

// busTime bounds one question on a bus.
const busTime = 2 * time.Second

// watchAbsence tells when the owner goes away in a way that was chosen and when they come back, until ctx is done; first how
// it is, and then it calls ready. An error says why it cannot, or not any more; what was told last may be wrong by then.
func watchAbsence(ctx context.Context, chosen settings.RaiseOn, tell func(why reason, away bool), ready func()) error {
	ctx, cancel := context.WithCancel(ctx) // closes the connections
	defer cancel()
	login, err := newLogin(ctx, chosen, tell)
	if err != nil && chosen.Sleep {
		return err
	}
	defer login.close()
	lockers := &savers{}
	if chosen.Lock {
		var none error
		if lockers, none = newSavers(ctx, tell); err != nil && none != nil {
			return errors.Join(err, none)
		}
	}
	ready()
	for {
		select {
		case s, ok := <-login.signals:
			if !ok {
				return errNoBus
			}
			login.hear(ctx, s)
		case s, ok := <-lockers.signals:
			if !ok {
				return errNoBus
			}
			lockers.hear(s)
		case <-ctx.Done():
			return nil
		}
	}
}

// sessionBus is the address of the session bus, "" where there is none. The library would start a bus of its own.
func sessionBus() string {
	if a := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); a != "" && !strings.HasPrefix(a, "autolaunch:") {
		return a
	}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		return "unix:path=" + dbus.EscapeBusAddressValue(dir+"/bus")
	}
	return ""
}

// signalsOf yields what conn hears, in order. It is closed when conn is.
func signalsOf(conn *dbus.Conn) <-chan *dbus.Signal {
	c := make(chan *dbus.Signal) // the connection queues
	conn.Signal(c)
	return c
}

// inOrder are the options of a connection that ends with ctx.
func inOrder(ctx context.Context) []dbus.ConnOption {
	return []dbus.ConnOption{dbus.WithContext(ctx), dbus.WithSignalHandler(dbus.NewSequentialSignalHandler())}
}

// askBus calls a method of an object without starting who has it, and stores what it returns.
func askBus(ctx context.Context, of dbus.BusObject, method string, to any, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, busTime)
	defer cancel()
	return of.CallWithContext(ctx, method, dbus.FlagNoAutoStart, args...).Store(to)
}
