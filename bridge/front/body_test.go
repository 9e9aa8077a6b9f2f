package front

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"drawbridge/internal/caller"
	"drawbridge/internal/wire"
)

func TestReadAll(t *testing.T) {
	const most = 3 << 20
	for _, n := range []int{0, 1, 511, 512, 513, 512 << 10, 512<<10 + 1, most} {
		want := bytes.Repeat([]byte("x"), n)
		for what, r := range map[string]io.Reader{
			"whole": bytes.NewReader(want), "with its end": iotest.DataErrReader(bytes.NewReader(want)), "by halves": iotest.HalfReader(bytes.NewReader(want)),
		} {
			size := n
			if what == "by halves" {
				size = -1
			}
			if got, err := readAll(r, size, most); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes %s: got %d, %v", n, what, len(got), err)
			}
		}
	}
	if _, err := readAll(strings.NewReader("abc"), 4, most); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a short body: %v", err)
	}
	if _, err := readAll(bytes.NewReader(make([]byte, most+1)), -1, most); !errors.Is(err, errTooLarge) {
		t.Errorf("a long body: %v", err)
	}
}

// TestHalfBody: a body that does not come is not waited for.
func TestHalfBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		for _, length := range []string{"Content-Length: 100", "Transfer-Encoding: chunked"} {
			c, err := h.dial(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			start := time.Now()
			_, _ = io.WriteString(c, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"+length+"\r\n\r\n1\r\n{")
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); resp.StatusCode != 408 || took != pieceTime || !resp.Close {
				t.Errorf("%s: %s after %v, and closes: %v", length, resp.Status, took, resp.Close)
			}
		}
	})
}

// TestSlowBody: a body may take long in all, as long as it goes on.
func TestSlowBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		id := h.session(t, "/mcp", "2025-06-18")
		body := legacy("1", "echo", `"a":"`+strings.Repeat("x", 2<<20)+`"`)
		for _, head := range []string{fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)), fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n", len(body))} {
			c, err := h.dial(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			start := time.Now()
			go func() {
				_, _ = io.WriteString(c, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"+id+"\r\n"+head)
				for rest := body; rest != ""; {
					time.Sleep(pieceTime / 3)
					n := min(len(rest), piece)
					_, _ = io.WriteString(c, rest[:n])
					rest = rest[n:]
				}
				if strings.HasPrefix(head, "T") {
					_, _ = io.WriteString(c, "\r\n0\r\n\r\n")
				}
			}()
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(resp.Body)
			if took := time.Since(start); resp.StatusCode != 200 || err != nil || len(answer) < len(body)-40 || took < 2*pieceTime {
				t.Errorf("%.20q: %s, %d bytes, %v, after %v", head, resp.Status, len(answer), err, took)
			}
		}
	})
}

// TestBodyOfEndedGrant: what arrives whole only after the grant ended is not heard.
func TestBodyOfEndedGrant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		c, err := h.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		body := initialize("2025-11-25")
		_, _ = fmt.Fprintf(c, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body[:20])
		synctest.Wait()
		go h.gate.end(caller.ErrEnded)
		synctest.Wait()
		go func() { _, _ = io.WriteString(c, body[20:]) }()
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != 403 || len(h.ways) != 0 {
			t.Errorf("%s, %d sessions are opened", resp.Status, len(h.ways))
		}
	})
}

// TestHugeBody: a body that is too large is refused before it has been sent.
func TestHugeBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{Limits: wire.Limits{Size: 100 << 10}})
		for _, head := range []string{"Content-Length: 104857600\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n6400000\r\n"} {
			c, err := h.dial(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			sent := 0
			go func() {
				_, _ = io.WriteString(c, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"+head)
				for part := make([]byte, 10<<10); ; {
					n, err := c.Write(part)
					if sent += n; err != nil {
						return
					}
				}
			}()
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != 413 || !resp.Close {
				t.Errorf("%q: %s, and closes: %v", head, resp.Status, resp.Close)
			}
			_ = c.Close()
			time.Sleep(time.Second) // net/http lingers
			synctest.Wait()
			if sent > 1<<20 {
				t.Errorf("%q: %d bytes were taken", head, sent)
			}
		}
	})
}

// TestLargeBody: what is allowed goes through whole, both ways.
func TestLargeBody(t *testing.T) {
	h := newHouse(t, Config{})
	id := h.session(t, "/mcp", "2025-06-18")
	params := `"a":"` + strings.Repeat("x", 5<<20) + `"`
	a := answerOf(t, h.do(t, "POST", "/mcp", legacy("1", "echo", params), id))
	if want := `{"jsonrpc":"2.0","id":1,"result":{` + params + `}}`; a.status != 200 || a.body != want {
		t.Errorf("%d, %d bytes of %d", a.status, len(a.body), len(want))
	}
}

// TestServerBounds: headers are bounded, but not so tightly that an odd session id is not told apart.
func TestServerBounds(t *testing.T) {
	h := newHouse(t, Config{})
	if resp := h.do(t, "GET", "/mcp", "", "Mcp-Session-Id: "+strings.Repeat("a", 256<<10)); resp.StatusCode != 431 {
		t.Errorf("256 KiB of headers: %s", resp.Status)
	}
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Config{})
		c, err := h.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _ = io.WriteString(c, "POST /mcp HTTP/1.1\r\nHost:")
		start := time.Now()
		if b, err := io.ReadAll(c); len(b) > 0 && !strings.HasPrefix(string(b), "HTTP/1.1 408") || time.Since(start) > time.Minute {
			t.Errorf("half a header gets %q, %v, after %v", b, err, time.Since(start))
		}
	})
}
