package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"drawbridge/app"
	"drawbridge/app/settings"
)

// TestTray: the desktop runs on an App that does; a second start shows the window of the first.
func TestTray(t *testing.T) {
	newStage(t)
	up := make(chan struct{}) // closed when the first has its window
	ended := make(chan int, 1)
	go func() {
		var stderr bytes.Buffer
		code := Run(t.Context(), Config{
			Args: []string{"--listen", "127.0.0.1:0", "--demo"}, Stdout: &stderr, Stderr: &stderr,
			Tray: func(ctx context.Context, d app.Desktop) error {
				a := d.App
				for s := (app.Status{}); s.URL == ""; s, _ = a.Status() {
					if ctx.Err() != nil {
						return errors.New("it never ran")
					}
				}
				close(up)
				<-a.Shows()
				return nil
			},
		})
		if code != exitOK {
			t.Errorf("the first ended with %d: %s", code, stderr.String())
		}
		ended <- code
	}()
	select {
	case <-up:
	case <-ended:
		t.Fatal("there is no window")
	}
	var stderr bytes.Buffer
	code := Run(t.Context(), Config{Stdout: &stderr, Stderr: &stderr, Tray: func(context.Context, app.Desktop) error {
		t.Error("the second start opened a window of its own")
		return nil
	}})
	if code != exitOK {
		t.Errorf("the second ended with %d: %s", code, stderr.String())
	}
	<-ended
}

// TestQuit: the desktop ends when the command line says so, and its home is free then; two may say so at once.
func TestQuit(t *testing.T) {
	newStage(t)
	ended := make(chan int, 1) // holds the first one's exit code
	go func() {
		ended <- Run(t.Context(), Config{
			Args: []string{"--listen", "127.0.0.1:0"}, Stdout: io.Discard, Stderr: io.Discard,
			Tray: func(ctx context.Context, _ app.Desktop) error {
				<-ctx.Done()
				return nil
			},
		})
	}()
	places, err := settings.Find()
	if err != nil {
		t.Fatal(err)
	}
	second, err := app.Dial(t.Context(), places)
	for deadline := time.Now().Add(10 * time.Second); err != nil && time.Now().Before(deadline); {
		second, err = app.Dial(t.Context(), places) // until it is there
	}
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	var out bytes.Buffer
	if code := Run(t.Context(), Config{Args: []string{"quit"}, Stdout: &out, Stderr: &out}); code != exitOK {
		t.Fatalf("quit ended with %d: %s", code, out.String())
	}
	if err := second.Quit(); err != nil {
		t.Error("who asks for it too late gets no end: ", err)
	}
	a, err := app.New(app.Options{Places: places})
	if err != nil {
		t.Fatal("its home is not free: ", err)
	}
	a.Close()
	if code := <-ended; code != exitOK {
		t.Errorf("the desktop ended with %d", code)
	}
}

// TestTrayWithoutApp: where the bridge cannot run, the window ends and the owner reads why.
func TestTrayWithoutApp(t *testing.T) {
	newStage(t)
	t.Setenv("DRAWBRIDGE_PASSPHRASE", "")
	var out bytes.Buffer
	code := Run(t.Context(), Config{Args: []string{"--keychain", "file"}, Stdout: &out, Stderr: &out, Tray: func(_ context.Context, d app.Desktop) error {
		if err := <-d.Failed; err == nil {
			t.Error("the window is told of no reason")
		}
		return nil
	}})
	if code != exitFailed || !bytes.Contains(out.Bytes(), []byte("DRAWBRIDGE_PASSPHRASE")) {
		t.Errorf("ended with %d: %s", code, out.String())
	}
}
