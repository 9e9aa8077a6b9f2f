package tunnel

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/caddyserver/certmagic"
)

// sealed keeps what certmagic keeps, keys of certificates and accounts among it, in files that only who has the
// key can read. Its name is bound to a file: files cannot be exchanged for one another.
type sealed struct {
	root *os.Root
	aead cipher.AEAD

	mu    sync.Mutex               // guards the field below
	locks map[string]chan struct{} // capacity 1: it is empty while nobody holds the lock. One process alone uses the directory
}

var _ certmagic.Storage = (*sealed)(nil)

// openSealed opens a directory, which is made if need be.
func openSealed(dir string, secret func(string, func() (string, error)) (string, error)) (*sealed, error) {
	text, err := secret("tunnel certificates", func() (string, error) {
		key := make([]byte, 32)
		_, _ = rand.Read(key) // it cannot fail
		return base64.StdEncoding.EncodeToString(key), nil
	})
	if err != nil {
		return nil, fmt.Errorf("certificates: %w", err)
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) != 32 {
		return nil, errors.New("certificates: their key in the keychain is damaged; delete it and they are made anew")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	if dir == "" {
		return nil, errors.New("certificates: there is no directory to keep them in")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("certificates: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("certificates: %w", err)
	}
	return &sealed{root: root, aead: aead, locks: map[string]chan struct{}{}}, nil
}

func (s *sealed) Close() error { return s.root.Close() }

// Store replaces the value of key, as a whole or not at all.
func (s *sealed) Store(_ context.Context, key string, value []byte) error {
	name := filepath.FromSlash(key)
	if err := s.root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	part := name + ".new"
	if err := s.root.WriteFile(part, s.aead.Seal(nil, nil, value, []byte(key)), 0o600); err != nil {
		return err
	}
	return s.root.Rename(part, name)
}

// Load returns fs.ErrNotExist for what is not there. What cannot be opened, because the secret is another one
// now or the file is damaged, is not there either: it is made anew.
func (s *sealed) Load(_ context.Context, key string) ([]byte, error) {
	text, err := s.root.ReadFile(filepath.FromSlash(key))
	if err != nil {
		return nil, err
	}
	value, err := s.aead.Open(nil, nil, text, []byte(key))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", key, fs.ErrNotExist)
	}
	return value, nil
}

func (s *sealed) Delete(_ context.Context, key string) error {
	return s.root.RemoveAll(filepath.FromSlash(key))
}

func (s *sealed) Exists(ctx context.Context, key string) bool {
	info, err := s.root.Stat(filepath.FromSlash(key))
	if err != nil {
		return false
	}
	if info.IsDir() {
		return true
	}
	_, err = s.Load(ctx, key)
	return err == nil
}

// List returns the keys below a prefix that ends where a name does.
func (s *sealed) List(_ context.Context, prefix string, recursive bool) ([]string, error) {
	var keys []string
	top := path.Clean(prefix)
	err := fs.WalkDir(s.root.FS(), top, func(p string, d fs.DirEntry, err error) error {
		if err != nil || p == top || strings.HasSuffix(p, ".new") {
			return err
		}
		if !d.IsDir() || !recursive {
			keys = append(keys, p)
		}
		if d.IsDir() && !recursive {
			return fs.SkipDir
		}
		return nil
	})
	return keys, err
}

func (s *sealed) Stat(_ context.Context, key string) (certmagic.KeyInfo, error) {
	info, err := s.root.Stat(filepath.FromSlash(key))
	if err != nil {
		return certmagic.KeyInfo{}, err
	}
	return certmagic.KeyInfo{Key: key, Modified: info.ModTime(), Size: info.Size(), IsTerminal: !info.IsDir()}, nil
}

// Lock waits until nobody holds the lock of that name, or for ctx.
func (s *sealed) Lock(ctx context.Context, name string) error {
	select {
	case s.lock(name) <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *sealed) Unlock(_ context.Context, name string) error {
	select {
	case <-s.lock(name):
	default:
	}
	return nil
}

func (s *sealed) lock(name string) chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.locks[name] == nil {
		s.locks[name] = make(chan struct{}, 1)
	}
	return s.locks[name]
}
