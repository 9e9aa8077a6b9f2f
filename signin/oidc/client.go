package oidc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

const (
	// maxAnswer bounds what the provider may say at once, in bytes.
	maxAnswer = 1 << 20
	// patience is how long one answer may take, to its last byte.
	patience = 10 * time.Second
)

// newClient returns a client for the provider at issuer. It follows no redirect: nothing that it
// asks for has a reason to move, and a redirect can lead into the private network.
func newClient(issuer *url.URL, hosts []string, transport http.RoundTripper) *http.Client {
	if transport == nil {
		transport = newTransport(issuer, hosts)
	}
	return &http.Client{
		Transport:     bounded{transport, isHome(issuer)},
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// newTransport reaches public addresses, and others only of the issuer, of hosts and of the proxy
// that the environment names: the owner has chosen those, the provider chooses the rest.
func newTransport(issuer *url.URL, hosts []string) *http.Transport {
	near := map[string]bool{issuer.Hostname(): true}
	for _, h := range hosts {
		near[strings.ToLower(h)] = true
	}
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: issuer}); err == nil && proxy != nil {
		near[proxy.Hostname()] = true
	}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		d := net.Dialer{Timeout: patience, Control: refuseAddress(isPublic)}
		if near[strings.ToLower(host)] {
			d.Control = refuseAddress(isReachable)
		}
		return d.DialContext(ctx, network, address)
	}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: dial, ForceAttemptHTTP2: true,
		TLSHandshakeTimeout: patience, MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConnsPerHost: 2, IdleConnTimeout: 30 * time.Second,
	}
}

// refuseAddress looks at the address that is really dialled: a name may resolve to another one each time.
func refuseAddress(allowed func(netip.Addr) bool) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		a, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if !allowed(a.Addr().Unmap()) {
			return fmt.Errorf("%s is not a public address", a.Addr())
		}
		return nil
	}
}

// isReachable reports whether anything of a company can be at a: not where a cloud keeps its machines' credentials.
func isReachable(a netip.Addr) bool {
	return !a.IsLinkLocalUnicast() && !a.IsMulticast() && !a.IsUnspecified() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// inner are networks, besides those that netip knows, that are not the public Internet, or that
// stand for addresses that may not be.
var inner = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"),
	netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2001::/32"),
	netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("fec0::/10"),
}

func isPublic(a netip.Addr) bool {
	if !isReachable(a) || a.IsPrivate() || a.IsLoopback() {
		return false
	}
	for _, p := range inner {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// isHome reports whether u is on this machine, by name alone.
func isHome(u *url.URL) bool {
	a, err := netip.ParseAddr(u.Hostname())
	return err == nil && a.IsLoopback() || u.Hostname() == "localhost"
}

// checkAddress says why u is none to ask: it is https, or http on this machine where home is set.
func checkAddress(u *url.URL, home bool) error {
	switch {
	case u.Scheme != "https" && !(u.Scheme == "http" && home && isHome(u)):
		return errors.New("has to be an https address")
	case u.Hostname() == "" || u.Opaque != "":
		return errors.New("has to name a host")
	case u.User != nil || u.Fragment != "":
		return errors.New("has to be without a user and without a fragment")
	}
	return nil
}

// bounded refuses addresses that are none to ask, and ends answers that are too long.
type bounded struct {
	next http.RoundTripper
	home bool
}

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := checkAddress(r.URL, b.home); err != nil {
		return nil, fmt.Errorf("the address %w", err)
	}
	answer, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Body = &limited{answer.Body, maxAnswer}
	return answer, nil
}

// limited is a body that fails, and does not just end, where it is too long.
type limited struct {
	io.ReadCloser
	left int
}

func (l *limited) Read(b []byte) (int, error) {
	n, err := l.ReadCloser.Read(b[:min(len(b), l.left+1)])
	if l.left -= n; l.left < 0 {
		return 0, fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	return n, err
}
