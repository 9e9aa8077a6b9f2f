package oidc

import (
	"context"
	"crypto"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	maxKeys = 64
	// minRSA is the shortest RSA key whose signature says something, in bits (RFC 7518 §3.3).
	minRSA = 2048
)

// key is one that the provider signs with.
type key struct {
	id        string
	algorithm string // the only one that it is for; "" is any that fits
	public    crypto.PublicKey
}

// fetchKeys reads the provider's key set (RFC 7517 §5). Keys that this bridge cannot use are left out.
func (p *Provider) fetchKeys(ctx context.Context) ([]key, error) {
	m, _, err := p.document.get(ctx)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, m.KeysURL, nil)
	if err != nil {
		return nil, err
	}
	answer, err := p.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("read the keys of %q: %w", p.cfg.Issuer, brief(err))
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = errors.New(answer.Status)
	}
	var keys []key
	if err == nil {
		keys, err = parseKeys(text)
	}
	if err != nil {
		return nil, fmt.Errorf("read the keys of %q: %w", p.cfg.Issuer, brief(err))
	}
	return keys, nil
}

func parseKeys(text []byte) ([]key, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, err
	}
	var keys []key
	for _, raw := range set.Keys {
		var k jose.JSONWebKey
		if err := json.Unmarshal(raw, &k); err != nil || !k.Valid() || !k.IsPublic() || k.Use != "" && k.Use != "sig" {
			continue
		}
		if r, ok := k.Key.(*rsa.PublicKey); ok && r.N.BitLen() < minRSA {
			continue
		}
		if len(keys) == maxKeys {
			return nil, fmt.Errorf("there are more than %d", maxKeys)
		}
		keys = append(keys, key{k.KeyID, k.Algorithm, k.Key})
	}
	if keys == nil {
		return nil, errors.New("there is none that can be used")
	}
	return keys, nil
}

// verify returns the payload of a JWS that one of the provider's keys has signed. An unknown key
// makes it read the key set again, if that was read that long ago: anybody can name a key.
func (p *Provider) verify(ctx context.Context, token string, ago time.Duration) ([]byte, error) {
	allowed := make([]jose.SignatureAlgorithm, len(p.cfg.Algorithms))
	for i, a := range p.cfg.Algorithms {
		allowed[i] = jose.SignatureAlgorithm(a)
	}
	signed, err := jose.ParseSignedCompact(token, allowed)
	if err != nil {
		return nil, errors.New("it is not a JWT with an allowed signature")
	}
	keys, seen, err := p.keys.get(ctx)
	if err != nil {
		return nil, err
	}
	payload, known := verifyWith(keys, signed)
	if known {
		return checkPayload(payload)
	}
	if keys, _, err = p.keys.after(ctx, seen, ago); err != nil {
		return nil, err
	}
	payload, _ = verifyWith(keys, signed)
	return checkPayload(payload)
}

// verifyWith returns the payload if a key has signed it, and whether the key that the signature
// names is there.
func verifyWith(keys []key, signed *jose.JSONWebSignature) (payload []byte, known bool) {
	h := signed.Signatures[0].Header
	for _, k := range keys {
		if h.KeyID != "" && k.id != h.KeyID || k.algorithm != "" && k.algorithm != h.Algorithm {
			continue
		}
		if payload, err := signed.Verify(k.public); err == nil {
			return payload, true
		}
		known = known || h.KeyID != ""
	}
	return nil, known
}

func checkPayload(payload []byte) ([]byte, error) {
	if payload == nil {
		return nil, errors.New("none of the provider's keys has signed it")
	}
	return payload, nil
}

// Keys returns the public keys with that id, for assertions that the provider signs; "" is all.
// There are none unless Config.Assertions allows it. Its error is ErrUnavailable.
func (p *Provider) Keys(ctx context.Context, id string) ([]crypto.PublicKey, error) {
	if !p.cfg.Assertions {
		return nil, nil
	}
	keys, seen, err := p.keys.get(ctx)
	if err != nil {
		return nil, err
	}
	found := withID(keys, id)
	if found != nil {
		return found, nil
	}
	if keys, _, err = p.keys.after(ctx, seen, pause); err != nil {
		return nil, err
	}
	return withID(keys, id), nil
}

func withID(keys []key, id string) []crypto.PublicKey {
	var found []crypto.PublicKey
	for _, k := range keys {
		if id == "" || k.id == id {
			found = append(found, k.public)
		}
	}
	return found
}
