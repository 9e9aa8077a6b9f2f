package judge

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"drawbridge/tunnel"
)

// driver is how the laptop reaches the relay.
func (r *relayRig) driver(t testing.TB) tunnel.SSH {
	t.Helper()
	return tunnel.SSH{
		Relay: fmt.Sprintf("127.0.0.1:%d", r.relay), User: r.account(t), HostKey: r.hostKey, Name: relayName, Port: r.door,
		Socket: r.path("tls.sock"), ACME: r.acme,
	}
}

// open holds an address by the relay, with handler behind it, and returns when agents can reach it.
func (r *relayRig) open(t testing.TB, handler http.Handler) *tunnel.Endpoint {
	t.Helper()
	e := r.begin(t, r.driver(t), handler)
	r.up(t, e, 30*time.Second)
	return e
}

// openMany holds n addresses by the relay, each by a session and with a certificate of its own.
func (r *relayRig) openMany(t testing.TB, n int, handler http.Handler) (all []*tunnel.Endpoint) {
	t.Helper()
	r.names(t, n)
	for i := range n {
		d := r.driver(t)
		d.Name, d.Socket = fmt.Sprintf("%d.%s", i, relayName), r.path(fmt.Sprintf("tls%d.sock", i))
		all = append(all, r.begin(t, d, handler))
	}
	for _, e := range all {
		r.up(t, e, time.Minute)
	}
	return all
}

// begin begins to hold an address by the relay, with handler behind it.
func (r *relayRig) begin(t testing.TB, d tunnel.SSH, handler http.Handler) *tunnel.Endpoint {
	t.Helper()
	e, err := tunnel.Open(d, tunnel.Options{Secret: r.secrets.secret, Dir: r.path("certificates"), Log: testLog(t)})
	if err != nil {
		t.Fatal(err)
	}
	r.admit(t, e.DeviceKey)
	serveEndpoint(t, e, handler)
	return e
}

// serveEndpoint serves an address until t ends.
func serveEndpoint(t testing.TB, e *tunnel.Endpoint, handler http.Handler) {
	s := &http.Server{Handler: handler, ReadHeaderTimeout: time.Second}
	served := make(chan struct{})
	go func() { // ends with Close
		defer close(served)
		_ = s.Serve(e)
	}()
	t.Cleanup(func() {
		_ = e.Close()
		<-served
	})
}

// device is the key by which relays know the laptop.
func (r *relayRig) device(t *testing.T) string {
	t.Helper()
	e, err := tunnel.Open(r.driver(t), tunnel.Options{Secret: r.secrets.secret, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	return e.DeviceKey
}

// up waits until agents can reach e.
func (r *relayRig) up(t testing.TB, e *tunnel.Endpoint, within time.Duration) {
	t.Helper()
	eventually(t, within, "the address is up", func() bool {
		s := e.Status()
		return s.State == tunnel.Up
	})
}

// client is an agent's HTTP client that trusts the certificate authority.
func (r *relayRig) client(t *testing.T) *http.Client {
	t.Helper()
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: r.roots}, ForceAttemptHTTP2: true}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 30 * time.Second}
}

// TestRelayCannotRead: an agent reaches the laptop through the relay, and what the relay hands on shows the host's
// name and nothing else.
func TestRelayCannotRead(t *testing.T) {
	r := newRelay(t)
	const token, path, question, answer = "dbk_canaryToken", "/canary-path/mcp", "canary question", "canary answer"
	e := r.open(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		if req.URL.Path != path || string(body) != question || req.Header.Get("Authorization") != "Bearer "+token {
			w.WriteHeader(http.StatusBadRequest)
		}
		_, _ = io.WriteString(w, answer+" for "+req.RemoteAddr)
	}))
	if want := fmt.Sprintf("https://%s:%d", relayName, r.door); e.PublicURL.String() != want {
		t.Errorf("public URL %s, want %s", e.PublicURL, want)
	}
	req, err := http.NewRequestWithContext(deadline(t, 20*time.Second), "POST", e.PublicURL.String()+path, strings.NewReader(question))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := r.client(t).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != 200 || !strings.HasPrefix(string(body), answer+" for 127.0.0.1:") {
		t.Errorf("%s, %q", resp.Status, body)
	}
	if resp.ProtoMajor != 2 {
		t.Errorf("HTTP %d, want 2", resp.ProtoMajor)
	}
	for _, f := range e.Examine(deadline(t, 20*time.Second)) {
		if t.Logf("%s: %s", f.Check, f.Seen); f.Problem != nil {
			t.Errorf("%s: %v", f.Check, f.Problem)
		}
	}
	if !r.tap.has(relayName) {
		t.Error("the tap has not seen the host name: it is in the wrong place")
	}
	for _, secret := range []string{token, path, question, answer, "Bearer", "HTTP/"} {
		if r.tap.has(secret) {
			t.Errorf("the relay has seen %q", secret)
		}
	}
}

// TestRelayKilled: a relay that is killed and started again brings visitors within three seconds.
func TestRelayKilled(t *testing.T) {
	r := newRelay(t)
	e := r.open(t, here)
	c := r.client(t)
	r.visit(t, c, e, 5*time.Second)
	for _, dead := range [][]*daemon{{r.sshd}, {r.haproxy}, {r.sshd, r.haproxy}} {
		for _, d := range dead {
			d.kill()
		}
		eventually(t, 3*time.Second, "the address is down", func() bool { return e.Status().State == tunnel.Down })
		c.CloseIdleConnections()
		for _, d := range dead {
			d.start(t)
		}
		began := time.Now()
		r.visit(t, c, e, 3*time.Second)
		t.Logf("back after %v", time.Since(began))
	}
}

// visit asks until the laptop answers. Who asks while a session is dead and its end not yet known may wait for
// long; who asks again does not.
func (r *relayRig) visit(t *testing.T, c *http.Client, e *tunnel.Endpoint, within time.Duration) {
	t.Helper()
	eventually(t, within, "an answer", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, "GET", e.PublicURL.String(), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.Do(req)
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return err == nil && string(body) == "here"
	})
}
