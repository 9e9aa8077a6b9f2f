package keychain

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

const (
	rootName = "root"
	rootSize = 32
)

// Secret is the root secret: every key of the bridge is derived from it, so that the keychain holds
// one entry for all of them. It cannot be printed.
type Secret struct{ key []byte }

// Root returns the root secret in k, and makes it where k holds none. An error never makes a new
// one: with another root secret every token and audit key would be another. Only the process that
// holds the state directory may call it: two at once could each make one.
func Root(k Keychain) (Secret, error) {
	text, err := k.Get(rootName)
	if errors.Is(err, ErrNotFound) {
		text, err = newRoot(k)
	}
	if err != nil {
		return Secret{}, fmt.Errorf("root secret: %w", err)
	}
	key, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(key) != rootSize {
		return Secret{}, fmt.Errorf("root secret: the keychain's entry %q is damaged", rootName)
	}
	return Secret{key}, nil
}

// newRoot makes the root secret and returns what k then holds, not what it was given: a keychain
// that forgets must be noticed before anything depends on it.
func newRoot(k Keychain) (string, error) {
	var key [rootSize]byte
	rand.Read(key[:])
	if err := k.Set(rootName, base64.RawURLEncoding.EncodeToString(key[:])); err != nil {
		return "", err
	}
	return k.Get(rootName)
}

// Derive returns the 32-byte key for label. The same label always gives the same key, and no key
// tells anything about another (HKDF-Expand with SHA-256, RFC 5869).
// It panics on the zero Secret, whose keys anybody could derive.
func (s Secret) Derive(label string) []byte {
	if len(s.key) != rootSize {
		panic("keychain: Derive on the zero Secret")
	}
	key, err := hkdf.Expand(sha256.New, s.key, "drawbridge "+label, 32)
	if err != nil {
		panic("keychain: " + err.Error()) // 32 bytes are always within HKDF's bounds
	}
	return key
}

// Format keeps the secret out of every message, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("(secret)")) }
