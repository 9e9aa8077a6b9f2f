package tunnel

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/mholt/acmez/v3"
)

// certificates finds the certificate for a visitor; nil and no error is that the name is not ours.
type certificates func(*tls.ClientHelloInfo) (*tls.Certificate, error)

// plainHTTP answers who speaks HTTP where TLS is spoken.
const plainHTTP = "HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nThis address speaks HTTPS: write https:// before it.\n"

var errNotHTTP = errors.New("not for HTTP")

// encrypted returns what makes a visit ready where TLS ends here. Visits of the endpoint's own, to see whether it
// can be reached, and those of a certificate authority end here too.
func (e *Endpoint) encrypted(find certificates) func(*visit) (net.Conn, error) {
	config := &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1", acmez.ACMETLS1Protocol},
		GetCertificate: find,
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			e.checks.note(hello.SupportedProtos)
			return nil, nil
		},
	}
	return func(v *visit) (net.Conn, error) {
		c := tls.Server(v, config)
		err := c.HandshakeContext(e.ctx)
		if wrong, ok := errors.AsType[tls.RecordHeaderError](err); ok && wrong.Conn != nil && isHTTP(wrong.RecordHeader) {
			_, _ = io.WriteString(wrong.Conn, plainHTTP)
		}
		if err == nil && c.ConnectionState().NegotiatedProtocol == acmez.ACMETLS1Protocol {
			err = errNotHTTP
		}
		if err != nil {
			return nil, err
		}
		return c, nil
	}
}

// isHTTP reports whether a visit begins as a request without TLS does.
func isHTTP(head [5]byte) bool {
	return slices.Contains([]string{"GET /", "HEAD ", "POST ", "PUT /", "OPTIO", "DELET", "PATCH", "PRI *"}, string(head[:]))
}

// only lets a certificate be found for a host's name alone, in any case. For an address it is found without a name.
func only(host string, find certificates) certificates {
	address := net.ParseIP(host) != nil
	return func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if address && hello.ServerName != "" || !address && !strings.EqualFold(hello.ServerName, host) {
			return nil, nil // crypto/tls makes it the alert unrecognized_name
		}
		return find(hello)
	}
}
