package settings

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
)

// news is what Watch announced.
type news struct {
	settings Settings
	warnings []Warning
	err      error
}

// watching runs Watch on path until the test ends.
func watching(t *testing.T, path string) <-chan news {
	t.Helper()
	heard := make(chan news) // unbuffered: Watch goes on when the test has seen it
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1) // the one result of Watch, which may come after the test
	go func() {
		ended <- Watch(ctx, path, func(s Settings, warnings []Warning, err error) {
			select {
			case heard <- news{s, warnings, err}:
			case <-ctx.Done():
			}
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return heard
}

func next(t *testing.T, heard <-chan news) news {
	t.Helper()
	select {
	case n := <-heard:
		return n
	case <-time.After(20 * time.Second):
		t.Fatal("nothing was announced")
		return news{}
	}
}

// replace puts a new file into the place of path, as many editors do.
func replace(t *testing.T, path, text string) {
	t.Helper()
	write(t, path+"~", text)
	if err := os.Rename(path+"~", path); err != nil {
		t.Fatal(err)
	}
}

func TestWatch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "config.json")
	heard := watching(t, path)
	if n := next(t, heard); n.err != nil || !n.settings.Equal(Default()) {
		t.Fatalf("no file: %+v", n)
	}
	replace(t, path, `{"drawbridge": {"theme": "dark"}}`)
	if n := next(t, heard); n.err != nil || n.settings.Theme != "dark" {
		t.Fatalf("a new file: %+v", n)
	}
	write(t, path, `{"drawbridge": {"theme": "light"}}`)
	n := next(t, heard)
	if n.err != nil { // a slow machine was seen between emptying and writing
		n = next(t, heard)
	}
	if n.err != nil || n.settings.Theme != "light" {
		t.Fatalf("written in place: %+v", n)
	}
	replace(t, path, `{"drawbridge": {"theme": "pink"}}`)
	var e *Error
	if n := next(t, heard); !errors.As(n.err, &e) || e.Line != 1 || e.Column != 26 {
		t.Fatalf("a broken edit: %+v", n)
	}
	replace(t, path, `{"drawbridge": {"theme": "light"}} // mended`)
	if n := next(t, heard); n.err != nil || n.settings.Theme != "light" {
		t.Fatalf("mended: %+v", n)
	}
	replace(t, path, `{"drawbridge": {"theme": "light", "thene": 1}}`)
	if n := next(t, heard); n.err != nil || len(n.warnings) != 1 || n.warnings[0].Column != 35 {
		t.Fatalf("a key that is not used: %+v", n)
	}
	replace(t, path, `{"drawbridge": {"theme": "light"}}`)
	if n := next(t, heard); n.err != nil || len(n.warnings) != 0 {
		t.Fatalf("without it: %+v", n)
	}
	if err := Edit(path, func(d *Draft) error { return d.SetServer(Server{Name: "a", Command: "x"}) }); err != nil {
		t.Fatal(err)
	}
	if n := next(t, heard); n.err != nil || len(n.settings.Servers) != 1 {
		t.Fatalf("by Edit: %+v", n)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if n := next(t, heard); n.err != nil || !n.settings.Equal(Default()) {
		t.Fatalf("removed: %+v", n)
	}
}

func TestWatchThroughALink(t *testing.T) {
	dir, first, second := t.TempDir(), filepath.Join(t.TempDir(), "a.json"), filepath.Join(t.TempDir(), "b.json")
	path := filepath.Join(dir, "config.json")
	write(t, first, `{"drawbridge": {"listen": "localhost:1"}}`)
	write(t, second, `{"drawbridge": {"listen": "localhost:2"}}`)
	if err := os.Symlink(first, path); err != nil {
		t.Skip(err)
	}
	heard := watching(t, path)
	next(t, heard)
	replace(t, first, `{"drawbridge": {"listen": "localhost:11"}}`)
	if n := next(t, heard); n.settings.Listen != "localhost:11" {
		t.Fatalf("the file behind the link: %+v", n)
	}
	if err := errors.Join(os.Symlink(second, path+"~"), os.Rename(path+"~", path)); err != nil {
		t.Fatal(err)
	}
	if n := next(t, heard); n.settings.Listen != "localhost:2" {
		t.Fatalf("another link: %+v", n)
	}
	replace(t, second, `{"drawbridge": {"listen": "localhost:22"}}`)
	if n := next(t, heard); n.settings.Listen != "localhost:22" {
		t.Fatalf("the file behind the other link: %+v", n)
	}
}

// TestFollowWaits holds that a burst of events is read once, and an endless one now and then.
func TestFollowWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events, errs := make(chan fsnotify.Event), make(chan error)
		var reads []time.Duration
		begun := time.Now()
		ended := make(chan error, 1)
		go func() {
			ended <- follow(t.Context(), events, errs, func(e fsnotify.Event) bool { return e.Name == "mine" }, func() {
				reads = append(reads, time.Since(begun))
			})
		}()
		touch := func(name string, wait time.Duration) {
			events <- fsnotify.Event{Name: name, Op: fsnotify.Write}
			time.Sleep(wait)
			synctest.Wait()
		}
		rest := func() {
			time.Sleep(time.Minute)
			synctest.Wait()
		}
		for range 5 {
			touch("mine", settle/2)
		}
		rest()
		if len(reads) != 1 || reads[0] != 3*settle {
			t.Errorf("a burst was read at %v", reads)
		}
		reads, begun = nil, time.Now()
		for range 100 {
			touch("mine", settle/2)
		}
		rest()
		if len(reads) < 4 || reads[0] != settleMost {
			t.Errorf("an endless change was read at %v", reads)
		}
		reads = nil
		touch("other", time.Minute)
		if len(reads) != 0 {
			t.Errorf("another file was read at %v", reads)
		}
		errs <- fsnotify.ErrEventOverflow
		rest()
		if len(reads) != 1 {
			t.Errorf("lost events led to %v", reads)
		}
		close(events)
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestAnnounceOnlyNews(t *testing.T) {
	var heard []string
	a := announcer{announce: func(s Settings, w []Warning, err error) {
		switch {
		case err != nil:
			heard = append(heard, err.Error())
		default:
			heard = append(heard, s.Theme)
		}
	}}
	dark, broken := Default(), errors.New("broken")
	dark.Theme = "dark"
	for _, n := range []news{
		{Default(), nil, nil}, {Default(), nil, nil}, {dark, nil, nil}, {Settings{}, nil, broken}, {Settings{}, nil, broken}, {Settings{}, nil, errors.New("worse")},
		{dark, nil, nil}, {dark, nil, nil}, {Default(), nil, nil},
	} {
		a.settings(n.settings, nil, n.err)
	}
	if got, want := strings.Join(heard, " "), "system dark broken worse dark system"; got != want {
		t.Errorf("heard %s, want %s", got, want)
	}
}
