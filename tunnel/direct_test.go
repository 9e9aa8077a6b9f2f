package tunnel

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// memory is a keychain.
type memory struct {
	mu   sync.Mutex // guards the field below
	kept map[string]string
}

func (m *memory) secret(name string, create func() (string, error)) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := m.kept[name]; ok {
		return v, nil
	}
	v, err := create()
	if err == nil && m.kept == nil {
		m.kept = map[string]string{}
	}
	m.kept[name] = v
	return v, err
}

// share opens an address with a server behind it that says "here". It is gone when t ends.
func share(t *testing.T, d Driver, o Options) *Endpoint {
	t.Helper()
	if o.Secret == nil {
		o.Secret = new(memory).secret
	}
	e, err := Open(d, o)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") })}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(e)
	}()
	t.Cleanup(func() {
		_ = e.Close()
		<-served
	})
	return e
}

// get asks an address by way of a dialled one.
func get(t *testing.T, url, at string, trust *tls.Config) (string, error) {
	t.Helper()
	tr := &http.Transport{TLSClientConfig: trust, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", at)
	}}
	defer tr.CloseIdleConnections()
	resp, err := (&http.Client{Transport: tr, Timeout: 10 * time.Second}).Get(url)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

func TestLoopback(t *testing.T) {
	e := share(t, Direct{Listen: "127.0.0.1:0"}, Options{})
	at := e.Addr().String()
	if e.PublicURL.String() != "http://"+at || e.End != EndHere || e.Status().State != Up {
		t.Errorf("%s, %v, %+v", e.PublicURL, e.End, e.Status())
	}
	if got, err := get(t, e.PublicURL.String(), at, nil); got != "here" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	_ = e.Close()
	if _, err := net.Dial("tcp", at); err == nil {
		t.Error("the address is open after Close")
	}
	if s := e.Status(); s.State != Closed || s.Visitors != 0 {
		t.Errorf("%+v", s)
	}
}

// lan is an address of the local network's kind, on loopback so that a test can reach it.
func lan(t *testing.T, o Options) (*Endpoint, string) {
	t.Helper()
	e := share(t, Direct{Listen: "127.0.0.1:0", Name: "laptop.home.arpa"}, o)
	return e, e.Addr().String()
}

// TestLocalNetwork: who trusts the authority that is shown gets in, and nobody else; the authority stays the same.
func TestLocalNetwork(t *testing.T) {
	keys := new(memory)
	e, at := lan(t, Options{Secret: keys.secret})
	trust := x509.NewCertPool()
	trust.AppendCertsFromPEM(e.Authority)
	if got, err := get(t, e.PublicURL.String(), at, &tls.Config{RootCAs: trust}); got != "here" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := get(t, e.PublicURL.String(), at, nil); err == nil {
		t.Errorf("without the authority: %q", got)
	}
	c, err := tls.Dial("tcp", at, &tls.Config{ServerName: "laptop.home.arpa", RootCAs: trust})
	if err != nil {
		t.Fatal(err)
	}
	chain := c.ConnectionState().PeerCertificates
	_ = c.Close()
	print := fingerprintPEM([]byte(encodePEM("CERTIFICATE", chain[len(chain)-1].Raw)))
	if print != e.Status().Fingerprint || len(print) != 95 {
		t.Errorf("the fingerprint that a visitor sees is %s, shown is %s", print, e.Status().Fingerprint)
	}
	again, _ := lan(t, Options{Secret: keys.secret})
	if again.Status().Fingerprint != print {
		t.Error("the authority is another one after a restart")
	}
}

// TestAuthorityIsLimited: what an authority's key signs for another host is not believed.
func TestAuthorityIsLimited(t *testing.T) {
	for host, foreign := range map[string][]string{
		"laptop.home.arpa": {"bank.example.com", "192.168.1.2", "2001:db8::1"},
		"192.168.1.2":      {"bank.example.com", "198.51.100.7", "laptop.home.arpa"},
		"2001:db8::1":      {"2001:db8::2", "192.168.1.2", "bank.example.com"},
	} {
		a, err := openAuthority(new(memory).secret, host)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range append(foreign, host) {
			a.host, a.leaf = name, nil
			leaf, err := a.find(nil)
			if err != nil {
				t.Fatal(err)
			}
			roots := x509.NewCertPool()
			roots.AddCert(a.cert)
			if _, err = leaf.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: bracket(name)}); (err == nil) != (name == host) {
				t.Errorf("authority of %s on %s: %v", host, name, err)
			}
		}
	}
}

// bracket is a name as Verify wants it.
func bracket(name string) string {
	if net.ParseIP(name) != nil {
		return "[" + name + "]"
	}
	return name
}

// TestStrangers: what does not belong on an address with TLS is turned away, and told why where that helps.
func TestStrangers(t *testing.T) {
	e, at := lan(t, Options{})
	say := func(text string) string {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _ = io.WriteString(c, text)
		b, _ := io.ReadAll(c)
		return string(b)
	}
	if got := say("GET /mcp HTTP/1.1\r\nHost: laptop\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.0 400") || !strings.Contains(got, "https://") {
		t.Errorf("plain HTTP gets %q", got)
	}
	if got := say(string(header(t, "198.51.100.7:1234")) + "GET / HTTP/1.1\r\n\r\n"); strings.Contains(got, "here") || strings.Contains(got, "HTTP") {
		t.Errorf("a forged PROXY header gets %q", got)
	}
	for _, name := range []string{"other.example.com", ""} {
		_, err := tls.Dial("tcp", at, &tls.Config{ServerName: name, InsecureSkipVerify: true})
		if err == nil || !strings.Contains(err.Error(), "unrecognized name") {
			t.Errorf("the name %q: %v", name, err)
		}
	}
	c, err := tls.Dial("tcp", at, &tls.Config{ServerName: "LAPTOP.home.arpa", NextProtos: []string{"acme-tls/1"}, InsecureSkipVerify: true})
	if err == nil {
		_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		if line, _ := bufio.NewReader(c).ReadString('\n'); line != "" {
			t.Errorf("as a certificate authority: %q", line)
		}
		_ = c.Close()
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(10 * time.Second); e.Status().Visitors > 0; <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("%d visitors are still there", e.Status().Visitors)
		}
	}
}

// TestForgedProxyHeader: where no relay stands before the address a PROXY header is no header.
func TestForgedProxyHeader(t *testing.T) {
	e := share(t, Direct{Listen: "127.0.0.1:0"}, Options{})
	c, err := net.Dial("tcp", e.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = c.Write(append(header(t, "198.51.100.7:1234"), "GET / HTTP/1.1\r\nHost: a\r\n\r\n"...))
	if b, _ := io.ReadAll(c); !strings.HasPrefix(string(b), "HTTP/1.1 400") {
		t.Errorf("%q", b)
	}
}

// TestReach: a visit to the endpoint's own address arrives, and one that somebody else answers does not.
func TestReach(t *testing.T) {
	e, at := lan(t, Options{})
	other, otherAt := lan(t, Options{})
	if err := e.reach(t.Context(), at, "laptop.home.arpa"); err != nil {
		t.Error(err)
	}
	if err := e.reach(t.Context(), otherAt, "laptop.home.arpa"); explainReach("laptop", otherAt, err).What != "somebody else answers as laptop" {
		t.Errorf("another machine's address: %v", err)
	}
	_ = other.Close()
	if err := e.reach(t.Context(), otherAt, "laptop.home.arpa"); err == nil || !strings.Contains(explainReach("laptop", otherAt, err).What, "nothing listens") {
		t.Errorf("nobody's address: %v", err)
	}
}

func TestDirectBadInput(t *testing.T) {
	acme := &ACME{}
	for _, c := range []struct {
		d    Direct
		want string // part of the error
	}{
		{Direct{}, "write an address and a port"},
		{Direct{Listen: "7040"}, "write an address and a port"},
		{Direct{Listen: "example.com:7040"}, "not a name"},
		{Direct{Listen: "127.0.0.1:0", Name: "https://a.example.com"}, "without https://"},
		{Direct{Listen: "127.0.0.1:0", Name: "a.example.com:443"}, "without https://"},
		{Direct{Listen: "127.0.0.1:0", Name: "-a.example.com"}, "no host name"},
		{Direct{Listen: "127.0.0.1:0", ACME: acme}, "give the name"},
		{Direct{Listen: "127.0.0.1:0", ACME: acme, Name: "192.168.1.2"}, "full host names only"},
		{Direct{Listen: "127.0.0.1:0", ACME: acme, Name: "laptop"}, "full host names only"},
		{Direct{Listen: "203.0.113.77:0", Name: "a"}, "listen on 203.0.113.77:0"},
	} {
		e, err := Open(c.d, Options{Secret: new(memory).secret, Dir: t.TempDir()})
		if err == nil {
			_ = e.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.d, err, c.want)
		}
	}
	if _, err := Open(Direct{Listen: ":0", Name: "a"}, Options{}); err == nil || !strings.Contains(err.Error(), "keychain") {
		t.Errorf("without a keychain: %v", err)
	}
}

// TestNetworkNeedsTLS: no address but loopback is ever plain, whatever else is said.
func TestNetworkNeedsTLS(t *testing.T) {
	for _, d := range []Direct{{Listen: ":0", Name: "127.0.0.1"}, {Listen: "0.0.0.0:0", Name: "localhost"}, {Listen: "[::]:0", Name: "a"}} {
		e, err := Open(d, Options{Secret: new(memory).secret})
		if err != nil {
			t.Fatal(err)
		}
		if e.PublicURL.Scheme != "https" || e.Authority == nil {
			t.Errorf("%+v: %s", d, e.PublicURL)
		}
		_ = e.Close()
	}
}
