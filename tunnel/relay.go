package tunnel

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// How a session with a relay is kept. A session that is dead without a word is noticed after keepalive+patience.
const (
	dialTime     = 2 * time.Second
	loginTime    = 5 * time.Second
	keepalive    = 15 * time.Second
	patience     = 3 * time.Second
	probeEvery   = time.Second      // after the network changed,
	probeFor     = 10 * time.Second // for so long
	leastBackoff = 100 * time.Millisecond
	mostBackoff  = time.Second      // while the relay may come back any moment:
	hopeful      = 10 * time.Minute // for so long
	lateBackoff  = 15 * time.Second // after that
	lasting      = 30 * time.Second // where somebody has to do something first
	settled      = 30 * time.Second // a session of this age was a good one: the next attempts are quick again
)

// relay is the way to one account on one SSH server.
type relay struct {
	address string
	user    string
	hostKey ssh.PublicKey
	auth    ssh.Signer
	socket  string
	dial    func(context.Context) (net.Conn, error)
	serve   func(net.Listener) error // takes visitors until the listener ends
	log     *slog.Logger
	tracker *tracker
	network *network
}

// keep holds a session with the relay, one after another, until ctx is done.
//
//	keep -> session -> login    dial, host key, device key
//	                -> forward  the socket at the relay
//	                -> attend   keepalives; serve beside it
func (r *relay) keep(ctx context.Context) {
	failures, failing := 0, time.Now()
	for {
		began := time.Now()
		err := r.session(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > settled {
			failures, failing = 0, time.Now()
		}
		why := explainSSH(r, err)
		wait := backoff(failures, time.Since(failing), why.Lasting)
		failures++
		r.log.Warn("relay", "address", r.address, "err", err, "retry", wait)
		r.tracker.wait(partRelay, why, time.Now().Add(wait))
		changed := r.network.changed()
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-changed:
			failures, failing = 0, time.Now()
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// backoff is how long to wait after a failure.
func backoff(failures int, since time.Duration, isLasting bool) time.Duration {
	most := mostBackoff
	if since > hopeful {
		most = lateBackoff
	}
	least := min(leastBackoff<<min(failures, 10), most)
	if isLasting {
		least, most = lasting, 2*lasting
	}
	return least/2 + rand.N(most-least/2)
}

// session is one connection to the relay, until it ends or ctx is done.
func (r *relay) session(ctx context.Context) error {
	conn, err := r.dial(ctx)
	if err != nil {
		return err
	}
	// It is always the connection that is closed: closing the SSH client can wait for ever on a dead one.
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	var wg sync.WaitGroup // of all that uses the connection
	defer wg.Wait()
	defer conn.Close()
	client, err := r.login(conn)
	if err != nil {
		return err
	}
	ended := make(chan error, 1) // for the one end
	wg.Go(func() { ended <- client.Wait() })
	l, err := client.ListenUnix(r.socket)
	if err != nil {
		return &refusal{err}
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return err
	}
	hurry(client, &wg)
	r.tracker.good(partRelay)
	r.log.Info("relay", "address", r.address, "socket", r.socket)
	wg.Go(func() { _ = r.serve(&streams{l, &wg}) })
	return r.attend(ctx, client, conn, ended)
}

// refusal is that the relay let us in and does not forward.
type refusal struct{ err error }

func (r *refusal) Error() string { return r.err.Error() }

// login greets the relay: its key must be the one that is known, and it must know ours.
func (r *relay) login(conn net.Conn) (*ssh.Client, error) {
	if err := conn.SetDeadline(time.Now().Add(loginTime)); err != nil {
		return nil, err
	}
	c, channels, requests, err := ssh.NewClientConn(conn, r.address, &ssh.ClientConfig{
		User: r.user, Auth: []ssh.AuthMethod{ssh.PublicKeys(r.auth)}, HostKeyCallback: r.known,
		HostKeyAlgorithms: algorithms(r.hostKey.Type()), ClientVersion: "SSH-2.0-Drawbridge",
	})
	if err != nil {
		return nil, err
	}
	return ssh.NewClient(c, channels, requests), nil
}

// stranger is that the relay showed another key than the one that is known.
type stranger struct{ shown ssh.PublicKey }

func (s *stranger) Error() string {
	return "the relay shows another host key, " + ssh.FingerprintSHA256(s.shown)
}

func (r *relay) known(_ string, _ net.Addr, key ssh.PublicKey) error {
	if string(key.Marshal()) != string(r.hostKey.Marshal()) {
		return &stranger{key}
	}
	return nil
}

// algorithms are those by which a host key of a type can sign: others would show another key of the host's.
func algorithms(kind string) []string {
	if kind == ssh.KeyAlgoRSA {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return []string{kind}
}

// hurry makes OpenSSH send small packets at once, which it does not before a session has run something. What it
// ran does not matter.
func hurry(client *ssh.Client, wg *sync.WaitGroup) {
	wg.Go(func() {
		s, err := client.NewSession()
		if err != nil {
			return
		}
		s.Stdout, s.Stderr = io.Discard, io.Discard
		_ = s.Run("true")
		_ = s.Close()
	})
}

// attend asks the relay for a sign of life from time to time, and returns when there is none. A changed network is
// a reason to ask at once.
func (r *relay) attend(ctx context.Context, client *ssh.Client, conn net.Conn, ended <-chan error) error {
	var probing time.Time // until then it is asked often
	for {
		wait := keepalive
		if time.Now().Before(probing) {
			wait = probeEvery
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-r.network.changed():
			probing = time.Now().Add(probeFor)
		case err := <-ended:
			timer.Stop()
			return fmt.Errorf("the relay ended the session: %w", err)
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		timer.Stop()
		if err := ask(client, conn); err != nil {
			return err
		}
	}
}

// errSilent is that a keepalive had no answer.
var errSilent = fmt.Errorf("the relay has not answered for %v", patience)

// ask waits for a sign of life, and closes the connection when there is none in time.
func ask(client *ssh.Client, conn net.Conn) error {
	timer := time.AfterFunc(patience, func() { _ = conn.Close() })
	_, _, err := client.SendRequest("keepalive@openssh.com", true, nil)
	if !timer.Stop() {
		return errSilent
	}
	return err
}

// streams are the connections that a relay forwards, with deadlines.
type streams struct {
	net.Listener
	wg *sync.WaitGroup
}

func (s *streams) Accept() (net.Conn, error) {
	c, err := s.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return newStream(c, s.wg), nil
}
