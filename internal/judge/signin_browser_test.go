package judge

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// browser is a page of a real Chromium without a window, spoken to by the DevTools protocol.
type browser struct {
	conn *websocket.Conn
	next int
}

// chromium starts a browser, or skips t where there is none. It is gone when t ends.
func chromium(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no chromium: ./dev pages installs it")
	}
	cmd := exec.Command(path, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
		"--remote-debugging-port=0", "--user-data-dir="+t.TempDir(), "about:blank")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	where, gone := make(chan string, 1), make(chan struct{}) // one address is all
	go func() {                                              // ends with the browser's output; the cleanup waits for that
		defer close(gone)
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			if _, address, ok := strings.Cut(lines.Text(), "DevTools listening on ws://"); ok {
				host, _, _ := strings.Cut(address, "/")
				where <- host
				break
			}
		}
		_, _ = io.Copy(io.Discard, stderr)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt) // so that it sees to its own children
		select {
		case <-gone:
		case <-time.After(10 * time.Second):
			_ = cmd.Process.Kill()
			<-gone
		}
	})
	select {
	case host := <-where:
		return attach(t, host)
	case <-time.After(time.Minute):
		t.Fatal("chromium: not ready after a minute")
		return nil
	}
}

// attach opens the line to the browser's first page.
func attach(t *testing.T, host string) *browser {
	t.Helper()
	resp, err := http.Get("http://" + host + "/json/list")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var pages []struct {
		Type    string
		Address string `json:"webSocketDebuggerUrl"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&pages); err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		if p.Type != "page" {
			continue
		}
		conn, _, err := websocket.Dial(deadline(t, time.Minute), p.Address, nil)
		if err != nil {
			t.Fatal(err)
		}
		conn.SetReadLimit(64 << 20)
		t.Cleanup(func() { _ = conn.CloseNow() })
		return &browser{conn: conn}
	}
	t.Fatal("chromium: no page")
	return nil
}

// do runs one command of the protocol. into, if not nil, gets its result.
func (b *browser) do(ctx context.Context, method string, params map[string]any, into any) error {
	b.next++
	id := b.next
	text, err := json.Marshal(map[string]any{"id": id, "method": method, "params": params})
	if err != nil {
		return err
	}
	if err := b.conn.Write(ctx, websocket.MessageText, text); err != nil {
		return err
	}
	for {
		_, text, err := b.conn.Read(ctx)
		if err != nil {
			return err
		}
		var answer struct {
			ID     int
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		if err := json.Unmarshal(text, &answer); err != nil || answer.ID != id {
			continue // an event
		}
		if answer.Error != nil {
			return errors.New(answer.Error.Message)
		}
		if into == nil {
			return nil
		}
		return json.Unmarshal(answer.Result, into)
	}
}

// run evaluates an expression in the page and returns its value as a string.
func (b *browser) run(ctx context.Context, expression string) (string, error) {
	var got struct {
		Result    struct{ Value any }
		Exception *struct{ Text string } `json:"exceptionDetails"`
	}
	err := b.do(ctx, "Runtime.evaluate", map[string]any{"expression": expression}, &got)
	if err == nil && got.Exception != nil {
		err = errors.New(got.Exception.Text)
	}
	return fmt.Sprint(got.Result.Value), err
}

// shows waits until the page's text has part in it.
func (b *browser) shows(t *testing.T, part string) {
	t.Helper()
	ctx := deadline(t, 30*time.Second)
	for {
		text, err := b.run(ctx, "document.body ? document.body.innerText : ''")
		if err == nil && strings.Contains(text, part) {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the page does not show %q: %v\n%s", part, err, text)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (b *browser) must(t *testing.T, method string, params map[string]any) {
	t.Helper()
	if err := b.do(deadline(t, 30*time.Second), method, params, nil); err != nil {
		t.Fatalf("%s: %v", method, err)
	}
}

func (b *browser) goTo(t *testing.T, address string) {
	t.Helper()
	b.must(t, "Page.navigate", map[string]any{"url": address})
}

// click presses what a selector finds, as a person does: what the page's policy forbids does not happen.
func (b *browser) click(t *testing.T, selector string) {
	t.Helper()
	if _, err := b.run(deadline(t, 30*time.Second), fmt.Sprintf("document.querySelector(%q).click()", selector)); err != nil {
		t.Fatalf("click %s: %v", selector, err)
	}
}

func (b *browser) fill(t *testing.T, field, value string) {
	t.Helper()
	if _, err := b.run(deadline(t, 30*time.Second), fmt.Sprintf("document.querySelector('[name=%s]').value = %q", field, value)); err != nil {
		t.Fatalf("fill in %s: %v", field, err)
	}
}

// pictures takes the page in both themes, and on a phone, into the directory that JUDGE_PICTURES names.
func (b *browser) pictures(t *testing.T, name string) {
	t.Helper()
	for _, view := range []struct {
		name, scheme  string
		width, height int
	}{{"light", "light", 900, 820}, {"dark", "dark", 900, 820}, {"phone", "light", 360, 820}} {
		b.must(t, "Emulation.setDeviceMetricsOverride", map[string]any{"width": view.width, "height": view.height, "deviceScaleFactor": 1, "mobile": view.width < 500})
		b.must(t, "Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]string{"name": "prefers-color-scheme", "value": view.scheme}}})
		if wide, err := b.run(deadline(t, 30*time.Second), "document.documentElement.scrollWidth > innerWidth"); err != nil || wide != "false" {
			t.Errorf("%s: wider than %d pixels (%v)", name, view.width, err)
		}
		var picture struct{ Data string }
		if err := b.do(deadline(t, 30*time.Second), "Page.captureScreenshot", map[string]any{"captureBeyondViewport": true}, &picture); err != nil {
			t.Fatal(err)
		}
		png, err := base64.StdEncoding.DecodeString(picture.Data)
		if err != nil || len(png) < 1000 {
			t.Fatalf("%s: a picture of %d bytes, %v", name, len(png), err)
		}
		if dir := os.Getenv("JUDGE_PICTURES"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, name+"-"+view.name+".png"), png, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
