package tunnel

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// SSH reaches the internet by a relay: any OpenSSH server, as deploy/relay sets one up. It forwards what comes to
// the name's port 443; TLS ends here, so the relay holds no key and sees ciphertext.
type SSH struct {
	Relay   string // host:port of the relay; required
	User    string // the account there; required
	HostKey string // the relay's public key, as in its /etc/ssh/ssh_host_ed25519_key.pub; required
	Name    string // the host name that agents use; required
	Port    int    // the port that agents use; 0 is 443
	Socket  string // what to listen on at the relay; "" is /var/lib/drawbridge/USER/tls.sock
	// Certificate is an OpenSSH certificate for the device key, a line of a -cert.pub file; "" is that the
	// relay knows the key itself.
	Certificate string
	ACME        ACME // who certifies Name
}

func (s SSH) name() string { return "ssh" }

func (s SSH) open(e *Endpoint) error {
	relay, err := s.relay()
	if err != nil {
		return err
	}
	if err := s.signer(e, relay); err != nil {
		return err
	}
	port := s.Port
	if port == 0 {
		port = httpsPort
	}
	name, err := checkHost(s.Name)
	if err != nil {
		return err
	}
	e.PublicURL, e.End = secureURL(name, port), EndHere
	e.tracker.wait(partRelay, nil, time.Time{})
	find, err := s.ACME.start(e, name, net.JoinHostPort(name, strconv.Itoa(port)))
	if err != nil {
		return err
	}
	greet := e.encrypted(only(name, find))
	relay.serve = func(l net.Listener) error {
		return e.queue.serve(l, func(v *visit) (net.Conn, error) {
			if err := readProxy(v); err != nil {
				e.log.Debug("visitor refused", "err", err)
				return nil, err
			}
			return greet(v)
		})
	}
	relay.log, relay.tracker, relay.network = e.log, e.tracker, newNetwork()
	e.wg.Go(func() { relay.network.watch(e.ctx) })
	e.wg.Go(func() { relay.keep(e.ctx) })
	e.wg.Go(func() { e.patrol(name, port) })
	return nil
}

func (s SSH) check() (all []Fault) {
	if host, port, err := net.SplitHostPort(s.Relay); err != nil || host == "" || !isPort(port) {
		all = append(all, about("relay", "relay", s.Relay, "write its host and port, such as relay.example.com:443"))
	}
	if s.User == "" || strings.ContainsAny(s.User, "/\\ \t\n") {
		all = append(all, Fault{"user", fmt.Sprintf("%q is no account at the relay", s.User), "write the one that the relay's administrator has made"})
	}
	if _, _, _, _, err := ssh.ParseAuthorizedKey([]byte(s.HostKey)); err != nil {
		all = append(all, Fault{"hostKey", "the relay's host key", "write a line such as ssh-ed25519 AAAA…; ask the relay's administrator for it"})
	}
	all = append(append(all, checkPublicName(s.Name)...), checkPort(s.Port)...)
	if s.Socket != "" && !strings.HasPrefix(s.Socket, "/") {
		all = append(all, about("socket", "socket", s.Socket, "write its whole path at the relay, which begins with /"))
	}
	if s.Certificate != "" {
		if _, err := s.parseCertificate(); err != nil {
			all = append(all, Fault{"certificate", "the certificate for the relay", err.Error()})
		}
	}
	return append(all, s.ACME.check()...)
}

// relay is the relay that the fields describe.
func (s SSH) relay() (*relay, error) {
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(s.HostKey))
	if err != nil {
		return nil, err
	}
	socket := s.Socket
	if socket == "" {
		socket = "/var/lib/drawbridge/" + s.User + "/tls.sock"
	}
	dial := func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{Timeout: dialTime}).DialContext(ctx, "tcp", s.Relay)
	}
	return &relay{address: s.Relay, user: s.User, hostKey: key, socket: socket, dial: dial}, nil
}

// DeviceKey returns the public key by which relays know this machine, a line for authorized_keys. secret is as in
// Options.
func DeviceKey(secret func(name string, create func() (string, error)) (string, error)) (string, error) {
	_, line, err := deviceKey(secret)
	return line, err
}

// deviceKey is the key by which relays know this machine, and its public half as a line.
func deviceKey(secret func(string, func() (string, error)) (string, error)) (ssh.Signer, string, error) {
	text, err := secret("tunnel device key", func() (string, error) {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return "", err
		}
		block, err := ssh.MarshalPrivateKey(key, "drawbridge")
		if err != nil {
			return "", err
		}
		return string(pem.EncodeToMemory(block)), nil
	})
	if err != nil {
		return nil, "", fmt.Errorf("device key: %w", err)
	}
	signer, err := ssh.ParsePrivateKey([]byte(text))
	if err != nil {
		return nil, "", fmt.Errorf("device key, as the keychain has it: %w", err)
	}
	line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey()))) + " drawbridge"
	return signer, line, nil
}

// signer gives r the key that it knows this machine by.
func (s SSH) signer(e *Endpoint, r *relay) error {
	key, line, err := deviceKey(e.secret)
	if err != nil {
		return err
	}
	if e.DeviceKey == "" { // Open; an examination finds it set
		e.DeviceKey = line
	}
	r.auth, err = s.certified(key)
	return err
}

// certified is the signer with the certificate that a relay's authority gave, if there is one.
func (s SSH) certified(signer ssh.Signer) (ssh.Signer, error) {
	if s.Certificate == "" {
		return signer, nil
	}
	cert, err := s.parseCertificate()
	if err != nil {
		return nil, err
	}
	certified, err := ssh.NewCertSigner(cert, signer)
	if err != nil {
		return nil, errors.New("the certificate for the relay belongs to another key; have this machine's device key certified")
	}
	return certified, nil
}

// parseCertificate reads Certificate. An error says what to write.
func (s SSH) parseCertificate() (*ssh.Certificate, error) {
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(s.Certificate))
	if err != nil {
		return nil, errors.New("write the line of the -cert.pub file")
	}
	cert, ok := key.(*ssh.Certificate)
	if !ok {
		return nil, errors.New("this is a plain key; write the line of the -cert.pub file")
	}
	return cert, nil
}

// patrolEvery is how often an address that is up is visited to see that it is still ours.
const patrolEvery = 5 * time.Minute

// patrol sees, while a relay brings visitors, that those for our name are among them: a second machine on the
// same account would take them without a word.
func (e *Endpoint) patrol(name string, port int) {
	address := net.JoinHostPort(name, strconv.Itoa(port))
	for pause(e.ctx, patrolEvery) {
		if e.tracker.await(e.ctx, partRelay) != nil {
			return
		}
		err := e.reach(e.ctx, address, name)
		switch {
		case errors.Is(err, context.Canceled):
		case errors.Is(err, errElsewhere):
			e.tracker.wait(partReach, explainReach(name, address, err), time.Now().Add(patrolEvery))
		default: // where only this machine cannot visit itself, agents may well
			e.tracker.good(partReach)
		}
	}
}
