package tunnel

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Direct is this machine's own address. On a loopback address without a Name it is plain HTTP; everywhere else TLS
// ends here.
type Direct struct {
	// Listen is a host and port: 127.0.0.1:7040, or :7443 for all of this machine's addresses. Required; the host is an
	// address or localhost.
	Listen string
	// Name is the host name or the address that agents use. "" is the address in Listen, or, where Listen has none,
	// the one that this machine has on its network now.
	Name string
	// Port is the port that agents use; 0 is the one in Listen, or 443 with ACME.
	Port int
	// ACME gets the certificate from a public authority for Name, whose port 443 must lead here. nil: an authority
	// of this installation, which agents must be told to trust.
	ACME *ACME
}

func (d Direct) name() string { return "direct" }

func (d Direct) check() []Fault {
	all := d.checkListen()
	switch {
	case d.ACME == nil && d.Name == "":
	case d.ACME == nil:
		all = append(all, checkName(d.Name)...)
	case d.Name == "":
		all = append(all, Fault{"name", fmt.Sprintf("listen on %q with a public certificate", d.Listen), "give the name that agents use"})
	default:
		all = append(all, checkPublicName(d.Name)...)
	}
	all = append(all, checkPort(d.Port)...)
	if d.ACME != nil {
		all = append(all, d.ACME.check()...)
	}
	return all
}

func (d Direct) checkListen() []Fault {
	host, port, err := net.SplitHostPort(d.Listen)
	switch {
	case err != nil || !isPort(port):
		return []Fault{about("listen", "listen on", d.Listen, "write an address and a port, such as 127.0.0.1:7040")}
	case net.ParseIP(host) == nil && host != "" && host != "localhost":
		return []Fault{about("listen", "listen on", d.Listen, "write an address of this machine, not a name")}
	}
	return nil
}

func (d Direct) open(e *Endpoint) error {
	host, _, err := net.SplitHostPort(d.Listen)
	if err != nil {
		return err
	}
	name, err := d.host(host)
	if err != nil {
		return err
	}
	plain := isLoopback(host) && d.Name == "" && d.ACME == nil
	prepare, err := d.prepare(e, name, plain)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", d.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", d.Listen, err)
	}
	e.queue.at(l.Addr())
	e.PublicURL, e.End = d.url(name, l.Addr(), plain), EndHere
	e.wg.Go(func() { _ = e.queue.serve(l, prepare) })
	context.AfterFunc(e.ctx, func() { _ = l.Close() })
	return nil
}

// host is what agents call this machine.
func (d Direct) host(listen string) (string, error) {
	switch {
	case d.Name != "":
		return checkHost(d.Name)
	case listen == "" || net.ParseIP(listen).IsUnspecified():
		return ownAddress()
	}
	return listen, nil
}

// prepare is what makes a visit ready: nothing on a plain address, else a handshake with the name's certificate.
func (d Direct) prepare(e *Endpoint, name string, plain bool) (func(*visit) (net.Conn, error), error) {
	switch {
	case plain:
		return nil, nil
	case d.ACME != nil:
		find, err := d.ACME.start(e, name, net.JoinHostPort(name, strconv.Itoa(httpsPort)))
		return e.encrypted(only(name, find)), err
	}
	a, err := openAuthority(e.secret, name)
	if err != nil {
		return nil, err
	}
	e.Authority = a.pem()
	return e.encrypted(only(name, a.find)), nil
}

const httpsPort = 443

// url is where agents reach name.
func (d Direct) url(name string, at net.Addr, plain bool) *url.URL {
	port := d.Port
	if port == 0 && d.ACME != nil {
		port = httpsPort
	}
	if port == 0 {
		port = at.(*net.TCPAddr).Port
	}
	if plain {
		return &url.URL{Scheme: "http", Host: net.JoinHostPort(name, strconv.Itoa(port))}
	}
	return secureURL(name, port)
}

// secureURL is the https URL of a host; the port is left out where it is the usual one.
func secureURL(host string, port int) *url.URL {
	if port != httpsPort {
		return &url.URL{Scheme: "https", Host: net.JoinHostPort(host, strconv.Itoa(port))}
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return &url.URL{Scheme: "https", Host: host}
}

func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// ownAddress is the address that this machine has on its network: a private one rather than a public one.
func ownAddress() (string, error) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return "", fmt.Errorf("this machine's addresses: %w", err)
	}
	var found []netip.Addr
	for _, a := range all {
		if n, err := netip.ParsePrefix(a.String()); err == nil && n.Addr().Unmap().IsGlobalUnicast() {
			found = append(found, n.Addr().Unmap())
		}
	}
	if len(found) == 0 {
		return "", fmt.Errorf("this machine has no address on a network; connect it, or give the name that agents use")
	}
	return slices.MinFunc(found, func(a, b netip.Addr) int { return rank(a) - rank(b) }).String(), nil
}

// rank orders addresses by how likely others on the network can use them.
func rank(a netip.Addr) int {
	switch {
	case a.Is4() && a.IsPrivate():
		return 0
	case a.Is4():
		return 1
	case a.IsPrivate():
		return 2
	}
	return 3
}
