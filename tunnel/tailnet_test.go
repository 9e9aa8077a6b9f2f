//go:build tailnet

package tunnel

import (
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tailscale.com/derp/derpserver"
	"tailscale.com/ipn/store/mem"
	"tailscale.com/net/netns"
	"tailscale.com/tailcfg"
	"tailscale.com/tsnet"
	"tailscale.com/tstest/integration/testcontrol"
	"tailscale.com/types/key"
)

// coordinator is a tailnet in this process: Tailscale's own coordination server for tests, and a DERP relay beside it.
func coordinator(t *testing.T, lock bool) *testcontrol.Server {
	t.Helper()
	netns.SetEnabled(false)
	t.Cleanup(func() { netns.SetEnabled(true) })
	quiet := func(string, ...any) {}
	d := derpserver.New(key.NewNode(), quiet)
	relay := httptest.NewUnstartedServer(derpserver.Handler(d))
	relay.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	relay.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){} // HTTP/1, which DERP upgrades
	relay.StartTLS()
	t.Cleanup(func() {
		relay.CloseClientConnections()
		relay.Close()
		_ = d.Close()
	})
	node := &tailcfg.DERPNode{Name: "1a", RegionID: 1, HostName: "127.0.0.1", IPv4: "127.0.0.1", IPv6: "none", STUNPort: -1, DERPPort: relay.Listener.Addr().(*net.TCPAddr).Port, InsecureForTests: true}
	c := &testcontrol.Server{
		DERPMap:   &tailcfg.DERPMap{Regions: map[int]*tailcfg.DERPRegion{1: {RegionID: 1, RegionCode: "test", Nodes: []*tailcfg.DERPNode{node}}}},
		DNSConfig: &tailcfg.DNSConfig{Proxied: true}, MagicDNSDomain: "tail.example.ts.net",
		Logf: quiet, RequireAuth: lock,
	}
	c.HTTPTestServer = httptest.NewUnstartedServer(c)
	c.HTTPTestServer.Start()
	t.Cleanup(c.HTTPTestServer.Close)
	return c
}

const bridgeName = "bridge.tail.example.ts.net"

// machine is how the bridge is in c's tailnet, with a certificate of an authority that roots trusts.
func machine(t *testing.T, c *testcontrol.Server, keys *memory) (n Tailnet, roots *x509.CertPool) {
	t.Helper()
	a, err := openAuthority(keys.secret, bridgeName)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(a.cert)
	return Tailnet{Name: bridgeName, Control: c.HTTPTestServer.URL, certify: func(context.Context) ([]byte, []byte, error) {
		leaf, err := a.find(nil)
		if err != nil {
			return nil, nil, err
		}
		key, err := x509.MarshalECPrivateKey(leaf.PrivateKey.(*ecdsa.PrivateKey))
		return []byte(encodePEM("CERTIFICATE", leaf.Certificate[0])), []byte(encodePEM("EC PRIVATE KEY", key)), err
	}}, roots
}

// until waits until e's status is as it should be.
func until(t *testing.T, e *Endpoint, ok func(Status) bool) {
	t.Helper()
	late := time.After(time.Minute)
	for {
		changed := e.tracker.changed()
		if ok(e.Status()) {
			return
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("it stays so: %+v", e.Status())
		}
	}
}

func isUp(s Status) bool { return s.State == Up && s.Problem == nil }

// TestTailnet: a machine of the same tailnet reaches the bridge by its name; it stays the same machine after a restart;
// nothing secret is on the disk in the clear.
func TestTailnet(t *testing.T) {
	c := coordinator(t, false)
	keys, dir := new(memory), t.TempDir()
	n, roots := machine(t, c, keys)
	agent := &tsnet.Server{Dir: t.TempDir(), ControlURL: c.HTTPTestServer.URL, Hostname: "agent", Store: new(mem.Store), Ephemeral: true, Logf: func(string, ...any) {}}
	defer agent.Close()
	if _, err := agent.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		e := share(t, n, Options{Secret: keys.secret, Dir: dir})
		until(t, e, isUp)
		if e.PublicURL.String() != "https://"+bridgeName || e.End != EndHere {
			t.Errorf("%s, %v", e.PublicURL, e.End)
		}
		tr := &http.Transport{DialContext: agent.Dial, TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
		resp, err := (&http.Client{Transport: tr, Timeout: 30 * time.Second}).Get(e.PublicURL.String())
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if string(body) != "here" || resp.ProtoMajor != 2 {
			t.Errorf("%q by HTTP/%d, %v", body, resp.ProtoMajor, err)
		}
		for _, f := range e.Examine(t.Context()) {
			if f.Problem != nil {
				t.Error(f.Check, f.Problem)
			}
		}
		tr.CloseIdleConnections()
		_ = e.Close()
	}
	if all := c.AllNodes(); len(all) != 2 {
		t.Errorf("%d machines in the tailnet, want the agent and one bridge", len(all))
	}
	kept := 0
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if s := string(text); err != nil || strings.Contains(s, "privkey:") || strings.Contains(s, "PRIVATE KEY") || strings.Contains(s, "PrivateNodeKey") {
			t.Errorf("%s: %v, a key in the clear", path, err)
		}
		kept++
		return nil
	})
	if kept < 3 { // the machine's key, its profile, the certificate
		t.Errorf("%d files are kept", kept)
	}
}

// TestTailnetSignIn: the owner is given the link by which this machine comes into the tailnet.
func TestTailnetSignIn(t *testing.T) {
	c := coordinator(t, true)
	keys := new(memory)
	n, _ := machine(t, c, keys)
	e := share(t, n, Options{Secret: keys.secret, Dir: t.TempDir()})
	link := ""
	until(t, e, func(s Status) bool {
		if s.Problem != nil {
			_, link, _ = strings.Cut(s.Problem.Do, "open ")
		}
		return link != ""
	})
	link, _, _ = strings.Cut(link, " ")
	if s := e.Status(); s.State != Down || !strings.HasPrefix(link, c.HTTPTestServer.URL) {
		t.Errorf("%+v", s)
	}
	if !c.CompleteAuth(link) {
		t.Fatalf("%s is no link of the tailnet", link)
	}
	until(t, e, isUp)
}

// TestTailnetName: a name that is not the tailnet's is told with the one that is.
func TestTailnetName(t *testing.T) {
	c := coordinator(t, false)
	keys := new(memory)
	n, _ := machine(t, c, keys)
	n.Name = "bridge.other.ts.net"
	e := share(t, n, Options{Secret: keys.secret, Dir: t.TempDir()})
	until(t, e, func(s Status) bool { return s.Problem != nil && strings.Contains(s.Problem.What, bridgeName) })
}

func TestTailnetBadInput(t *testing.T) {
	for _, c := range []struct {
		n    Tailnet
		want string
	}{
		{Tailnet{}, "no host name"},
		{Tailnet{Name: "bridge"}, "with the tailnet's own"},
		{Tailnet{Name: bridgeName, Control: "http://control.example.com"}, "write an https URL"},
	} {
		e, err := Open(c.n, Options{Secret: new(memory).secret, Dir: t.TempDir()})
		if err == nil {
			_ = e.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.n, err, c.want)
		}
	}
}
