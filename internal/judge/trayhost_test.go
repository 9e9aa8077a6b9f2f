package judge

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/introspect"
	"github.com/godbus/dbus/v5/prop"
)

// trayHost is a desktop's tray: it owns the watcher's name, takes the icons that register, and presses their menus.
// https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem/
type trayHost struct {
	conn  *dbus.Conn
	props *prop.Properties

	mu    sync.Mutex // guards the field below
	items []string   // bus name and path of each
}

const (
	watcherName = "org.kde.StatusNotifierWatcher"
	watcherPath = dbus.ObjectPath("/StatusNotifierWatcher")
	itemName    = "org.kde.StatusNotifierItem"
	menuName    = "com.canonical.dbusmenu"
)

// newTrayHost takes the watcher's name on the bus until close.
func newTrayHost(bus string) (*trayHost, error) {
	conn, err := dbus.Connect(bus)
	if err != nil {
		return nil, err
	}
	h := &trayHost{conn: conn}
	h.props, err = prop.Export(conn, watcherPath, prop.Map{watcherName: {
		"RegisteredStatusNotifierItems":  {Value: []string{}, Emit: prop.EmitTrue},
		"IsStatusNotifierHostRegistered": {Value: true, Emit: prop.EmitTrue},
		"ProtocolVersion":                {Value: int32(0), Emit: prop.EmitTrue},
	}})
	node := &introspect.Node{Name: string(watcherPath)}
	err = errors.Join(err, conn.Export(h, watcherPath, watcherName),
		conn.Export(introspect.NewIntrospectable(node), watcherPath, "org.freedesktop.DBus.Introspectable"))
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	reply, err := conn.RequestName(watcherName, dbus.NameFlagDoNotQueue)
	if err == nil && reply != dbus.RequestNameReplyPrimaryOwner {
		err = errors.New("another program shows tray icons")
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return h, nil
}

func (h *trayHost) close() { _ = h.conn.Close() }

// RegisterStatusNotifierItem is how a program shows an icon.
func (h *trayHost) RegisterStatusNotifierItem(sender dbus.Sender, service string) *dbus.Error {
	id := service
	if strings.HasPrefix(service, "/") { // some pass a path
		id = string(sender) + service
	} else {
		id += "/StatusNotifierItem"
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.items = append(h.items, id)
	return nil
}

// RegisterStatusNotifierHost is for others that show the icons.
func (h *trayHost) RegisterStatusNotifierHost(string) *dbus.Error { return nil }

// item is the icon that registered last; nil when none did.
func (h *trayHost) item() dbus.BusObject {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.items) == 0 {
		return nil
	}
	name, path, _ := strings.Cut(h.items[len(h.items)-1], "/")
	return h.conn.Object(name, dbus.ObjectPath("/"+path))
}

// entry is a line of the menu.
type menuEntry struct {
	id      int32
	label   string
	enabled bool
}

// menu reads the icon's menu; nil while there is none.
func (h *trayHost) menu() (dbus.BusObject, []menuEntry) {
	item := h.item()
	if item == nil {
		return nil, nil
	}
	v, err := item.GetProperty(itemName + ".Menu")
	path, ok := v.Value().(dbus.ObjectPath)
	if err != nil || !ok {
		return nil, nil
	}
	menu := h.conn.Object(item.Destination(), path)
	var revision uint32
	var root struct {
		ID       int32
		Props    map[string]dbus.Variant
		Children []dbus.Variant
	}
	if menu.Call(menuName+".GetLayout", 0, int32(0), int32(-1), []string{}).Store(&revision, &root) != nil {
		return nil, nil
	}
	var entries []menuEntry
	for _, child := range root.Children {
		var one struct {
			ID       int32
			Props    map[string]dbus.Variant
			Children []dbus.Variant
		}
		if dbus.Store([]any{child.Value()}, &one) != nil {
			continue
		}
		e := menuEntry{id: one.ID, enabled: true}
		e.label, _ = one.Props["label"].Value().(string)
		if on, ok := one.Props["enabled"].Value().(bool); ok {
			e.enabled = on
		}
		entries = append(entries, e)
	}
	return menu, entries
}

// has reports whether the menu has an entry whose label begins so.
func (h *trayHost) has(label string) bool {
	_, entries := h.menu()
	return slices.ContainsFunc(entries, func(e menuEntry) bool { return strings.HasPrefix(e.label, label) })
}

// click presses the entry of that label. Numbers of entries change whenever the menu does.
func (h *trayHost) click(label string) error {
	menu, entries := h.menu()
	for _, e := range entries {
		if e.label == label && e.enabled {
			return menu.Call(menuName+".Event", 0, e.id, "clicked", dbus.MakeVariant(""), uint32(time.Now().Unix())).Err
		}
	}
	return fmt.Errorf("there is no entry %q to press", label)
}

// icon is the picture that is shown.
func (h *trayHost) icon() string {
	item := h.item()
	if item == nil {
		return ""
	}
	v, err := item.GetProperty(itemName + ".IconPixmap")
	if err != nil {
		return ""
	}
	return v.String()
}

// sees waits for something to become so on the desktop.
func sees(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(30 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("%s: it never happens", what)
		}
	}
}
