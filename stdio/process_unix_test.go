//go:build unix

package stdio

import (
	"bytes"
	"drawbridge/internal/wire"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"
)

func ask(n int, text string) []byte {
	return fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"method":"echo","params":{"text":"%s"}}`, n, text)
}

func TestProcessEcho(t *testing.T) {
	p := start(t, role("echo", ""))
	for i, size := range []int{0, 1, 4 << 10, 60 << 10, 70 << 10, 5 << 20, 10, 1 << 20, 3 << 20, 100} {
		want := ask(i, strings.Repeat("x", size))
		if err := p.Write(want); err != nil {
			t.Fatal(err)
		}
		m, err := p.Read()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(m.Bytes(), want) {
			t.Fatalf("message of %d bytes came back as %d bytes", len(want), len(m.Bytes()))
		}
	}
}

// Many at once, with answers read late: nothing is lost, cut or mixed up.
func TestProcessKeepsOrder(t *testing.T) {
	p := start(t, role("echo", ""))
	const n = 5_000
	wrote := make(chan error, 1)
	go func() {
		for i := range n {
			if err := p.Write(ask(i, strings.Repeat("y", i%900))); err != nil {
				wrote <- err
				return
			}
		}
		wrote <- nil
	}()
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}
	for i := range n {
		m, err := p.Read()
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := m.IntID(); got != uint64(i) {
			t.Fatalf("message %d came as number %d", got, i)
		}
	}
}

func TestProcessWritesOneLine(t *testing.T) {
	p := start(t, role("echo", ""))
	if err := p.Write([]byte("{\"jsonrpc\":\"2.0\",\r\n \"method\":\"a\"\n}")); err != nil {
		t.Fatal(err)
	}
	m, err := p.Read()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(m.Bytes()), `{"jsonrpc":"2.0",   "method":"a" }`; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
}

func TestProcessNoise(t *testing.T) {
	out := "Listening on stdio\n\r\n  \n" +
		`{"jsonrpc":"2.0","method":"a"}` + "\r\n" +
		"{\"level\":\"info\",\"id\":7}\n" +
		"\x1b[31mred hunter22\n" +
		`{"jsonrpc":"2.0","method":"b"}` + "\n"
	c := role("print", "", out)
	c.Env["TOKEN"] = "${keychain:pw}"
	p := start(t, c, func(c *Config) { c.Secret = func(string) (string, error) { return "hunter22", nil } })
	for _, want := range []string{"a", "b"} {
		m, err := p.Read()
		if err != nil {
			t.Fatal(err)
		}
		if m.Method() != want {
			t.Fatalf("got method %q, want %q", m.Method(), want)
		}
	}
	lines, last := p.Noise()
	want := []string{"Listening on stdio", `{"level":"info","id":7}`, "·[31mred [secret]"}
	if lines != 3 || fmt.Sprint(last) != fmt.Sprint(want) {
		t.Fatalf("noise is %d, %q; want 3, %q", lines, last, want)
	}
}

// An answer that cannot be forwarded is an error for who waits for it.
func TestProcessLostAnswer(t *testing.T) {
	p := start(t, role("echo", ""), func(c *Config) { c.MaxMessage = 64 << 10 })
	long := strings.Repeat("z", 200<<10)
	for _, answer := range []string{
		`{"jsonrpc":"2.0","id":5,"result":"` + long + `"}`,
		`{"result":{"id":6,"text":"` + long + `"},"jsonrpc":"2.0","id":5}`,
		`{"jsonrpc":"2.0","id":5,"result":{},"id":5}`,
	} {
		// The echo is longer than the bridge accepts; so would be the way down.
		if _, err := p.child.stdin.WriteString(answer + "\n" + `{"jsonrpc":"2.0","method":"next"}` + "\n"); err != nil {
			t.Fatal(err)
		}
		m, err := p.Read()
		if err != nil {
			t.Fatal(err)
		}
		if m.ID() != "5" || m.Error() == nil {
			t.Fatalf("got %.200s", m.Bytes())
		}
		if m, err = p.Read(); err != nil || m.Method() != "next" {
			t.Fatalf("got %.200s, %v", m.Bytes(), err)
		}
	}
	if lines, _ := p.Noise(); lines != 3 {
		t.Fatalf("noise is %d, want 3", lines)
	}
}

func TestProcessFlood(t *testing.T) {
	for _, text := range []string{"garbage\n", "endless "} {
		p := start(t, role("flood", "", text), func(c *Config) { c.MaxMessage = 1 << 20 })
		p.grace = hurried
		counted := &countingReader{r: p.out.r, most: 256 << 10, reached: make(chan struct{})}
		p.out.r = counted
		read := make(chan error, 1)
		go func() {
			_, err := p.Read()
			read <- err
		}()
		<-counted.reached
		_ = p.Close()
		if err := <-read; !isExit(err) {
			t.Fatalf("%q: Read gave %v", text, err)
		}
	}
}

// countingReader closes reached when most bytes were read.
type countingReader struct {
	r       io.Reader
	n, most int
	reached chan struct{}
}

func (c *countingReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	if c.n < c.most && c.n+n >= c.most {
		close(c.reached)
	}
	c.n += n
	return n, err
}

func isExit(err error) bool { return errors.As(err, new(*ExitError)) }

func TestProcessDoesNotRead(t *testing.T) {
	p := start(t, role("deaf", ""), func(c *Config) { c.MaxMessage = 100 << 10 })
	p.grace = hurried
	message := ask(1, strings.Repeat("x", 50<<10))
	total := 0
	for {
		err := p.Write(message)
		if err != nil {
			var e *wire.Error
			if want := `server "x" has too much to read already; try again in a moment`; err.Error() != want || !errors.As(err, &e) || e.Code != wire.LimitExceeded {
				t.Fatalf("got %q, want %q", err, want)
			}
			break
		}
		if total += len(message) + 1; total > 10<<20 {
			t.Fatal("writes are not bounded")
		}
	}
	if total < 200<<10 {
		t.Fatalf("only %d bytes were taken", total)
	}
	if err := p.Write(make([]byte, 101<<10)); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Fatalf("a message over the limit: %v", err)
	}
	_ = p.Close()
	if err := p.Write(message); !isExit(err) {
		t.Fatalf("write after Close: %v", err)
	}
}

func TestProcessExits(t *testing.T) {
	p := start(t, role("exit", "", "3"))
	_, err := p.Read()
	var e *ExitError
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	if e.Status != "exited with status 3" || e.Ended || e.Server != "x" || len(e.Incident) != 5 || e.Stderr != "so long\n" {
		t.Fatalf("got %+v", e)
	}
	if want := fmt.Sprintf(`server "x" exited with status 3 (incident %s)`, e.Incident); e.Error() != want {
		t.Fatalf("got %q, want %q", e, want)
	}
	if _, again := p.Read(); again != err {
		t.Fatalf("Read again gave %v", again)
	}
	if err := p.Write(ask(1, "")); !isExit(err) {
		t.Fatalf("Write gave %v", err)
	}
}

// What a process wrote before it died is read first.
func TestProcessLastWords(t *testing.T) {
	p := start(t, role("print", "", strings.Repeat(`{"jsonrpc":"2.0","method":"a"}`+"\n", 1000)+`{"jsonrpc":"2.0","method":"end"}`))
	_ = p.child.stdin.Close()
	<-p.Done()
	for range 1000 {
		if m, err := p.Read(); err != nil || m.Method() != "a" {
			t.Fatalf("got %q, %v", m.Bytes(), err)
		}
	}
	if m, err := p.Read(); err != nil || m.Method() != "end" {
		t.Fatalf("got %q, %v", m.Bytes(), err)
	}
	if _, err := p.Read(); !isExit(err) {
		t.Fatal(err)
	}
}

func TestProcessClosesOutput(t *testing.T) {
	p := start(t, role("mute", ""))
	began := time.Now()
	_, err := p.Read()
	var e *ExitError
	if !errors.As(err, &e) || e.Status != "closed its standard output" || e.Ended || e.Incident == "" {
		t.Fatalf("got %+v", err)
	}
	if took := time.Since(began); took > time.Second {
		t.Fatalf("took %v", took)
	}
}

// TestProcessClosesInput: it is ended, and its end is what who writes and who reads gets.
func TestProcessClosesInput(t *testing.T) {
	p := start(t, role("shut", ""))
	if m, err := p.Read(); err != nil || m.Method() != "shut" {
		t.Fatalf("got %q, %v", m.Bytes(), err)
	}
	for range 2 {
		if err := p.Write(message(64)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := p.Read()
	for _, err := range []error{err, p.Write(message(64))} {
		var e *ExitError
		if !errors.As(err, &e) || e.Status != "closed its standard input" || e.Ended || e.Incident == "" {
			t.Fatalf("got %+v", err)
		}
	}
}

func TestProcessCloseWakesRead(t *testing.T) {
	p := start(t, role("echo", ""))
	read := make(chan error, 1)
	go func() {
		_, err := p.Read()
		read <- err
	}()
	_ = p.Close()
	var e *ExitError
	if err := <-read; !errors.As(err, &e) || !e.Ended || e.Error() != `server "x" was closed` {
		t.Fatalf("got %v", err)
	}
	<-p.Done()
	if p.child.exit != "exited with status 0" {
		t.Fatalf("the server %s", p.child.exit)
	}
}

func TestProcessStubborn(t *testing.T) {
	l := newLife(t)
	c := role("stubborn", l.path)
	p := start(t, c)
	p.grace = hurried
	l.born(t, 1)
	_ = p.Close()
	l.over(t)
	p.Wait()
	if p.child.exit != "was killed by SIGKILL" {
		t.Fatalf("the server %s", p.child.exit)
	}
}

// A grandchild in a session of its own, deaf to everything, goes when its server does, however that goes.
func TestProcessGrandchildren(t *testing.T) {
	for _, how := range []string{"marked", "bare"} {
		for _, end := range []string{"close", "kill"} {
			t.Run(how+" "+end, func(t *testing.T) {
				l := newLife(t)
				p := start(t, role("parent", l.path, how, "stubborn"))
				pids := l.born(t, 2)
				if end == "kill" {
					_ = syscall.Kill(pids["parent"][0], syscall.SIGKILL)
				} else {
					_ = p.Close()
				}
				l.over(t)
				if _, err := p.Read(); !isExit(err) {
					t.Fatal(err)
				}
				p.Wait()
			})
		}
	}
}

func TestProcessStderr(t *testing.T) {
	c := role("complain", "", "one\ntwo s3cr3t-one\nwithout end, s3cr3t-two")
	c.Env["KEYS"] = "${keychain:keys}"
	p := start(t, c, func(c *Config) {
		c.Secret = func(string) (string, error) { return "s3cr3t-one\ns3cr3t-two\n", nil }
	})
	_ = p.Close()
	<-p.Done()
	if got, want := p.Stderr(), "one\ntwo [secret]\nwithout end, [secret]"; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
}

func TestPumpCutsNoSecret(t *testing.T) {
	var s secrets
	s.add("keychain", "0123456789")
	r, w := io.Pipe()
	go func() {
		for range 3_000 {
			_, _ = w.Write([]byte("01234"))
			_, _ = w.Write([]byte("56789 "))
		}
		_ = w.Close()
	}()
	var out bytes.Buffer
	pump(r, s, &out, func(time.Duration) {})
	if bytes.Contains(out.Bytes(), []byte("0123456789")) || bytes.Count(out.Bytes(), []byte("[secret]")) != 3_000 {
		t.Fatalf("a secret was cut in two: %.300q", out.Bytes())
	}
}
