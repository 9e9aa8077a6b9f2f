package judge

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"drawbridge/tunnel"
)

// traffic is a handler for all that passes an address.
func traffic(done <-chan struct{}) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = io.Copy(w, r.Body)
	})
	mux.HandleFunc("POST /sink", func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		_, _ = fmt.Fprint(w, n)
	})
	mux.HandleFunc("GET /source", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, fiveMiB)) })
	mux.HandleFunc("GET /small", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "small") })
	mux.HandleFunc("GET /events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 3 {
			_, _ = fmt.Fprintf(w, "data: %d\n\n", i)
			_ = http.NewResponseController(w).Flush()
			select {
			case <-done: // the client has seen this one before there is another
			case <-r.Context().Done():
				return
			}
		}
	})
	mux.HandleFunc("GET /socket", func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		_ = c.Write(r.Context(), websocket.MessageText, []byte("the server speaks first"))
		kind, text, err := c.Read(r.Context())
		if err == nil {
			_ = c.Write(r.Context(), kind, text)
		}
		_ = c.Close(websocket.StatusNormalClosure, "")
	})
	return mux
}

const fiveMiB = 5 << 20

// TestRelayTraffic: everything that an agent sends passes a relay as it does without one.
func TestRelayTraffic(t *testing.T) {
	r := newRelay(t)
	seen := make(chan struct{})
	e := r.open(t, traffic(seen))
	c := r.client(t)
	url := e.PublicURL.String()
	ctx := deadline(t, time.Minute)

	t.Run("5 MiB both ways", func(t *testing.T) {
		sent := bytes.Repeat([]byte("0123456789abcdef"), fiveMiB/16)
		resp, err := c.Post(url+"/echo", "application/octet-stream", bytes.NewReader(sent))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if got, err := io.ReadAll(resp.Body); err != nil || !bytes.Equal(got, sent) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	})
	t.Run("server-sent events", func(t *testing.T) {
		resp, err := c.Get(url + "/events")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		lines := bufio.NewScanner(resp.Body)
		for i := range 3 {
			for lines.Scan() && lines.Text() == "" {
			}
			if lines.Text() != fmt.Sprintf("data: %d", i) {
				t.Fatalf("event %d: %q, %v", i, lines.Text(), lines.Err())
			}
			seen <- struct{}{}
		}
	})
	t.Run("websocket", func(t *testing.T) {
		ws, _, err := websocket.Dial(ctx, strings.Replace(url, "https", "wss", 1)+"/socket", &websocket.DialOptions{HTTPClient: &http.Client{
			Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: r.roots}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer ws.CloseNow()
		if _, text, err := ws.Read(ctx); err != nil || string(text) != "the server speaks first" {
			t.Errorf("%q, %v", text, err)
		}
		_ = ws.Write(ctx, websocket.MessageText, []byte("and the client answers"))
		if _, text, err := ws.Read(ctx); err != nil || string(text) != "and the client answers" {
			t.Errorf("%q, %v", text, err)
		}
	})
	t.Run("slow header", func(t *testing.T) {
		conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", r.door), &tls.Config{ServerName: relayName, RootCAs: r.roots})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n")
		began := time.Now()
		_ = conn.SetReadDeadline(began.Add(5 * time.Second))
		if _, err := io.ReadAll(conn); err != nil || time.Since(began) > 3*time.Second {
			t.Errorf("cut after %v: %v; the server's limit is a second", time.Since(began), err)
		}
	})
	t.Run("a hello in pieces", func(t *testing.T) {
		raw, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", r.door))
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		conn := tls.Client(&dribble{Conn: raw}, &tls.Config{ServerName: relayName, RootCAs: r.roots})
		if err := conn.HandshakeContext(ctx); err != nil {
			t.Error(err)
		}
	})
	for name, text := range map[string]string{
		"HTTP without TLS":      "GET / HTTP/1.1\r\nHost: " + relayName + "\r\n\r\n",
		"a forged PROXY header": "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc6\x33\x64\x07\xc0\x00\x02\x01\x04\xd2\x01\xbb",
		"nothing":               "",
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", r.door))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, text)
			_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
			if said, err := io.ReadAll(conn); errors.Is(err, os.ErrDeadlineExceeded) || len(said) > 0 {
				t.Errorf("the relay says %q, %v; want the end", said, err)
			}
		})
	}
	t.Run("another name", func(t *testing.T) {
		if _, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", r.door), &tls.Config{ServerName: "other.example.test", RootCAs: r.roots}); err == nil {
			t.Error("the relay brings visitors of another name")
		}
	})
}

// dribble sends its first packet in small pieces, as a hello larger than a packet comes.
type dribble struct {
	net.Conn
	begun bool
}

func (d *dribble) Write(p []byte) (int, error) {
	if d.begun {
		return d.Conn.Write(p)
	}
	d.begun = true
	for i := 0; i < len(p); i += 100 {
		if n, err := d.Conn.Write(p[i:min(i+100, len(p))]); err != nil {
			return i + n, err
		}
	}
	return len(p), nil
}

// BenchmarkReach is what a relay costs beside an address of our own, over HTTPS both.
func BenchmarkReach(b *testing.B) {
	r := newRelay(b)
	direct := openDirect(b)
	relayed := r.open(b, traffic(nil))
	trust := r.roots.Clone()
	trust.AppendCertsFromPEM(direct.Authority)
	for _, way := range []struct {
		name string
		e    *tunnel.Endpoint
	}{{"direct", direct}, {"relay", relayed}} {
		tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust}}
		c, url := &http.Client{Transport: tr}, way.e.PublicURL.String()
		b.Run(way.name+"/small", func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				ask1(b, c, "GET", url+"/small", nil)
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
		})
		b.Run(way.name+"/down", func(b *testing.B) {
			b.SetBytes(fiveMiB)
			for b.Loop() {
				ask1(b, c, "GET", url+"/source", nil)
			}
		})
		b.Run(way.name+"/up", func(b *testing.B) {
			b.SetBytes(fiveMiB)
			body := make([]byte, fiveMiB)
			for b.Loop() {
				ask1(b, c, "POST", url+"/sink", body)
			}
		})
		tr.CloseIdleConnections()
	}
}

func ask1(b *testing.B, c *http.Client, method, url string, body []byte) {
	req, err := http.NewRequestWithContext(context.Background(), method, url, bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	if resp.Body.Close() != nil || err != nil {
		b.Fatal(err)
	}
}

// openDirect is an address of this machine with TLS.
func openDirect(t testing.TB) *tunnel.Endpoint {
	t.Helper()
	keys := &memoryKeychain{kept: map[string]string{}}
	e, err := tunnel.Open(tunnel.Direct{Listen: "127.0.0.1:0", Name: "127.0.0.1"}, tunnel.Options{Secret: keys.secret})
	if err != nil {
		t.Fatal(err)
	}
	serveEndpoint(t, e, traffic(nil))
	return e
}
