//go:build tailnet

package tunnel

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"tailscale.com/client/local"
	"tailscale.com/ipn"
)

// tailnetState keeps what makes the machine one of the tailnet, its keys among it, sealed.
type tailnetState struct {
	*sealed
	under string
}

func (s tailnetState) key(id ipn.StateKey) string { return s.under + url.PathEscape(string(id)) }

func (s tailnetState) ReadState(id ipn.StateKey) ([]byte, error) {
	b, err := s.Load(context.Background(), s.key(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ipn.ErrStateNotExist
	}
	return b, err
}

func (s tailnetState) WriteState(id ipn.StateKey, b []byte) error {
	if b == nil {
		return s.Delete(context.Background(), s.key(id))
	}
	return s.Store(context.Background(), s.key(id), b)
}

// tailnetPair holds the machine's certificate, sealed too.
type tailnetPair struct {
	store  *sealed
	key    string
	name   string
	obtain func(context.Context) (cert, key []byte, err error)

	asking sync.Mutex // held while a certificate is obtained; guards the field below
	again  time.Time  // nobody is asked before

	mu   sync.Mutex // guards the field below
	pair *tls.Certificate
}

// find returns a certificate that is good; a visitor waits where there is none.
func (p *tailnetPair) find(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if pair := p.current(); pair != nil && time.Now().Before(pair.Leaf.NotAfter) {
		return pair, nil
	}
	return p.fresh(hello.Context())
}

// fresh returns a certificate whose last third has not begun.
func (p *tailnetPair) fresh(ctx context.Context) (*tls.Certificate, error) {
	p.asking.Lock()
	defer p.asking.Unlock()
	if p.current() == nil {
		if text, err := p.store.Load(ctx, p.key); err == nil {
			_ = p.read(text, text) // what is damaged is made anew
		}
	}
	if pair := p.current(); pair != nil && time.Until(pair.Leaf.NotAfter) > pair.Leaf.NotAfter.Sub(pair.Leaf.NotBefore)/3 {
		return pair, nil
	}
	if time.Now().Before(p.again) {
		return nil, errors.New("the last attempt failed just now")
	}
	cert, key, err := p.obtain(ctx)
	if err == nil {
		err = p.read(cert, key)
	}
	if err == nil {
		err = p.store.Store(ctx, p.key, slices.Concat(cert, key))
	}
	if err != nil {
		p.again = time.Now().Add(time.Minute)
		return nil, err
	}
	return p.current(), nil
}

func (p *tailnetPair) current() *tls.Certificate {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pair
}

// read takes a pair over.
func (p *tailnetPair) read(cert, key []byte) error {
	pair, err := tls.X509KeyPair(cert, key)
	if err == nil {
		err = pair.Leaf.VerifyHostname(p.name)
	}
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pair = &pair
	return nil
}

// ends is when the certificate does; zero is that there is none.
func (p *tailnetPair) ends() time.Time {
	pair := p.current()
	if pair == nil {
		return time.Time{}
	}
	return pair.Leaf.NotAfter
}

// obtain has the engine get a certificate, and takes it out of the files where the engine keeps it in the clear.
func (t *tailnetNode) obtain(client *local.Client) func(context.Context) ([]byte, []byte, error) {
	return func(ctx context.Context) (cert, key []byte, err error) {
		defer os.RemoveAll(filepath.Join(t.server.Dir, "certs"))
		return client.CertPair(ctx, t.name)
	}
}
