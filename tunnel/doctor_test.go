package tunnel

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mholt/acmez/v3/acme"
)

func TestExamineLocal(t *testing.T) {
	plain := share(t, Direct{Listen: "127.0.0.1:0"}, Options{})
	secure, _ := lan(t, Options{})
	for _, e := range []*Endpoint{plain, secure} {
		if found := e.Examine(t.Context()); len(found) != 1 || found[0].Problem != nil || found[0].Seen == "" {
			t.Errorf("%s: %+v", e.PublicURL, found)
		}
		_ = e.Close()
		if found := e.Examine(t.Context()); found[0].Problem == nil {
			t.Errorf("%s, closed: %+v", e.PublicURL, found)
		}
	}
}

// TestExamineClock: a clock that is off is found by the date that the certificate authority sends.
func TestExamineClock(t *testing.T) {
	for off, want := range map[time.Duration]string{0: "", time.Minute: "", time.Hour: "differs by 1h", -26 * time.Hour: "differs by 26h"} {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", time.Now().Add(-off).UTC().Format(http.TimeFormat))
		}))
		s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
		s.StartTLS()
		e := &Endpoint{tracker: newTracker("ssh"), expires: func() time.Time { return time.Time{} }}
		found := ACME{Directory: s.URL}.examine(t.Context(), e)
		s.Close()
		clock, authority := found[0].Problem, found[1].Problem
		if (clock == nil) != (want == "") || clock != nil && !strings.Contains(clock.What, want) {
			t.Errorf("off by %v: %v", off, clock)
		}
		if authority == nil || !strings.Contains(authority.Do, "sign in first") {
			t.Errorf("an authority that nobody knows: %v", authority)
		}
	}
}

// TestExplain: each error has words, and words that say what to do.
func TestExplain(t *testing.T) {
	refused := func(kind, detail string) error {
		return fmt.Errorf("obtain: %w", acme.Problem{Type: "urn:ietf:params:acme:error:" + kind, Detail: detail})
	}
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for _, c := range []struct {
		got  *Problem
		what string
		do   string
	}{
		{explainDial("a:1", dial(syscall.ECONNREFUSED)), "nothing listens at a:1", "check the port"},
		{explainDial("a:1", dial(syscall.ENETUNREACH)), "no way from this network", "IPv6 alone"},
		{explainDial("a:1", dial(context.DeadlineExceeded)), "does not answer", "lets this port out"},
		{explainDial("a:1", dial(&net.DNSError{Err: "no such host", IsNotFound: true})), "no host is known", "check the name"},
		{explainDial("a:1", dial(&net.DNSError{Err: "server misbehaving"})), "cannot be looked up", "online"},
		{explainReach("a.example.com", "a:443", io.EOF), "does not know the name", "added the name"},
		{explainReach("a.example.com", "a:443", errElsewhere), "somebody else answers", "DNS record"},
		{explainACME("a.example.com", refused("rateLimited", "too many")), "too many requests for a.example.com: too many", "left alone"},
		{explainACME("a.example.com", refused("caa", "")), "CAA record", "add the authority"},
		{explainACME("a.example.com", refused("dns", "")), "cannot look a.example.com up", "DNS record"},
		{explainACME("a.example.com", refused("rejectedIdentifier", "")), "gives no certificates", "another name"},
		{explainACME("a.example.com", refused("connection", "")), "did not arrive", "port 443"},
		{explainACME("a.example.com", refused("somethingNew", "why")), "refused a certificate for a.example.com: why", "tried again"},
		{explainACME("a.example.com", fmt.Errorf("get: %w", x509.CertificateInvalidError{Reason: x509.Expired})), "not valid at this machine's time", "clock"},
		{explainACME("a.example.com", &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}), "at the certificate authority cannot prove", "open a web page"},
		{explainDial("a:1", &tls.CertificateVerificationError{Err: x509.HostnameError{}}), "at a:1 cannot prove", "open a web page"},
		{explainDial("a:1", fmt.Errorf("get: %w", tls.RecordHeaderError{})), "at a:1 cannot prove", "open a web page"},
		{explainACME("a.example.com", dial(syscall.ECONNREFUSED)), "nothing listens at the certificate authority", "tried again"},
		{explainACME("a.example.com", errors.New("odd")), "odd", "tried again"},
		{explainProgram("cloudflared", nil, "sign in first"), "it ended by itself. It said: sign in first", "started again"},
	} {
		if !strings.Contains(c.got.What, c.what) || !strings.Contains(c.got.Do, c.do) || c.got.Error() == "" {
			t.Errorf("%q, %q; want %q, %q", c.got.What, c.got.Do, c.what, c.do)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for detail, want := range map[string]time.Duration{
		"too many certificates (5) already issued, retry after 2026-11-29 18:30:00 UTC: see https://example.com": 6*time.Hour + 30*time.Minute,
		"retry after 2026-11-29 11:00:00 UTC": limited,
		"retry after 2036-11-29 11:00:00 UTC": limited,
		"retry after 2026-99-29 11:00:00 UTC": limited,
		"":                                    limited,
	} {
		if got := retryAfter(detail, now).Sub(now); got != want {
			t.Errorf("%q: %v, want %v", detail, got, want)
		}
	}
}
