package tunnel

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// errElsewhere is that somebody answers under our name, and it is not us.
var errElsewhere = errors.New("something else answers there")

// checkPrefix begins the protocol name (ALPN) that an endpoint's visits to itself offer, and nobody speaks.
const checkPrefix = "drawbridge-check/"

// checks are the endpoint's visits to itself that are under way.
type checks struct {
	mu      sync.Mutex               // guards the field below
	waiting map[string]chan struct{} // by protocol name; closed on arrival
}

// begin makes a protocol name that nobody can guess. arrived is closed when a visitor offers it; end forgets it.
func (c *checks) begin() (protocol string, arrived <-chan struct{}, end func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	protocol = checkPrefix + rand.Text()
	ch := make(chan struct{})
	if c.waiting == nil {
		c.waiting = map[string]chan struct{}{}
	}
	c.waiting[protocol] = ch
	return protocol, ch, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.waiting, protocol)
	}
}

// note looks whether a visitor is the endpoint itself.
func (c *checks) note(protocols []string) {
	for _, p := range protocols {
		if !strings.HasPrefix(p, checkPrefix) {
			continue
		}
		c.mu.Lock()
		if ch := c.waiting[p]; ch != nil {
			close(ch)
			delete(c.waiting, p)
		}
		c.mu.Unlock()
	}
}

// reach visits the endpoint as an agent would, up to the point where TLS begins: the name is looked up, the
// port is dialled, and the visit must arrive here. No certificate is needed for it. The error wraps
// errElsewhere when somebody else answered.
func (e *Endpoint) reach(ctx context.Context, address, name string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	protocol, arrived, end := e.checks.begin()
	defer end()
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer raw.Close()
	c := tls.Client(raw, &tls.Config{ServerName: name, NextProtos: []string{protocol}, InsecureSkipVerify: true}) // nothing is sent
	err = c.HandshakeContext(ctx)
	select {
	case <-arrived:
		return nil
	default:
	}
	if said, ok := errors.AsType[*net.OpError](err); err == nil || ok && said.Op == "remote error" { // it speaks TLS
		return errElsewhere
	}
	return fmt.Errorf("it does not arrive here: %w", err)
}
