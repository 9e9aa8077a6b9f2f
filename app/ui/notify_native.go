//go:build !linux && !freebsd && !openbsd && !netbsd

package ui

import "fyne.io/fyne/v2"

// newAnnouncer shows messages by Fyne. close ends it.
func newAnnouncer() (a announcer, close func()) { return nativeAnnouncer{}, func() {} }

// nativeAnnouncer cannot have messages pressed.
type nativeAnnouncer struct{}

func (nativeAnnouncer) announce(_, title, text string, _ func(string)) {
	fyne.CurrentApp().SendNotification(fyne.NewNotification(title, text))
}

func (nativeAnnouncer) withdraw(string) {}
