package oidc

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		address           string
		public, reachable bool
	}{
		{"93.184.215.14", true, true},
		{"2606:2800:21f::1", true, true},
		{"10.1.2.3", false, true},
		{"172.16.0.1", false, true},
		{"192.168.1.1", false, true},
		{"100.64.0.1", false, true},
		{"127.0.0.1", false, true},
		{"::1", false, true},
		{"fd00::1", false, true},
		{"198.18.0.1", false, true},
		{"240.0.0.1", false, true},
		{"64:ff9b::a9fe:a9fe", false, true},
		{"2002:a00:1::", false, true},
		{"2001::1", false, true},
		{"::a00:1", false, true},
		{"169.254.169.254", false, false},
		{"fe80::1", false, false},
		{"0.0.0.0", false, false},
		{"::", false, false},
		{"224.0.0.1", false, false},
		{"255.255.255.255", false, false},
	} {
		a := netip.MustParseAddr(c.address)
		if isPublic(a) != c.public || isReachable(a) != c.reachable {
			t.Errorf("%s: public %v, reachable %v", a, isPublic(a), isReachable(a))
		}
	}
}

// TestDialling: what the owner named may be anywhere in the company, what the provider names may not.
func TestDialling(t *testing.T) {
	var reached atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer s.Close()
	here := mustParse(s.URL)
	for name, c := range map[string]struct {
		issuer, ask string
		hosts       []string
		fine        bool
	}{
		"issuer":             {s.URL, s.URL, nil, true},
		"other":              {"https://idp.corp.example", s.URL, nil, false},
		"other, by name":     {"https://idp.corp.example", "http://localhost:" + here.Port(), nil, false},
		"other, by 4 in 6":   {"https://idp.corp.example", "http://[::ffff:127.0.0.1]:" + here.Port(), nil, false},
		"other, by a number": {"https://idp.corp.example", "http://2130706433:" + here.Port(), nil, false},
		"named":              {"https://idp.corp.example", s.URL, []string{"127.0.0.1"}, true},
		"metadata service":   {"http://169.254.169.254", "http://169.254.169.254", nil, false},
	} {
		reached.Store(0)
		transport := newTransport(mustParse(c.issuer), c.hosts)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.ask, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := transport.RoundTrip(r)
		if err == nil {
			answer.Body.Close()
		}
		if (err == nil) != c.fine || (reached.Load() == 1) != c.fine {
			t.Errorf("%s: %v, reached %d times", name, err, reached.Load())
		}
		transport.CloseIdleConnections()
	}
}

// TestOverTheNetwork signs in at a provider that listens, with the transport that people use.
func TestOverTheNetwork(t *testing.T) {
	i := newIDP("http://127.0.0.1")
	s := httptest.NewServer(i)
	defer s.Close()
	fresh := newIDP(s.URL)
	i.set(func() { i.issuer, i.metadata = fresh.issuer, fresh.metadata })
	p := i.provider(t, func(c *Config) { c.Transport = nil })
	defer p.client.CloseIdleConnections()
	who, err := i.signIn(t, p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Recheck(t.Context(), who.Session); err != nil {
		t.Error(err)
	}
}

func TestNoPlainHTTP(t *testing.T) {
	for _, issuer := range []string{corp, "http://127.0.0.1:1"} {
		u := mustParse(issuer)
		c := newClient(u, nil, roundTripper(func(*http.Request) (*http.Response, error) {
			t.Error("it was sent")
			return nil, http.ErrAbortHandler
		}))
		for _, ask := range []string{"http://idp.corp.example/", "ftp://idp.corp.example/", "http://127.0.0.1.corp.example/"} {
			if _, err := c.Get(ask); err == nil || !strings.Contains(err.Error(), "https") {
				t.Errorf("%s for %s: %v", ask, issuer, err)
			}
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func FuzzCheckAddress(f *testing.F) {
	f.Add("https://a.example/x", true)
	f.Add("http://127.0.0.1@evil.example/", true)
	f.Add("http://[::1]:8/", true)
	f.Add("https:///x", false)
	f.Fuzz(func(t *testing.T, address string, home bool) {
		u, err := url.Parse(address)
		if err != nil || checkAddress(u, home) != nil {
			return
		}
		if u.Scheme == "https" && u.Hostname() != "" && u.User == nil {
			return
		}
		a, err := netip.ParseAddr(u.Hostname())
		if u.Scheme != "http" || !home || u.User != nil || u.Hostname() != "localhost" && (err != nil || !a.IsLoopback()) {
			t.Errorf("%q is let through", address)
		}
	})
}
