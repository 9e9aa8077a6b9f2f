package tunnel

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"
)

// line is a pipe with room, as SSH needs one: both sides begin by writing. It can fall silent.
type line struct {
	mu     sync.Mutex // guards the fields below
	more   *sync.Cond
	kept   bytes.Buffer
	closed bool
	silent bool // what is written is lost
}

func newLine() *line {
	l := &line{}
	l.more = sync.NewCond(&l.mu)
	return l
}

// end is one end of two lines.
type end struct {
	in, out *line
}

func (e end) Read(p []byte) (int, error) {
	e.in.mu.Lock()
	defer e.in.mu.Unlock()
	for e.in.kept.Len() == 0 && !e.in.closed {
		e.in.more.Wait()
	}
	return e.in.kept.Read(p) // io.EOF when it is empty
}

func (e end) Write(p []byte) (int, error) {
	e.out.mu.Lock()
	defer e.out.mu.Unlock()
	if e.out.closed {
		return 0, net.ErrClosed
	}
	if e.out.silent {
		return len(p), nil
	}
	e.out.more.Broadcast()
	return e.out.kept.Write(p)
}

func (e end) Close() error {
	for _, l := range []*line{e.in, e.out} {
		l.mu.Lock()
		l.closed = true
		l.more.Broadcast()
		l.mu.Unlock()
	}
	return nil
}

func (e end) silence() {
	for _, l := range []*line{e.in, e.out} {
		l.mu.Lock()
		l.silent = true
		l.mu.Unlock()
	}
}

func (end) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (end) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (end) SetDeadline(time.Time) error      { return nil }
func (end) SetReadDeadline(time.Time) error  { return nil }
func (end) SetWriteDeadline(time.Time) error { return nil }

// server is a relay in memory.
type server struct {
	host    ssh.Signer
	knows   ssh.PublicKey // the device that it lets in; nil is none
	refuses bool          // it does not forward
	banner  string        // it is no SSH server and says this

	mu    sync.Mutex // guards the fields below
	wg    sync.WaitGroup
	down  bool
	dials int
	last  end             // of the newest session
	conn  *ssh.ServerConn // of the newest session
}

func (s *server) dial(context.Context) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dials++
	if s.down {
		return nil, errors.New("no way to it")
	}
	a, b := newLine(), newLine()
	near, far := end{a, b}, end{b, a}
	s.last = far
	s.wg.Go(func() { s.session(far) })
	return near, nil
}

func (s *server) dialled() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dials
}

func (s *server) session(c end) {
	if s.banner != "" {
		_, _ = io.WriteString(c, s.banner)
		_ = c.Close()
		return
	}
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if s.knows == nil || string(key.Marshal()) != string(s.knows.Marshal()) {
			return nil, errors.New("unknown")
		}
		return nil, nil
	}}
	config.AddHostKey(s.host)
	conn, channels, requests, err := ssh.NewServerConn(c, config)
	if err != nil {
		_ = c.Close()
		return
	}
	s.mu.Lock()
	s.conn = conn
	s.mu.Unlock()
	s.wg.Go(func() {
		for r := range requests {
			_ = r.Reply(!s.refuses, nil)
		}
	})
	for ch := range channels {
		_ = ch.Reject(ssh.Prohibited, "nothing is run here")
	}
}

// visit opens a forwarded connection, as sshd does when somebody connects to the socket.
func (s *server) visit(t *testing.T, socket string) ssh.Channel {
	t.Helper()
	s.mu.Lock()
	conn := s.conn
	s.mu.Unlock()
	ch, requests, err := conn.OpenChannel("forwarded-streamlocal@openssh.com", ssh.Marshal(struct{ Path, Reserved string }{socket, ""}))
	if err != nil {
		t.Fatal(err)
	}
	s.wg.Go(func() { ssh.DiscardRequests(requests) })
	return ch
}

func signer(t *testing.T) ssh.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// keeping is a relay that is kept until the function returned is called, and what it tells.
func keeping(t *testing.T, s *server) (*relay, *queue, func()) {
	t.Helper()
	device := signer(t)
	if s.host == nil {
		s.host, s.knows = signer(t), device.PublicKey()
	}
	q := newQueue()
	r := &relay{
		address: "relay.example.com:443", user: "laptop", hostKey: s.host.PublicKey(), auth: device, socket: "/tls.sock",
		dial: s.dial, serve: func(l net.Listener) error { return q.serve(l, proxied) },
		log: discard(), tracker: newTracker("ssh"), network: newNetwork(),
	}
	r.tracker.wait(partRelay, nil, time.Time{})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { r.keep(ctx) })
	return r, q, func() {
		cancel()
		_ = q.Close()
		wg.Wait()
		s.wg.Wait()
	}
}

// TestRelayKept: visitors come in by the relay with the address that it tells.
func TestRelayKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		r, q, end := keeping(t, s)
		defer end()
		if err := r.tracker.await(t.Context(), partRelay); err != nil {
			t.Fatal(err)
		}
		ch := s.visit(t, "/tls.sock")
		_, _ = ch.Write(append(header(t, "198.51.100.7:1234"), "hello"...))
		v, err := q.Accept()
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 5)
		if _, err := io.ReadFull(v, b); err != nil || string(b) != "hello" || v.RemoteAddr().String() != "198.51.100.7:1234" {
			t.Errorf("%s says %q, %v", v.RemoteAddr(), b, err)
		}
		_ = v.Close()
	})
}

// TestRelaySilent: a path that loses everything without a word is given up when a keepalive has had no answer, and
// the relay is back within a second of the path's return.
func TestRelaySilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		r, _, end := keeping(t, s)
		defer end()
		_ = r.tracker.await(t.Context(), partRelay)
		s.mu.Lock()
		s.last.silence()
		s.down = true
		s.mu.Unlock()
		began := time.Now()
		for r.tracker.status().State != Down {
			<-r.tracker.changed()
		}
		if took := time.Since(began); took > keepalive+patience {
			t.Errorf("noticed after %v, want %v", took, keepalive+patience)
		}
		time.Sleep(time.Minute)
		s.mu.Lock()
		s.down = false
		s.mu.Unlock()
		began = time.Now()
		_ = r.tracker.await(t.Context(), partRelay)
		if took := time.Since(began); took > mostBackoff {
			t.Errorf("back after %v, want %v", took, mostBackoff)
		}
		_ = s.last.Close()
	})
}

// TestRelayNetworkChanges: after a change of the network a dead session is noticed at once.
func TestRelayNetworkChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		r, _, end := keeping(t, s)
		defer end()
		_ = r.tracker.await(t.Context(), partRelay)
		synctest.Wait()
		dead := s.last
		dead.silence()
		began := time.Now()
		r.network.tell()
		for s.dialled() < 2 {
			<-r.tracker.changed()
		}
		if took := time.Since(began); took > patience+mostBackoff {
			t.Errorf("a new session after %v", took)
		}
		_ = r.tracker.await(t.Context(), partRelay)
		_ = dead.Close()
	})
}

// TestRelayRefuses: what is wrong with a relay is said in words that say what to do, and it is not asked often
// where somebody has to do something first.
func TestRelayRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		spoil   func(*testing.T, *server)
		what    string
		do      string
		lasting bool
	}{
		"host key":    {func(t *testing.T, s *server) { s.host = signer(t) }, "shows another host key", "hostKey", true},
		"key revoked": {func(_ *testing.T, s *server) { s.knows = nil }, "does not know this machine's key", "give the device key", true},
		"forwarding":  {func(_ *testing.T, s *server) { s.refuses = true }, "does not forward /tls.sock", "administrator", true},
		"portal":      {func(_ *testing.T, s *server) { s.banner = strings.Repeat("<html>sign in ", 100) }, "is no SSH server", "open a web page", false},
		"full":        {func(_ *testing.T, s *server) { s.banner = "Exceeded MaxStartups\r\n" }, "closed the connection", "full", false},
		"offline":     {func(_ *testing.T, s *server) { s.down = true }, "no way to it", "online", false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &server{down: true}
				r, _, end := keeping(t, s)
				defer end()
				s.mu.Lock()
				s.down = false
				c.spoil(t, s)
				s.dials = 0
				s.mu.Unlock()
				time.Sleep(10 * time.Minute)
				st := r.tracker.status()
				if st.Problem == nil || !strings.Contains(st.Problem.What, c.what) || !strings.Contains(st.Problem.Do, c.do) || st.Problem.Lasting != c.lasting {
					t.Errorf("%v", st.Problem)
				}
				if st.State != Down || st.Retry.IsZero() {
					t.Errorf("%+v", st)
				}
				if most := 41; c.lasting && s.dials > most || !c.lasting && s.dials < 500 {
					t.Errorf("asked %d times in ten minutes", s.dials)
				}
			})
		})
	}
}

func TestSSHBadInput(t *testing.T) {
	key := string(ssh.MarshalAuthorizedKey(signer(t).PublicKey()))
	good := SSH{Relay: "relay.example.com:443", User: "laptop", HostKey: key, Name: "bridge.example.com"}
	for _, c := range []struct {
		change func(*SSH)
		want   string
	}{
		{func(s *SSH) { s.Relay = "relay.example.com" }, "relay.example.com:443"},
		{func(s *SSH) { s.Relay = "" }, "write its host and port"},
		{func(s *SSH) { s.User = "../root" }, "is no account"},
		{func(s *SSH) { s.HostKey = "" }, "ask the relay's administrator"},
		{func(s *SSH) { s.HostKey = "SHA256:abc" }, "ask the relay's administrator"},
		{func(s *SSH) { s.Name = "" }, "no host name"},
		{func(s *SSH) { s.Name = "laptop" }, "full host names only"},
		{func(s *SSH) { s.Certificate = "nonsense" }, "-cert.pub"},
		{func(s *SSH) { s.Certificate = key }, "plain key"},
	} {
		s := good
		c.change(&s)
		e, err := Open(s, Options{Secret: new(memory).secret, Dir: t.TempDir()})
		if err == nil {
			_ = e.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", s, err, c.want)
		}
	}
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
