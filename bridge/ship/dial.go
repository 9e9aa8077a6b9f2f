package ship

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// dialFor is how long a connection may take.
const dialFor = 10 * time.Second

// Syslog returns a Sender to an address such as tcp+tls://host:6514, tcp://127.0.0.1:601, udp://127.0.0.1:514 or
// unix:///dev/log. roots are the authorities that may vouch for the host; nil is those of the system.
func Syslog(address string, o Origin, roots *x509.CertPool) (Sender, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: dialFor}
	dial := func(network, to string) func(context.Context) (net.Conn, error) {
		return func(ctx context.Context) (net.Conn, error) { return dialer.DialContext(ctx, network, to) }
	}
	switch u.Scheme {
	case "tcp+tls":
		secure := tls.Dialer{NetDialer: dialer, Config: secured(roots)}
		return &Stream{Origin: o, Dial: func(ctx context.Context) (net.Conn, error) { return secure.DialContext(ctx, "tcp", u.Host) }}, nil
	case "tcp":
		return &Stream{Origin: o, Dial: dial("tcp", u.Host)}, nil
	case "udp":
		return &Datagrams{Origin: o, Dial: dial("udp", u.Host)}, nil
	case "unix":
		return &Datagrams{Origin: o, Dial: dial("unixgram", u.Path)}, nil
	}
	return nil, fmt.Errorf("syslog to %q: the address begins with tcp+tls, tcp, udp or unix", address)
}

// secured is how a collector is trusted. Sessions are resumed: there is a connection a burst.
func secured(roots *x509.CertPool) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, ClientSessionCache: tls.NewLRUClientSessionCache(1)}
}

// Client returns a client for OTLP. It follows no redirects: what it is given may hold a secret. roots are as for Syslog.
func Client(roots *x509.CertPool) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: dialFor}).DialContext, TLSClientConfig: secured(roots),
			TLSHandshakeTimeout: dialFor, ForceAttemptHTTP2: true, MaxIdleConns: 1, IdleConnTimeout: time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
