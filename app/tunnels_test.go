package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"drawbridge/app/settings"
	"drawbridge/tunnel"
)

// withTunnels is a config.json with the demo server and these tunnels.
func withTunnels(tunnels string) string {
	return strings.TrimSuffix(entries("demo"), "}") + `, "drawbridge": {"tunnels": ` + tunnels + `}}`
}

const lan = `{"lan": {"driver": "direct", "listen": "127.0.0.1:0", "name": "laptop.home.arpa"}}`

// guest is an agent elsewhere: it knows a tunnel's public URL and trusts its authority.
type guest struct {
	http.Client
	url string
}

// guest returns an agent that comes by a tunnel that is up.
func (h *house) guest(name string) *guest {
	h.t.Helper()
	h.owner.Lock()
	e := h.tunnels[name].endpoint
	h.owner.Unlock()
	trust := x509.NewCertPool()
	trust.AppendCertsFromPEM(e.Authority)
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust, ServerName: e.PublicURL.Hostname()}}
	tr.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", e.Addr().String())
	}
	h.t.Cleanup(tr.CloseIdleConnections)
	return &guest{http.Client{Transport: tr}, e.PublicURL.String()}
}

// ask sends a request for a host, "" is the tunnel's own, and returns the answer with its body.
func (g *guest) ask(t *testing.T, method, path, host, token string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, g.url+path, strings.NewReader(initialize))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := g.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

// TestTunnelIsTheAddress: by a tunnel everything is under its public URL: challenge, metadata, Host check and what
// the owner is shown; this machine's own address stays what it was.
func TestTunnelIsTheAddress(t *testing.T) {
	h := newHouse(t, withTunnels(lan)).run()
	g := h.guest("lan")
	if h.Address() != g.url || !strings.HasPrefix(g.url, "https://laptop.home.arpa:") {
		t.Errorf("the owner is shown %s, agents come by %s", h.Address(), g.url)
	}
	resp, _ := g.ask(t, "POST", "/demo/mcp", "", "")
	if c := resp.Header.Get("WWW-Authenticate"); resp.StatusCode != http.StatusUnauthorized || !strings.Contains(c, g.url+"/.well-known/") {
		t.Errorf("%s, challenge %q", resp.Status, c)
	}
	for path, want := range map[string]string{
		"/.well-known/oauth-protected-resource/demo/mcp": `"resource":"` + g.url + `/demo/mcp"`,
		"/.well-known/oauth-authorization-server":        `"issuer":"` + g.url + `"`,
	} {
		if _, body := g.ask(t, "GET", path, "", ""); !strings.Contains(body, want) {
			t.Errorf("%s: %s, want %s", path, body, want)
		}
	}
	token := h.token("ada")
	if resp, body := g.ask(t, "POST", "/demo/mcp", "", token); resp.StatusCode != http.StatusOK {
		t.Errorf("with a token: %s, %s", resp.Status, body)
	}
	u, _ := url.Parse(g.url)
	for host, want := range map[string]int{
		"LAPTOP.home.arpa:" + u.Port(): 200, "laptop.home.arpa": 403, "laptop.home.arpa:1": 403, "localhost:" + u.Port(): 403,
		"127.0.0.1:" + u.Port(): 403, "[::1]:" + u.Port(): 403, "evil.example.com": 403,
	} {
		if resp, _ := g.ask(t, "POST", "/demo/mcp", host, token); resp.StatusCode != want {
			t.Errorf("by the tunnel, Host %s: %s, want %d", host, resp.Status, want)
		}
	}
	h.mu.Lock()
	local := h.doors.url()
	h.mu.Unlock()
	for host, want := range map[string]int{"": 401, "laptop.home.arpa:" + u.Port(): 403, "laptop.home.arpa": 403} {
		here := &guest{url: local}
		if resp, _ := here.ask(t, "POST", "/demo/mcp", host, ""); resp.StatusCode != want {
			t.Errorf("on this machine, Host %q: %s, want %d", host, resp.Status, want)
		}
	}
}

// TestTunnelDown: whoever is connected by a tunnel that is taken down is cut, others are not, and it stays down
// until it is taken up again.
func TestTunnelDown(t *testing.T) {
	h := newHouse(t, withTunnels(lan)).run()
	g := h.guest("lan")
	token := h.token("ada")
	resp, _ := g.ask(t, "POST", "/demo/mcp", "", token)
	r, err := http.NewRequest("GET", g.url+"/demo/mcp", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Accept": {"text/event-stream"}, "Authorization": {"Bearer " + token}, "Mcp-Session-Id": resp.Header["Mcp-Session-Id"]}
	stream, err := g.Do(r)
	if err != nil || stream.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", stream, err)
	}
	defer stream.Body.Close()
	if err := h.DropTunnel("lan"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(stream.Body); err == nil {
		t.Error("the stream was ended, not cut")
	}
	if _, err := g.Get(g.url + "/healthz"); err == nil {
		t.Error("the tunnel is open")
	}
	if all, err := h.Tunnels(); err != nil || len(all) != 1 || all[0].Status.State != tunnel.Closed {
		t.Errorf("%+v, %v", all, err)
	}
	if strings.HasPrefix(h.Address(), "https") {
		t.Errorf("the owner is shown %s", h.Address())
	}
	if s, _, err := settings.Load(h.options.Places.Config); err != nil || !s.Tunnels[0].Disabled {
		t.Errorf("after the next start: %+v, %v", s.Tunnels, err)
	}
	h.begin("/demo/mcp", token)

	if err := h.RaiseTunnel("lan"); err != nil {
		t.Fatal(err)
	}
	if resp, body := h.guest("lan").ask(t, "GET", "/healthz", "", ""); resp.StatusCode != http.StatusOK {
		t.Errorf("up again: %s, %s", resp.Status, body)
	}
	if found, err := h.ExamineTunnel(t.Context(), "lan"); err != nil || len(found) == 0 || found[0].Problem != nil {
		t.Errorf("%+v, %v", found, err)
	}
	for _, err := range []error{h.RaiseTunnel("none"), h.DropTunnel("none"), second(h.ExamineTunnel(t.Context(), "none"))} {
		if !errors.Is(err, ErrUnknown) {
			t.Errorf("a tunnel that is not there: %v", err)
		}
	}
}

// TestTunnelFails: a tunnel that cannot be opened is told of, and stops neither this machine's address nor another
// tunnel.
func TestTunnelFails(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	h := newHouse(t, withTunnels(`{
		"taken": {"driver": "external", "url": "https://tool.example.com", "listen": "`+taken.Addr().String()+`"},
		"wrong": {"driver": "ssh", "relay": "relay", "user": "u", "hostKey": "k", "name": "a.example.com"},`+lan[1:])).run()
	if resp, _ := h.guest("lan").ask(t, "GET", "/healthz", "", ""); resp.StatusCode != http.StatusOK {
		t.Errorf("the other tunnel: %s", resp.Status)
	}
	all, err := h.Tunnels()
	if err != nil || len(all) != 3 {
		t.Fatalf("%+v, %v", all, err)
	}
	for i, want := range []string{"address already in use", "write its host and port"} {
		if s := all[i].Status; s.State != tunnel.Down || s.Problem == nil || !strings.Contains(s.Problem.What, want) {
			t.Errorf("%+v, want %q", s, want)
		}
	}
	if s, err := h.Status(); err != nil || !strings.Contains(s.Problem, `tunnel "wrong"`) || s.URL == "" {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestDeviceKey: the key is made once, also before there is a relay.
func TestDeviceKey(t *testing.T) {
	h := newHouse(t, entries("demo"))
	key, err := h.DeviceKey()
	if err != nil || !strings.HasPrefix(key, "ssh-ed25519 ") {
		t.Errorf("%q, %v", key, err)
	}
	if again, _ := h.DeviceKey(); again != key {
		t.Error("it is another one the second time")
	}
}
