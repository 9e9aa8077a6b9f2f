package authserver

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
)

// keys are what is derived from the room's secret: one key for each use.
type keys struct {
	tokens  []byte // signs tokens and codes
	secrets []byte // digests clients' secrets
	box     cipher.AEAD
}

func newKeys(secret []byte) (*keys, error) {
	if len(secret) < 32 {
		return nil, fmt.Errorf("a secret of %d bytes is too short", len(secret))
	}
	derive := func(use string) []byte {
		key, err := hkdf.Key(sha256.New, secret, nil, "drawbridge oauth "+use, 32)
		if err != nil {
			panic(err) // only for a length that SHA-256 cannot give
		}
		return key
	}
	k := &keys{tokens: derive("tokens"), secrets: derive("client secrets")}
	block, err := aes.NewCipher(derive("sign-ins"))
	if err != nil {
		return nil, err
	}
	k.box, err = cipher.NewGCMWithRandomNonce(block)
	return k, err
}

// digest is what is kept of a secret that has enough entropy.
func (k *keys) digest(secret string) []byte {
	h := hmac.New(sha256.New, k.secrets)
	h.Write([]byte(secret))
	return h.Sum(nil)
}

// seal encrypts a sign-in's session for one grant; nothing stays nothing.
func (k *keys) seal(session []byte, grant string) []byte {
	if len(session) == 0 {
		return nil
	}
	return k.box.Seal(nil, nil, session, []byte(grant))
}

// open is the reverse of seal.
func (k *keys) open(sealed []byte, grant string) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	session, err := k.box.Open(nil, nil, sealed, []byte(grant))
	if err != nil {
		return nil, errors.New("the sign-in was kept under another root secret")
	}
	return session, nil
}

// newID is a random name that nobody guesses.
func newID() string { return rand.Text() }
