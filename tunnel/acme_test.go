package tunnel

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddyserver/certmagic"
	"github.com/mholt/acmez/v3/acme"
	"go.uber.org/zap"
)

// TestRateLimited: an authority that has had enough is left alone until the time that it said, and the owner is told.
func TestRateLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := certifying(t)
		until := time.Now().Add(5 * time.Hour)
		c.failed(acme.Problem{Type: acme.ProblemTypeRateLimited, Detail: "too many, retry after " + until.Format(time.DateTime) + " UTC"})
		if s := c.endpoint.tracker.status(); s.State != Down || s.Problem == nil || !s.Retry.Equal(until) {
			t.Errorf("%+v, want to be tried again at %v", s, until)
		}
		c.endpoint.tracker.good(partRelay)
		go func() { _ = c.ready(c.endpoint.ctx) }()
		time.Sleep(time.Until(until) - time.Second)
		if s := c.endpoint.tracker.status(); !s.Retry.Equal(until) {
			t.Errorf("a second before %v: %+v", until, s)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if s := c.endpoint.tracker.status(); s.Retry.Equal(until) { // it is seen first whether a visit of its own arrives
			t.Errorf("a second after: %+v", s)
		}
	})
}

// TestRefused: a refusal of another kind is told, and leaves the time of the next attempt to certmagic.
func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := certifying(t)
		c.failed(acme.Problem{Type: acme.ProblemTypeCAA})
		if s := c.endpoint.tracker.status(); s.State != Down || s.Problem == nil || !s.Retry.IsZero() || !c.pause.IsZero() {
			t.Errorf("%+v", s)
		}
		c.failed(context.Canceled)
		if p := c.endpoint.tracker.problem(partCertificate); p == nil || p.What != "the CAA record of a.example.com forbids this certificate authority" {
			t.Errorf("the end of it all is told as a problem: %v", p)
		}
	})
}

// certifying is a certifier that has nothing yet, of an endpoint whose relay is not there yet. It ends with t.
func certifying(t *testing.T) *certifier {
	t.Helper()
	e := &Endpoint{tracker: newTracker("ssh"), log: discard()}
	e.ctx, e.cancel = context.WithCancel(t.Context())
	e.tracker.wait(partRelay, nil, time.Time{})
	c := &certifier{endpoint: e, name: "a.example.com"}
	c.cache = certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { return c.config, nil }, Logger: zap.NewNop(),
	})
	t.Cleanup(func() {
		e.cancel()
		c.cache.Stop()
	})
	return c
}
