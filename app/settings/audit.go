package settings

import (
	"maps"
	"math"
	"net"
	"net/url"
	"path"
	"strings"
	"time"
)

// Audit says how long the record is kept. Zero is for ever, and as much as there is.
type Audit struct {
	Keep     time.Duration
	KeepSize int64 // bytes
}

// Shipment is one collector that gets the record while it grows, or the traces of calls. All but one of Syslog, OTLP and Traces
// are "".
type Shipment struct {
	Syslog  string            // tcp+tls://host:port, or on this machine tcp, udp or unix:///path
	OTLP    string            // the URL that takes logs
	Traces  string            // the URL that takes traces, by OTLP as well
	Headers map[string]string // for OTLP and Traces; `${keychain:NAME}` in values is as the file has it
	CA      string            // the file of the authorities that may vouch for it; "" is the system's
}

// Address is the collector's, whichever it is.
func (s Shipment) Address() string { return s.Syslog + s.OTLP + s.Traces }

// Equal reports whether s and t are the same in every field.
func (s Shipment) Equal(t Shipment) bool {
	return s.Syslog == t.Syslog && s.OTLP == t.OTLP && s.Traces == t.Traces && maps.Equal(s.Headers, t.Headers) && s.CA == t.CA
}

const maxShipments = 8

// audit is what is to become of the record.
func (s *Settings) audit() table {
	return table{
		known: map[string]reader{
			"keep":     duration(&s.Audit.Keep, day, 100*365*day),
			"keepSize": size(&s.Audit.KeepSize, 1<<20, math.MaxInt64/4),
			"ship":     list(&s.Ship, maxShipments, (*Shipment).read),
		},
		check: s.shipsOnce,
	}
}

func (s *Settings) shipsOnce(n node) error {
	seen := map[string]bool{}
	for _, c := range s.Ship {
		if seen[c.Address()] {
			return n.fail("ships to %s twice; remove one of them", c.Address())
		}
		seen[c.Address()] = true
	}
	return nil
}

func (s *Shipment) read(n node) error {
	err := n.fields(map[string]reader{
		"syslog": text(&s.Syslog), "otlp": text(&s.OTLP), "traces": text(&s.Traces), "ca": text(&s.CA), "headers": headers(&s.Headers),
	})
	if err != nil {
		return err
	}
	u, err := url.Parse(s.Address())
	const syslogs = `"syslog": "tcp+tls://host:6514", or on this machine "tcp://127.0.0.1:601", "udp://127.0.0.1:514" or "unix:///dev/log"`
	switch {
	case s.Address() == "":
		return n.fail(`ships to nobody; add "otlp": "https://host:4318/v1/logs", "traces": "https://host:4318/v1/traces", or %s`, syslogs)
	case s.Address() != s.Syslog && s.Address() != s.OTLP && s.Address() != s.Traces:
		return n.fail("has more than one of syslog, otlp and traces; make them entries of their own")
	case err != nil:
		return n.fail("has the address %q: %v", s.Address(), err)
	case u.User != nil:
		return n.fail("has a password in its address, which has no place in this file; leave it out, and for otlp and traces use headers with ${keychain:NAME}")
	case s.OTLP != "":
		return checkOTLP(n, u, "otlp", "logs")
	case s.Traces != "":
		return checkOTLP(n, u, "traces", "traces")
	case len(s.Headers) > 0:
		return n.fail("has headers, which only otlp and traces know")
	case u.Scheme == "unix" && u.Host == "" && path.IsAbs(u.Path):
		return nil
	case (u.Scheme == "tcp" || u.Scheme == "udp") && !isLocal(u.Hostname()):
		return n.fail("would send the record to %s for everybody on the way to read; write \"tcp+tls://%s\"", u.Host, u.Host)
	case u.Scheme != "tcp+tls" && u.Scheme != "tcp" && u.Scheme != "udp" || u.Path != "" || u.RawQuery != "" || u.Hostname() == "":
		return n.fail("has the address %q; write %s", s.Syslog, syslogs)
	}
	if _, port, err := net.SplitHostPort(u.Host); err != nil || port == "" {
		return n.fail("has the address %q without a port; write %s", s.Syslog, syslogs)
	}
	return nil
}

// checkOTLP checks the address of who takes that signal, which key names.
func checkOTLP(n node, u *url.URL, key, signal string) error {
	switch {
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return n.fail(`has the address %q; write "%s": "https://host:4318/v1/%s"`, u, key, signal)
	case u.Scheme == "http" && !isLocal(u.Hostname()):
		return n.fail("would send the %s to %s for everybody on the way to read; write https", signal, u.Host)
	case u.Path == "" || u.Path == "/":
		return n.fail(`has the address %q without a path; collectors take %s at "%s/v1/%s"`, u, signal, strings.TrimSuffix(u.String(), "/"), signal)
	}
	return nil
}

// headers reads HTTP headers. A credential among them must be a reference.
func headers(to *map[string]string) reader {
	return func(n node) error {
		*to = map[string]string{}
		return n.each(func(name string, at int, m node) error {
			value, err := m.string()
			if err != nil {
				return err
			}
			if strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" || name == "" || strings.ContainsAny(value, "\r\n") {
				return n.doc.fail(at, "%s is no header of HTTP", m.name)
			}
			if holdsSecret(name) && !strings.Contains(value, "${") {
				return m.fail("is a secret, which has no place in this file; run drawbridge secrets set NAME, and write ${keychain:NAME} for it here")
			}
			(*to)[name] = value
			return nil
		})
	}
}

// holdsSecret reports whether a header of that name is likely to be a credential.
func holdsSecret(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"auth", "key", "token", "secret", "cookie", "password"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}
