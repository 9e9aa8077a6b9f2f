//go:build linux || freebsd || openbsd || netbsd

package ui

import (
	"strings"
	"sync"

	"github.com/godbus/dbus/v5"
)

// busAnnouncer shows messages by the desktop's notification service, which can have them pressed.
// https://specifications.freedesktop.org/notification-spec/latest/
type busAnnouncer struct {
	conn *dbus.Conn
	work sync.WaitGroup // calls of the service, which end with the connection at the latest

	mu    sync.Mutex // guards the fields below
	shown map[string]uint32
	acts  map[uint32]func(string)
}

const (
	notifications     = "org.freedesktop.Notifications"
	notificationsPath = "/org/freedesktop/Notifications"
)

// newAnnouncer is nil where nobody shows messages. close ends it.
func newAnnouncer() (a announcer, close func()) {
	if !hasBus() {
		return nil, func() {}
	}
	conn, err := dbus.ConnectSessionBus()
	if err != nil {
		return nil, func() {}
	}
	b := &busAnnouncer{conn: conn, shown: map[string]uint32{}, acts: map[uint32]func(string){}}
	if err := conn.AddMatchSignal(dbus.WithMatchInterface(notifications)); err != nil {
		_ = conn.Close()
		return nil, func() {}
	}
	signals := make(chan *dbus.Signal, 16) // godbus drops none: it waits
	conn.Signal(signals)
	var heard sync.WaitGroup
	heard.Go(func() {
		for s := range signals { // closed with the connection
			b.hear(s)
		}
	})
	return b, func() {
		_ = conn.Close()
		heard.Wait()
		b.work.Wait()
	}
}

// announce does not wait for the service, which may be slow to start.
func (b *busAnnouncer) announce(key, title, text string, act func(string)) {
	b.work.Go(func() { b.notify(key, title, text, act) })
}

func (b *busAnnouncer) notify(key, title, text string, act func(string)) {
	b.mu.Lock()
	replaces := b.shown[key]
	b.mu.Unlock()
	call := b.conn.Object(notifications, notificationsPath).Call(notifications+".Notify", 0,
		"Drawbridge", replaces, "drawbridge", title, escaped(text), []string{"default", "Open", "answer", "Answer…"},
		map[string]dbus.Variant{"urgency": dbus.MakeVariant(byte(2)), "desktop-entry": dbus.MakeVariant("drawbridge")}, int32(0))
	var id uint32
	if call.Store(&id) != nil {
		return // nobody shows messages; tray and window still do
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shown[key], b.acts[id] = id, act
}

func (b *busAnnouncer) withdraw(key string) {
	b.mu.Lock()
	id, ok := b.shown[key]
	delete(b.shown, key)
	delete(b.acts, id)
	b.mu.Unlock()
	if ok {
		b.conn.Object(notifications, notificationsPath).Go(notifications+".CloseNotification", dbus.FlagNoReplyExpected, nil, id)
	}
}

// hear takes what the service tells.
func (b *busAnnouncer) hear(s *dbus.Signal) {
	if s.Name != notifications+".ActionInvoked" || len(s.Body) < 2 {
		return
	}
	id, _ := s.Body[0].(uint32)
	pressed, _ := s.Body[1].(string)
	b.mu.Lock()
	act := b.acts[id]
	b.mu.Unlock()
	if act != nil {
		act(pressed)
	}
}

// escaped is a text as the service takes it, which may read it as markup.
func escaped(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}
