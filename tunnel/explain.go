package tunnel

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/mholt/acmez/v3/acme"
	"golang.org/x/crypto/ssh"
)

// explainSSH says what keeps a session with a relay from being.
func explainSSH(r *relay, err error) *Problem {
	p := &Problem{cause: err}
	text := err.Error()
	switch {
	case errors.As(err, new(*stranger)):
		other, _ := errors.AsType[*stranger](err)
		p.What = fmt.Sprintf("the relay %s shows another host key than the one you were given (%s, not %s): it may be somebody in between",
			r.address, ssh.FingerprintSHA256(other.shown), ssh.FingerprintSHA256(r.hostKey))
		p.Do, p.Lasting = "nothing is sent to it. Ask the relay's administrator whether its key was changed, and only then write the new one in hostKey", true
	case errors.As(err, new(*refusal)):
		p.What = fmt.Sprintf("the relay %s does not forward %s for %s", r.address, r.socket, r.user)
		p.Do, p.Lasting = "ask its administrator to allow stream-local forwarding for this account, as deploy/relay does, and to see that its directory is there", true
	case strings.Contains(text, "unable to authenticate"):
		p.What = fmt.Sprintf("the relay %s does not know this machine's key for %s, or no longer does", r.address, r.user)
		p.Do, p.Lasting = "give the device key that is shown here to its administrator", true
	case strings.Contains(text, "no common algorithm"):
		p.What = fmt.Sprintf("the relay %s has no host key of the kind that you were given, %s", r.address, r.hostKey.Type())
		p.Do, p.Lasting = "ask its administrator for its current host key", true
	case strings.Contains(text, "overflow reading version string"), strings.Contains(text, "invalid version"), strings.Contains(text, "unexpected message"):
		p.What = fmt.Sprintf("what answers at %s is no SSH server", r.address)
		p.Do = "if this network asks you to sign in first, open a web page; else check the address"
	case errors.Is(err, errSilent):
		p.What = fmt.Sprintf("the relay %s has fallen silent", r.address)
		p.Do = "it is tried again; check that this machine is online"
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed): // the last is how ssh tells it to a write
		p.What = fmt.Sprintf("the relay %s closed the connection", r.address)
		p.Do = "it is tried again; if it goes on the relay may be full or down, or this network wants you to sign in first: open a web page"
	default:
		return explainDial(r.address, err)
	}
	return p
}

// explainDial says why an address cannot be reached.
func explainDial(address string, err error) *Problem {
	p := &Problem{cause: err, Do: "it is tried again; check that this machine is online"}
	switch dns, notFound := errors.AsType[*net.DNSError](err); {
	case notFound && dns.IsNotFound:
		p.What, p.Do = fmt.Sprintf("no host is known by the name in %s", address), "check the name; if it is new it may take a while until it is known"
	case notFound:
		p.What = "names cannot be looked up: " + dns.Err
	case errors.Is(err, syscall.ECONNREFUSED):
		p.What, p.Do = fmt.Sprintf("nothing listens at %s", address), "it is tried again; check the port, or ask who runs it"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		p.What = fmt.Sprintf("there is no way from this network to %s", address)
		p.Do += "; a network with IPv6 alone does not reach an address that has IPv4 alone"
	case isStranger(err):
		p.What, p.Do = fmt.Sprintf("what answers at %s cannot prove that it is it", address), "if this network asks you to sign in first, open a web page"
	case isTimeout(err):
		p.What = fmt.Sprintf("%s does not answer", address)
		p.Do += ", and that the network lets this port out"
	default:
		p.What = fmt.Sprintf("%s: %v", address, err)
	}
	return p
}

// isStranger reports whether somebody answered by TLS in another's place, or by something else.
func isStranger(err error) bool {
	return errors.As(err, new(x509.UnknownAuthorityError)) || errors.As(err, new(x509.HostnameError)) || errors.As(err, new(tls.RecordHeaderError))
}

func isTimeout(err error) bool {
	n, ok := errors.AsType[net.Error](err)
	return ok && n.Timeout()
}

// explainReach says why visits to name do not arrive here.
func explainReach(name, address string, err error) *Problem {
	p := &Problem{cause: err}
	switch {
	case errors.Is(err, errElsewhere):
		p.What = fmt.Sprintf("somebody else answers as %s", name)
		p.Do = "check where its DNS record points; a second machine may use the same account, or the relay has given the name to somebody else"
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		p.What = fmt.Sprintf("%s does not know the name %s", address, name)
		p.Do = "check where its DNS record points, and that the relay's administrator has added the name to this account"
	default:
		p = explainDial(address, err)
		p.Do += fmt.Sprintf(". Visitors of %s must arrive here before it can have a certificate", name)
	}
	return p
}

// explainACME says why there is no certificate for name.
func explainACME(name string, err error) *Problem {
	p := &Problem{cause: err, Do: "it is tried again, less and less often"}
	refused, ok := errors.AsType[acme.Problem](err)
	switch {
	case !ok:
		return explainAuthority(err)
	case refused.Type == acme.ProblemTypeRateLimited:
		p.What = fmt.Sprintf("the certificate authority has had too many requests for %s", name)
		p.Do = "it is left alone until it takes one again"
	case refused.Type == acme.ProblemTypeRejectedIdentifier:
		p.What, p.Do = fmt.Sprintf("the certificate authority gives no certificates for %s", name), "use another name, or another authority"
	case refused.Type == acme.ProblemTypeCAA:
		p.What, p.Do = fmt.Sprintf("the CAA record of %s forbids this certificate authority", name), "add the authority to the record, or use another one"
	case refused.Type == acme.ProblemTypeDNS:
		p.What, p.Do = fmt.Sprintf("the certificate authority cannot look %s up", name), "check its DNS record"
	case refused.Type == acme.ProblemTypeUserActionRequired, refused.Type == acme.ProblemTypeExternalAccountRequired:
		p.What, p.Do = "the certificate authority wants something from you first", "see what it says, or use another authority"
	case refused.Type == acme.ProblemTypeConnection, refused.Type == acme.ProblemTypeTLS, refused.Type == acme.ProblemTypeUnauthorized:
		p.What, p.Do = fmt.Sprintf("the certificate authority's visit to %s did not arrive here", name), "check that its DNS record and port 443 lead here"
	default:
		p.What = fmt.Sprintf("the certificate authority refused a certificate for %s", name)
	}
	if refused.Detail != "" {
		p.What += ": " + refused.Detail
	}
	return p
}

// explainAuthority says why the certificate authority cannot be asked.
func explainAuthority(err error) *Problem {
	p := &Problem{cause: err, Do: "it is tried again"}
	invalid, wrong := errors.AsType[x509.CertificateInvalidError](err)
	switch {
	case wrong && invalid.Reason == x509.Expired:
		p.What, p.Do = "the certificate authority's own certificate is not valid at this machine's time", "set this machine's clock"
	case isStranger(err), errors.As(err, new(*net.OpError)), errors.As(err, new(*net.DNSError)):
		return explainDial("the certificate authority", err)
	default:
		p.What = "no certificate yet: " + err.Error()
	}
	return p
}
