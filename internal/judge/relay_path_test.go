package judge

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"drawbridge/tunnel"
)

// cable is the network between a laptop and its relay. While it is silent it loses everything and says nothing:
// connections that it had are dead for ever, as behind a router that forgot them, and new ones wait.
type cable struct {
	port int
	to   string
	wg   sync.WaitGroup

	mu    sync.Mutex    // guards the fields below
	calm  chan struct{} // closed while the path is not silent
	conns []net.Conn
	dead  bool
}

func newPath(t *testing.T, to string) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &cable{port: l.Addr().(*net.TCPAddr).Port, to: to, calm: make(chan struct{})}
	close(p.calm)
	p.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.wg.Go(func() { p.carry(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.mu.Lock()
		p.dead = true
		select {
		case <-p.calm:
		default:
			close(p.calm)
		}
		for _, c := range p.conns {
			_ = c.Close()
		}
		p.mu.Unlock()
		p.wg.Wait()
	})
	return p
}

func (p *cable) carry(near net.Conn) {
	p.mu.Lock()
	calm := p.calm
	p.mu.Unlock()
	<-calm
	far, err := net.Dial("tcp", p.to)
	if err != nil {
		_ = near.Close()
		return
	}
	p.mu.Lock()
	p.conns = append(p.conns, near, far)
	calm = p.calm
	if p.dead {
		_, _ = near.Close(), far.Close()
	}
	p.mu.Unlock()
	p.wg.Go(func() { p.copy(far, near, calm) })
	p.copy(near, far, calm)
}

// copy carries one way until the path falls silent, and then swallows.
func (p *cable) copy(to, from net.Conn, calm chan struct{}) {
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		p.mu.Lock()
		lost := p.calm != calm
		p.mu.Unlock()
		if lost {
			if err != nil {
				return
			}
			continue
		}
		if err == nil {
			_, err = to.Write(b[:n])
		}
		if err != nil {
			_, _ = to.Close(), from.Close()
			return
		}
	}
}

func (p *cable) silence() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calm = make(chan struct{})
}

func (p *cable) speak() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.calm)
}

// TestRelaySilent: after a path that lost everything without a word the laptop is reached within three seconds of
// its return, though the relay still holds the session that died.
func TestRelaySilent(t *testing.T) {
	r := newRelay(t)
	p := newPath(t, fmt.Sprintf("127.0.0.1:%d", r.door))
	r.relay = p.port
	e := r.open(t, here)
	c := r.client(t)
	r.visit(t, c, e, 5*time.Second)
	p.silence()
	eventually(t, 25*time.Second, "the silence is noticed", func() bool { return e.Status().State == tunnel.Down })
	t.Logf("%v; %v", e.Status().Problem.What, e.Status().Problem.Do)
	c.CloseIdleConnections()
	p.speak()
	began := time.Now()
	r.visit(t, c, e, 3*time.Second)
	t.Logf("back after %v", time.Since(began))
}

// TestRelayReconnects: two hundred sessions that end leave nothing behind. Ten addresses at one relay have twenty each, because
// a new one begins after a time that is left to chance, so that a relay's laptops do not all come back at once.
func TestRelayReconnects(t *testing.T) {
	needProc(t)
	const addresses, sessions = 10, 20
	r := newRelay(t)
	all := r.openMany(t, addresses, here)
	c := r.client(t)
	cycle := func() {
		var since []time.Time
		for _, e := range all {
			r.visit(t, c, e, 5*time.Second)
			since = append(since, e.Status().Since)
		}
		c.CloseIdleConnections()
		for _, pid := range descendants(r.sshd.cmd.Process.Pid) {
			if p, err := os.FindProcess(pid); err == nil {
				_ = p.Kill()
			}
		}
		for i, e := range all {
			eventually(t, 10*time.Second, "another session", func() bool {
				s := e.Status()
				return s.State == tunnel.Up && s.Since.After(since[i])
			})
		}
	}
	cycle()
	goroutines, files := runtime.NumGoroutine(), descriptors(t)
	for range sessions {
		cycle()
	}
	for _, e := range all {
		eventually(t, 5*time.Second, "no connection is left", func() bool { return e.Status().Visitors == 0 })
	}
	const others = 2 * addresses // of the certificates' keepers and the like; one a session would be 200
	eventually(t, 5*time.Second, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= goroutines+others })
	eventually(t, 5*time.Second, "no descriptor is left", func() bool { return descriptors(t) <= files+others })
	t.Logf("%d goroutines and %d descriptors before, %d and %d after", goroutines, files, runtime.NumGoroutine(), descriptors(t))
}

// descriptors counts what this process has open.
func descriptors(t *testing.T) int {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(open)
}

// here is a handler that says so.
var here = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") })

// TestRelayProblems: what a real sshd refuses is said in words.
func TestRelayProblems(t *testing.T) {
	r := newRelay(t)
	for _, c := range []struct {
		name   string
		change func(*tunnel.SSH)
		want   string
	}{
		{"host key", func(s *tunnel.SSH) { s.HostKey = r.keygen(t, "other") }, "shows another host key"},
		{"revoked", func(*tunnel.SSH) {}, "does not know this machine's key"},
		{"port forwarding", func(s *tunnel.SSH) { r.admit(t, r.device(t)); s.Socket = "/nonexistent/tls.sock" }, "does not forward /nonexistent/tls.sock"},
		{"not SSH", func(s *tunnel.SSH) {
			s.Relay = strings.TrimPrefix(strings.TrimSuffix(r.acme.Directory, "/dir"), "https://")
		}, "closed the connection"},
		{"nobody", func(s *tunnel.SSH) { s.Relay = fmt.Sprintf("127.0.0.1:%d", freePort(t)) }, "nothing listens"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := r.driver(t)
			c.change(&s)
			e, err := tunnel.Open(s, tunnel.Options{Secret: r.secrets.secret, Dir: t.TempDir(), Log: testLog(t)})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			eventually(t, 10*time.Second, "a problem", func() bool { return e.Status().Problem != nil })
			if p := e.Status().Problem; !strings.Contains(p.What, c.want) {
				t.Errorf("%v", p)
			}
		})
	}
}
