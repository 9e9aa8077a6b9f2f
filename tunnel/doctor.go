package tunnel

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/caddyserver/certmagic"
)

// Finding is what one step of an examination found.
type Finding struct {
	Check   string   `json:"check"`             // what was looked at
	Seen    string   `json:"seen,omitempty"`    // what it looked like
	Problem *Problem `json:"problem,omitempty"` // nil: it is fine
}

// Examine looks step by step at what the address depends on, the nearest first. It changes nothing, and takes
// some seconds where something does not answer.
func (e *Endpoint) Examine(ctx context.Context) []Finding { return e.driver.examine(ctx, e) }

// clockSlip is how far a clock may be off before certificates go wrong.
const clockSlip = 5 * time.Minute

func (d Direct) examine(ctx context.Context, e *Endpoint) []Finding {
	at := localAddress(e.Addr())
	if d.ACME == nil {
		return []Finding{e.visited(ctx, "a visit from this machine", at)}
	}
	return append(d.ACME.examine(ctx, e), e.named(ctx), e.visited(ctx, "a visit by its name", hostPort(e)))
}

func (s SSH) examine(ctx context.Context, e *Endpoint) []Finding {
	found := s.ACME.examine(ctx, e)
	found = append(found, s.examineRelay(ctx, e), e.named(ctx))
	return append(found, e.visited(ctx, "a visit by its name", hostPort(e)))
}

func (x External) examine(ctx context.Context, e *Endpoint) []Finding {
	var found []Finding
	if x.Program != nil {
		found = append(found, Finding{Check: "the program " + x.Program.Args[0], Problem: e.tracker.status().Problem})
	}
	return append(found, e.named(ctx), e.answered(ctx))
}

// examineRelay signs in to the relay once more, beside the session that is kept.
func (s SSH) examineRelay(ctx context.Context, e *Endpoint) Finding {
	f := Finding{Check: "the relay " + s.Relay}
	r, err := s.relay()
	if err == nil {
		err = s.signer(e, r)
	}
	if err != nil {
		f.Problem = &Problem{What: err.Error(), Do: "mend the settings", Lasting: true, cause: err}
		return f
	}
	conn, err := r.dial(ctx)
	if err != nil {
		f.Problem = explainSSH(r, err)
		return f
	}
	defer conn.Close()
	if _, err := r.login(conn); err != nil {
		f.Problem = explainSSH(r, err)
		return f
	}
	f.Seen = "it lets this machine in as " + s.User
	f.Problem = e.tracker.problem(partRelay)
	return f
}

// examine looks at the clock, at the certificate authority and at the certificate.
func (a ACME) examine(ctx context.Context, e *Endpoint) []Finding {
	directory := a.Directory
	if directory == "" {
		directory = certmagic.LetsEncryptProductionCA
	}
	clock, authority := Finding{Check: "this machine's clock"}, Finding{Check: "the certificate authority"}
	// The date alone is taken from an answer that is not checked: with a wrong clock no certificate would be right.
	date, err := fetchDate(ctx, directory, &tls.Config{InsecureSkipVerify: true})
	if off := time.Since(date).Round(time.Minute); err == nil && off.Abs() > clockSlip {
		clock.Problem = &Problem{What: fmt.Sprintf("the clock differs by %v from the certificate authority's", off.Abs()), Do: "set this machine's clock", Lasting: true}
	} else if err == nil {
		clock.Seen = "it is right"
	} else {
		clock.Seen = "there was nobody to compare it with"
	}
	if _, err := fetchDate(ctx, directory, &tls.Config{RootCAs: a.Roots}); err != nil {
		authority.Problem = explainAuthority(err)
	} else {
		authority.Seen = "it answers"
	}
	certificate := Finding{Check: "the certificate", Problem: e.tracker.problem(partCertificate), Seen: "there is none yet"}
	if ends := e.expires(); !ends.IsZero() {
		certificate.Seen = "it is good until " + ends.Local().Format(time.DateTime)
	}
	return []Finding{clock, authority, certificate}
}

// fetchDate asks a URL and returns when it says it is.
func fetchDate(ctx context.Context, url string, config *tls.Config) (time.Time, error) {
	tr := &http.Transport{TLSClientConfig: config, Proxy: http.ProxyFromEnvironment}
	defer tr.CloseIdleConnections()
	c := &http.Client{Transport: tr, Timeout: 5 * time.Second}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return time.Time{}, err
	}
	resp, err := c.Do(req)
	if err != nil {
		return time.Time{}, err
	}
	defer resp.Body.Close()
	return http.ParseTime(resp.Header.Get("Date"))
}

// named looks the address's name up.
func (e *Endpoint) named(ctx context.Context) Finding {
	name := e.PublicURL.Hostname()
	f := Finding{Check: "the name " + name}
	addresses, err := net.DefaultResolver.LookupHost(ctx, name)
	if err != nil {
		f.Problem = explainDial(name, err)
		return f
	}
	f.Seen = "it stands for " + strings.Join(addresses, ", ")
	return f
}

// visited visits the endpoint at an address, as an agent would.
func (e *Endpoint) visited(ctx context.Context, check, address string) Finding {
	f := Finding{Check: check}
	var err error
	if e.PublicURL.Scheme == "http" {
		var c net.Conn
		if c, err = new(net.Dialer).DialContext(ctx, "tcp", address); err == nil {
			_ = c.Close()
		}
	} else {
		err = e.reach(ctx, address, e.PublicURL.Hostname())
	}
	if err != nil {
		f.Problem = explainReach(e.PublicURL.Hostname(), address, err)
		return f
	}
	f.Seen = "it arrives here"
	return f
}

// answered asks the public URL whether somebody is there: a tool's relay answers itself where the tool is not.
func (e *Endpoint) answered(ctx context.Context) Finding {
	f := Finding{Check: "a visit by its name"}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.PublicURL.String()+"/healthz", nil)
	if err == nil {
		var resp *http.Response
		if resp, err = http.DefaultClient.Do(req); err == nil {
			body, _ := io.ReadAll(io.LimitReader(resp.Body, 16))
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusOK || string(body) != "ok\n" {
				f.Problem = &Problem{What: fmt.Sprintf("%s answers %s, which is not the bridge", e.PublicURL, resp.Status), Do: "see that the tool runs, and delivers to " + e.Addr().String()}
				return f
			}
		}
	}
	if err != nil {
		f.Problem = explainDial(e.PublicURL.Host, err)
		return f
	}
	f.Seen = "it arrives here"
	return f
}

// hostPort is the endpoint's public address for a dialler.
func hostPort(e *Endpoint) string {
	port := e.PublicURL.Port()
	if port == "" {
		port = "443"
	}
	return net.JoinHostPort(e.PublicURL.Hostname(), port)
}

// localAddress is where this machine itself reaches a listener.
func localAddress(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if err == nil && net.ParseIP(host).IsUnspecified() {
		return net.JoinHostPort("localhost", port)
	}
	return a.String()
}
