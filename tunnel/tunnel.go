// Package tunnel gives the bridge an address that agents can reach: a net.Listener and a public URL.
//
//	visitor -> address or relay -> [PROXY v2] -> [TLS] -> Endpoint.Accept
//
// Each driver is a struct that says what its kind of address needs:
//
//	Direct    this machine's own address: loopback, the local network, or a public name
//	SSH       a relay: any stock OpenSSH server that forwards, and cannot read
//	External  an address that a tool of the owner's provides
//	Tailnet   a machine of its own in a tailnet, in programs that are built with the tag tailnet
//
// What goes wrong at a relay, a certificate authority or in a tool is told by Status and mended by itself; it never
// ends an Endpoint, and it never stops another one. Nothing here decides who may enter: every request is
// authenticated whichever way it comes.
package tunnel

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"time"
)

// TLSEnd says where an agent's TLS ends, and so who can read the traffic.
type TLSEnd int

const (
	EndAtRelay   TLSEnd = iota // at somebody else's: who runs the relay can read and change everything
	EndInProcess               // in a tool on this machine
	EndHere                    // in the bridge; or there is none, because nothing leaves this machine
)

// String says who can read the traffic.
func (e TLSEnd) String() string {
	switch e {
	case EndHere:
		return "nobody but this bridge can read the traffic"
	case EndInProcess:
		return "nobody but a program on this machine can read the traffic"
	}
	return "whoever runs the relay can read and change the traffic"
}

// Driver is a kind of address: Direct, SSH, External or Tailnet.
type Driver interface {
	// name is the driver's, as the owner writes it.
	name() string
	// check says what is wrong with the driver's fields.
	check() []Fault
	// open sets what the endpoint shows and starts the driver's work, when check has found nothing. An error is one that no
	// retry would mend, or an address that is taken.
	open(*Endpoint) error
	// examine looks step by step at what the address depends on.
	examine(context.Context, *Endpoint) []Finding
}

// Options is what drivers need of the house.
type Options struct {
	// Secret returns the secret that is kept under a name. If there is none yet it keeps what create returns.
	// Required, except for an External and for a Direct on a loopback address.
	Secret func(name string, create func() (string, error)) (string, error)
	// Dir is a directory for certificates, whose keys are sealed with a secret. Required where ACME is used.
	Dir string
	// Run runs a program until it has ended or ctx is done, and returns why it ended. What it prints goes to output.
	// nil: External has no Program.
	Run func(ctx context.Context, p Program, output io.Writer) error
	// OnChange is called with every new Status, by one goroutine at a time; fast changes may be told as one. nil is nobody.
	OnChange func(Status)
	// Log gets what happens; nil is nowhere.
	Log *slog.Logger
}

// Endpoint is an address that agents can reach. It is a net.Listener that outlives any number of relay
// sessions. Its connections are *tls.Conn with the handshake done where TLS ends here; their deadlines work,
// and their RemoteAddr is the visitor's. The fields do not change after Open.
type Endpoint struct {
	net.Listener
	PublicURL *url.URL // where agents reach it, without a path; the OAuth resource and audience derive from it
	End       TLSEnd
	// Peer returns the visitor's address, and the name that the tunnel vouches for; "" is none. The zero AddrPort is
	// an address that is not known. It does not block.
	Peer func(net.Conn) (netip.AddrPort, string)
	// Authority is the certificate, in PEM, of the authority of this installation that agents must trust to reach the
	// address; nil is that the system's are enough.
	Authority []byte
	// DeviceKey is the public key by which an SSH relay knows this machine, a line for authorized_keys; "" elsewhere.
	DeviceKey string

	driver  Driver
	options Options
	log     *slog.Logger
	queue   *queue
	tracker *tracker
	checks  checks
	expires func() time.Time // of the certificate; nil is that there is none
	ctx     context.Context  // ends with Close
	cancel  context.CancelFunc
	wg      sync.WaitGroup // what the driver runs
}

// Open begins to hold an address. It returns at once: whether the address can be reached yet is in Status.
// Close ends it.
func Open(d Driver, o Options) (*Endpoint, error) {
	e := &Endpoint{driver: d, options: o, log: o.Log, Peer: peer}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	e.queue = newQueue()
	e.Listener = e.queue
	e.tracker = newTracker(d.name())
	if err := e.open(d); err != nil {
		e.Close()
		return nil, err
	}
	e.tracker.good(partReach)
	if o.OnChange != nil {
		e.wg.Go(e.tell)
	}
	return e, nil
}

func (e *Endpoint) open(d Driver) error {
	if all := d.check(); len(all) > 0 {
		return all[0]
	}
	return d.open(e)
}

// Close stops sharing: nobody comes in any more, and every live connection is cut. It returns when all that Open
// started has ended.
func (e *Endpoint) Close() error {
	e.tracker.close()
	e.cancel()
	err := e.queue.Close()
	e.wg.Wait()
	return err
}

// Status is how the address is doing.
func (e *Endpoint) Status() Status {
	s := e.tracker.status()
	s.End, s.DeviceKey, s.Visitors = e.End, e.DeviceKey, e.queue.visitors()
	if e.PublicURL != nil {
		s.URL = e.PublicURL.String()
	}
	if e.expires != nil {
		s.Certificate = e.expires()
	}
	s.Authority, s.Fingerprint = string(e.Authority), fingerprintPEM(e.Authority)
	return s
}

// tell calls OnChange until Close.
func (e *Endpoint) tell() {
	for {
		changed := e.tracker.changed()
		e.options.OnChange(e.Status())
		if e.ctx.Err() != nil {
			return
		}
		<-changed // Close changes the state too
	}
}

// secret is Options.Secret, or an error where there is none.
func (e *Endpoint) secret(name string, create func() (string, error)) (string, error) {
	if e.options.Secret == nil {
		return "", errors.New("there is no keychain to keep its key in")
	}
	return e.options.Secret(name, create)
}

// peer is the Peer of every driver that vouches for no name.
func peer(c net.Conn) (netip.AddrPort, string) {
	a := c.RemoteAddr()
	if a == nil {
		return netip.AddrPort{}, ""
	}
	p, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.AddrPort{}, ""
	}
	return netip.AddrPortFrom(p.Addr().Unmap(), p.Port()), ""
}
