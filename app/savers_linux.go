package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/godbus/dbus/v5"
)

// saverNames are the lockers of screens that tell on the session bus. They differ in their names alone.
var saverNames = []string{
	"org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver", "org.cinnamon.ScreenSaver", "org.mate.ScreenSaver", "org.xfce.ScreenSaver",
}

// savers hears the lockers of the desktop that this session has. The zero value hears nothing.
type savers struct {
	signals <-chan *dbus.Signal
	tell    func(why reason, away bool)
}

// newSavers returns the zero savers with its error.
func newSavers(ctx context.Context, tell func(reason, bool)) (*savers, error) {
	address := sessionBus()
	if address == "" {
		return &savers{}, errors.New("hear when the screen is locked: there is no session bus")
	}
	conn, err := dbus.Connect(address, inOrder(ctx)...)
	if err != nil {
		return &savers{}, fmt.Errorf("hear when the screen is locked: %w", err)
	}
	s := &savers{signalsOf(conn), tell}
	for _, name := range saverNames {
		err := conn.AddMatchSignalContext(ctx, dbus.WithMatchSender(name), dbus.WithMatchInterface(name), dbus.WithMatchMember("ActiveChanged"))
		if err != nil {
			return &savers{}, fmt.Errorf("hear when the screen is locked: %w", err)
		}
		var active bool
		path := dbus.ObjectPath("/" + strings.ReplaceAll(name, ".", "/"))
		if askBus(ctx, conn.Object(name, path), name+".GetActive", &active) == nil {
			tell(byLock+reason(name), active)
		}
	}
	return s, nil
}

// hear tells what a locker says.
func (s *savers) hear(signal *dbus.Signal) {
	name, member := splitMember(signal.Name)
	var active bool
	if member == "ActiveChanged" && slices.Contains(saverNames, name) && dbus.Store(signal.Body, &active) == nil {
		s.tell(byLock+reason(name), active)
	}
}

// splitMember splits a signal's name into its interface and its own.
func splitMember(name string) (iface, member string) {
	i := max(strings.LastIndexByte(name, '.'), 0)
	return name[:i], name[min(i+1, len(name)):]
}
