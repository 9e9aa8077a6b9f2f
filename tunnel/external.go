package tunnel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"
)

// External is an address that a tool of the owner's provides. The tool delivers to a loopback address that serves
// nothing else.
type External struct {
	URL    string // where agents reach it, https; required
	Listen string // where the tool delivers: a loopback address and a port that does not change; required
	End    TLSEnd // where the tool ends TLS; EndHere is not possible
	// Program is the tool, run as long as the endpoint is open; nil is that the owner runs it.
	Program *Program
}

// Program is a program to run. In Args and in the values of Env {address}, {port}, {url} and {host} stand for what
// the tool delivers to and what agents use. Secrets belong in Env.
type Program struct {
	Args []string          // the first is the program
	Env  map[string]string // added to the environment
}

func (x External) name() string { return "external" }

func (x External) check() (all []Fault) {
	if _, err := checkOrigin(x.URL); err != nil {
		all = append(all, Fault{"url", fmt.Sprintf("public URL %q", x.URL), err.Error()})
	}
	if host, port, err := net.SplitHostPort(x.Listen); err != nil || !isLoopback(host) || !isPort(port) || port == "0" {
		all = append(all, about("listen", "listen on", x.Listen, "a tool delivers to this machine's own address and a fixed port, such as 127.0.0.1:7041"))
	}
	if x.End == EndHere {
		all = append(all, Fault{"tlsEnd", x.URL, "the tool ends TLS, at the relay or on this machine; say which"})
	}
	return all
}

func (x External) open(e *Endpoint) error {
	public, err := checkOrigin(x.URL)
	if err != nil {
		return err
	}
	if x.Program != nil && (len(x.Program.Args) == 0 || e.options.Run == nil) {
		return fmt.Errorf("%s: there is no program to run", x.URL)
	}
	l, err := net.Listen("tcp", x.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", x.Listen, err)
	}
	e.queue.at(l.Addr())
	e.PublicURL, e.End = public, x.End
	e.wg.Go(func() { _ = e.queue.serve(l, nil) })
	context.AfterFunc(e.ctx, func() { _ = l.Close() })
	if x.Program != nil {
		s := &supervisor{endpoint: e, program: x.Program.with(l.Addr().String(), public)}
		e.tracker.wait(partRelay, nil, time.Time{})
		e.wg.Go(s.keep)
	}
	return nil
}

// checkOrigin reads an https URL that has nothing behind its host. An error says what to write.
func checkOrigin(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return nil, errors.New("write https:// and the host that the tool shows, and nothing behind it")
	}
	name, err := checkHost(u.Hostname())
	if err != nil {
		return nil, err
	}
	origin := &url.URL{Scheme: "https", Host: strings.ToLower(u.Host)}
	if u.Port() == "" || u.Port() == "443" {
		origin = secureURL(name, httpsPort)
	}
	return origin, nil
}

// with returns a program with the names in braces replaced.
func (p Program) with(address string, public *url.URL) Program {
	_, port, _ := net.SplitHostPort(address)
	r := strings.NewReplacer("{address}", address, "{port}", port, "{url}", public.String(), "{host}", public.Hostname())
	q := Program{Env: maps.Clone(p.Env)}
	for _, a := range p.Args {
		q.Args = append(q.Args, r.Replace(a))
	}
	for k, v := range q.Env {
		q.Env[k] = r.Replace(v)
	}
	return q
}

const (
	// toolSettles is how long a tool must run to count as working: it says so in no common way.
	toolSettles = 5 * time.Second
	// toolSays is how much of what it printed last is shown when it ends.
	toolSays = 400
)

// supervisor keeps a tool running.
type supervisor struct {
	endpoint *Endpoint
	program  Program
}

func (s *supervisor) keep() {
	e := s.endpoint
	for failures := 0; ; failures++ {
		began, said := time.Now(), &tail{}
		err := s.run(said)
		if e.ctx.Err() != nil {
			return
		}
		if time.Since(began) > settled {
			failures = 0
		}
		wait := backoff(failures, hopeful+1, false) // a program that ends at once is started rarely
		why := explainProgram(s.program.Args[0], err, said.String())
		e.log.Warn("program", "name", s.program.Args[0], "err", err, "retry", wait)
		e.tracker.wait(partRelay, why, time.Now().Add(wait))
		if !pause(e.ctx, wait) {
			return
		}
	}
}

// run runs the tool once. It counts as working when it has not ended soon.
func (s *supervisor) run(said *tail) error {
	e := s.endpoint
	ended := make(chan error, 1) // for the one end
	e.wg.Go(func() { ended <- e.options.Run(e.ctx, s.program, said) })
	timer := time.NewTimer(toolSettles)
	defer timer.Stop()
	select {
	case err := <-ended:
		return err
	case <-timer.C:
		e.tracker.good(partRelay)
	}
	return <-ended
}

// explainProgram says why a tool does not run.
func explainProgram(name string, err error, said string) *Problem {
	if err == nil {
		err = errors.New("it ended by itself")
	}
	p := &Problem{What: fmt.Sprintf("%s does not run: %v", name, err), Do: "it is started again; check that it is installed, signed in, and what it says", cause: err}
	if said != "" {
		p.What += ". It said: " + said
	}
	return p
}

// tail keeps the end of what is written to it. Its methods may be called by any goroutine.
type tail struct {
	mu   sync.Mutex // guards the field below
	last []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last, p[max(0, len(p)-toolSays):]...)
	t.last = bytes.Clone(t.last[max(0, len(t.last)-toolSays):])
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(strings.Fields(strings.ToValidUTF8(string(t.last), "")), " ")
}
