package tunnel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestExternal(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	_ = l.Close()
	e := share(t, External{URL: "https://Bridge.Example.com:443/", Listen: at}, Options{})
	if e.PublicURL.String() != "https://bridge.example.com" || e.End != EndAtRelay || e.Status().State != Up {
		t.Errorf("%s, %v, %+v", e.PublicURL, e.End, e.Status())
	}
	if !strings.Contains(e.End.String(), "can read") {
		t.Errorf("who can read is not said: %q", e.End)
	}
	if got, err := get(t, "http://bridge.example.com", at, nil); got != "here" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestExternalBadInput(t *testing.T) {
	good := External{URL: "https://bridge.example.com", Listen: "127.0.0.1:1"}
	for _, c := range []struct {
		change func(*External)
		want   string
	}{
		{func(x *External) { x.URL = "" }, "write https://"},
		{func(x *External) { x.URL = "http://bridge.example.com" }, "write https://"},
		{func(x *External) { x.URL = "https://bridge.example.com/mcp" }, "nothing behind it"},
		{func(x *External) { x.URL = "https://me:secret@bridge.example.com" }, "nothing behind it"},
		{func(x *External) { x.Listen = "0.0.0.0:7041" }, "this machine's own address"},
		{func(x *External) { x.Listen = "127.0.0.1:0" }, "a fixed port"},
		{func(x *External) { x.Listen = "" }, "a fixed port"},
		{func(x *External) { x.End = EndHere }, "the tool ends TLS"},
		{func(x *External) { x.Program = &Program{} }, "no program"},
		{func(x *External) { x.Program = &Program{Args: []string{"a"}} }, "no program"},
	} {
		x := good
		c.change(&x)
		e, err := Open(x, Options{})
		if err == nil {
			_ = e.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", x, err, c.want)
		}
	}
}

// TestProgram: a tool is told where to deliver, counts as working when it goes on, and is started again when it ends,
// with what it said last shown; it ends with the endpoint.
func TestProgram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := make(chan Program)
		fail := make(chan error)
		run := func(ctx context.Context, p Program, out io.Writer) error {
			runs <- p
			_, _ = fmt.Fprintln(out, strings.Repeat("noise ", 1000), "no such tunnel")
			select {
			case err := <-fail:
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		e := &Endpoint{queue: newQueue(), tracker: newTracker("external"), options: Options{Run: run}}
		e.ctx, e.cancel = context.WithCancel(t.Context())
		e.log = discard()
		public, err := checkOrigin("https://bridge.example.com")
		if err != nil {
			t.Fatal(err)
		}
		p := Program{Args: []string{"tool", "--to", "http://{address}", "{port}", "{url}", "{host}"}, Env: map[string]string{"A": "{port}"}}
		e.tracker.wait(partRelay, nil, time.Time{})
		e.wg.Go((&supervisor{e, p.with("127.0.0.1:7041", public)}).keep)

		got := <-runs
		if want := "tool --to http://127.0.0.1:7041 7041 https://bridge.example.com bridge.example.com"; strings.Join(got.Args, " ") != want || got.Env["A"] != "7041" {
			t.Errorf("%q, %v", got.Args, got.Env)
		}
		synctest.Wait()
		if s := e.Status(); s.State != Starting {
			t.Errorf("at once: %s", s.State)
		}
		time.Sleep(toolSettles)
		synctest.Wait()
		if s := e.Status(); s.State != Up {
			t.Errorf("after a while: %s", s.State)
		}
		fail <- errors.New("exit status 1")
		synctest.Wait()
		if s := e.Status(); s.State != Down || !strings.Contains(s.Problem.What, "exit status 1") || !strings.HasSuffix(s.Problem.What, "no such tunnel") || len(s.Problem.What) > 2*toolSays {
			t.Errorf("after its end: %s, %v", s.State, s.Problem)
		}
		<-runs
		_ = e.Close()
	})
}

func TestTemplates(t *testing.T) {
	for _, m := range Templates() {
		if m.Name == "" || m.Note == "" || len(m.Program.Args) == 0 || m.End == EndHere {
			t.Errorf("%+v", m)
		}
	}
}
