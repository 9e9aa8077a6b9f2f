package tunnel

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"regexp"
	"time"

	"github.com/caddyserver/certmagic"
	"github.com/mholt/acmez/v3/acme"
	"go.uber.org/zap"
)

// ACME gets certificates that every agent trusts, for a name whose port 443 leads to the endpoint: the
// authority checks that by a visit (TLS-ALPN-01, RFC 8737), which comes in as every other visitor does.
type ACME struct {
	Directory string         // URL of the authority; "" is Let's Encrypt
	Email     string         // where the authority writes to; "" is nowhere
	Roots     *x509.CertPool // who vouches for the authority's own address; nil is the system's
}

const (
	// showAfter is how long the endpoint tries to visit itself before it asks the authority all the same: where
	// names are looked up in another way inside a network, only the authority can tell.
	showAfter = time.Minute
	// limited is how long an authority that has had enough is left alone if it does not say.
	limited = time.Hour
)

// certifier holds one name's certificate.
type certifier struct {
	endpoint *Endpoint
	name     string
	address  string // where visitors of the name arrive
	cache    *certmagic.Cache
	config   *certmagic.Config

	pause time.Time // the authority is left alone until then; of the goroutine that obtains
}

// start begins to hold a certificate for a name. It is asked for once visitors arrive at address, which is the
// name's, so that the authority's patience is not used up by what cannot work.
func (a ACME) start(e *Endpoint, name, address string) (certificates, error) {
	store, err := openSealed(e.options.Dir, e.secret)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(e.ctx, func() { _ = store.Close() })
	port, err := e.placeholder()
	if err != nil {
		return nil, err
	}
	c := &certifier{endpoint: e, name: name, address: address}
	c.cache = certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { return c.config, nil },
		Logger:           zap.NewNop(),
	})
	c.config = certmagic.New(c.cache, certmagic.Config{
		Storage: store, OnEvent: c.event, Logger: zap.NewNop(), DisableStorageCheck: true,
		OCSP: certmagic.OCSPConfig{DisableStapling: true},
	})
	c.config.Issuers = []certmagic.Issuer{certmagic.NewACMEIssuer(c.config, certmagic.ACMEIssuer{
		CA: a.Directory, Email: a.Email, Agreed: true, TrustedRoots: a.Roots, Logger: zap.NewNop(),
		DisableHTTPChallenge: true, DisableDistributedSolvers: true, ListenHost: "127.0.0.1", AltTLSALPNPort: port,
	})}
	e.tracker.wait(partCertificate, nil, time.Time{})
	e.expires = c.expires
	e.wg.Go(func() {
		_ = c.config.ManageAsync(e.ctx, []string{name}) // what goes wrong comes as an event
		<-e.ctx.Done()
		c.cache.Stop()
	})
	return c.config.GetCertificate, nil
}

// placeholder takes a loopback port until Close. certmagic would open a listener for the authority's visit if
// nobody had the port; the visit comes through the endpoint's own.
func (e *Endpoint) placeholder() (port int, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	e.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	})
	context.AfterFunc(e.ctx, func() { _ = l.Close() })
	return l.Addr().(*net.TCPAddr).Port, nil
}

// event is what certmagic calls.
func (c *certifier) event(ctx context.Context, event string, data map[string]any) error {
	e := c.endpoint
	switch event {
	case "cert_obtaining":
		return c.ready(ctx)
	case "cert_failed":
		err, _ := data["error"].(error)
		c.failed(err)
	case "cert_obtained":
		c.pause = time.Time{}
		e.log.Info("certificate obtained", "name", c.name)
		if time.Until(c.expires()) > 0 { // the one before is there until the new one is
			e.tracker.good(partCertificate)
		}
	case "cached_managed_cert":
		if time.Until(c.expires()) > 0 {
			e.tracker.good(partCertificate)
		}
	}
	return nil
}

// ready waits until it is worth to ask the authority.
func (c *certifier) ready(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.endpoint.ctx, cancel)()
	if !pause(ctx, time.Until(c.pause)) {
		return ctx.Err()
	}
	e := c.endpoint
	if err := e.tracker.await(ctx, partRelay); err != nil {
		return err
	}
	for end, wait := time.Now().Add(showAfter), time.Second; ; wait *= 2 {
		err := e.reach(ctx, c.address, c.name)
		if err == nil || ctx.Err() != nil || !time.Now().Add(wait).Before(end) {
			return ctx.Err()
		}
		if time.Until(c.expires()) <= 0 {
			e.tracker.wait(partCertificate, explainReach(c.name, c.address, err), time.Now().Add(wait))
		}
		if !pause(ctx, wait) {
			return ctx.Err()
		}
	}
}

// failed tells that the authority did not give a certificate.
func (c *certifier) failed(err error) {
	if errors.Is(err, context.Canceled) || c.endpoint.ctx.Err() != nil {
		return
	}
	why := explainACME(c.name, err)
	if p, ok := errors.AsType[acme.Problem](err); ok && p.Type == acme.ProblemTypeRateLimited {
		c.pause = retryAfter(p.Detail, time.Now())
	}
	c.endpoint.log.Warn("certificate", "name", c.name, "err", err)
	if time.Until(c.expires()) > 0 {
		c.endpoint.tracker.warn(partCertificate, why)
		return
	}
	c.endpoint.tracker.wait(partCertificate, why, c.pause)
}

// expires is when the certificate ends; zero is that there is none.
func (c *certifier) expires() time.Time {
	var last time.Time
	for _, cert := range c.cache.AllMatchingCertificates(c.name) {
		if leaf := leafOf(&cert.Certificate); leaf != nil && leaf.NotAfter.After(last) {
			last = leaf.NotAfter
		}
	}
	return last
}

func leafOf(c *tls.Certificate) *x509.Certificate {
	if c.Leaf != nil || len(c.Certificate) == 0 {
		return c.Leaf
	}
	leaf, _ := x509.ParseCertificate(c.Certificate[0])
	return leaf
}

var retryTime = regexp.MustCompile(`retry after (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC`)

// retryAfter reads from a refusal when the authority may be asked again; a week from now at most.
func retryAfter(detail string, now time.Time) time.Time {
	if m := retryTime.FindStringSubmatch(detail); m != nil {
		if t, err := time.Parse(time.DateTime, m[1]); err == nil && t.After(now) && t.Before(now.AddDate(0, 0, 7)) {
			return t
		}
	}
	return now.Add(limited)
}

// pause waits for d, and reports whether ctx is not done.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
