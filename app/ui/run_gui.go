//go:build cgo && !nogui

package ui

import (
	"context"
	"os"
	"runtime"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/systray"

	"drawbridge/app/ui/look"
	"drawbridge/assets"
)

// Available reports whether Run can open a window here.
func Available() bool {
	switch runtime.GOOS {
	case "windows", "darwin":
		return true
	}
	return os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
}

// Run shows the window and the tray until the owner quits, SIGINT or SIGTERM comes, or ctx ends. It must be
// called on the main goroutine, once. It returns ErrNoWindow where no window can be opened.
func Run(ctx context.Context, c Config) error {
	if !Available() {
		return ErrNoWindow
	}
	prepare()
	icon := fyne.NewStaticResource("drawbridge.png", assets.Icon)
	app.SetMetadata(fyne.AppMetadata{ID: "app.drawbridge.Drawbridge", Name: "Drawbridge", Icon: icon})
	f := app.New()
	f.SetIcon(icon)
	themed := themer(f, c)

	open, stop := context.WithCancel(context.WithoutCancel(ctx)) // while the desktop runs
	defer stop()
	loop := newRest()
	do := func(f func()) {
		if open.Err() == nil { // afterwards there is no window, nor a goroutine of its own
			fyne.Do(f)
			loop.wake()
		}
	}
	w := newWindow(open, f, c.App, do, f.Quit)
	w.themed = themed
	loop.hidden = func() bool { return w.hidden }
	w.win.SetMaster()
	w.win.Resize(recall(f.Preferences()))
	announcer, hush := newAnnouncer()
	defer hush()
	w.announcer = announcer
	w.win.SetCloseIntercept(func() { w.close(trayIsShown) })
	if d, ok := f.(desktop.App); ok && hasBus() {
		systray.SetOnTapped(func() { do(w.open) })
		w.tray = &tray{w: w, host: d, plain: runtime.GOOS == "darwin"}
		w.tray.show(w.view) // Fyne starts the tray with its loop, and only what it was given before
	}
	var others sync.WaitGroup
	others.Go(func() { w.mirror.run(open) })
	others.Go(func() { w.obey(ctx, open, c) })
	f.Lifecycle().SetOnStarted(func() {
		if !c.Hidden || w.tray == nil || !trayIsShown() {
			w.open()
		}
		others.Go(func() { loop.run(open) })
	})
	f.Lifecycle().SetOnStopped(func() { keep(f.Preferences(), w.win.Canvas().Size()) })
	f.Run()
	stop()
	others.Wait()
	w.work.Wait()
	return nil
}

// obey opens the window for each receive from Show, says why the application failed, and quits when ctx ends, while the
// desktop is open.
func (w *window) obey(ctx, open context.Context, c Config) {
	show := c.Show
	for {
		select {
		case _, ok := <-show:
			if !ok {
				show = nil
				continue
			}
			w.do(w.open)
		case err := <-c.Failed:
			w.do(func() { w.failed(err) })
			return
		case <-ctx.Done():
			w.do(w.quit)
			return
		case <-open.Done():
			return
		}
	}
}

// themer puts the theme in place, and returns what changes it when the owner chooses another.
func themer(f fyne.App, c Config) func(string) {
	now := c.Theme
	if now == "" {
		now = c.App.Settings().Theme
	}
	f.Settings().SetTheme(look.NewTheme(mode(now)))
	return func(chosen string) {
		if c.Theme == "" && chosen != now {
			now = chosen
			f.Settings().SetTheme(look.NewTheme(mode(now)))
		}
	}
}

// prepare makes the cache directory, which Fyne expects to be there.
func prepare() {
	if dir, err := os.UserCacheDir(); err == nil {
		_ = os.MkdirAll(dir, 0o700)
	}
}

func mode(name string) look.Mode {
	switch name {
	case "light":
		return look.Light
	case "dark":
		return look.Dark
	}
	return look.System
}
