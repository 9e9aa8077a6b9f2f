package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
)

// hasher makes digests under one pepper and can be used again and again, by one goroutine at a time.
type hasher struct {
	mac hash.Hash
	in  [size]byte
	out [sha256.Size]byte
}

func newHasher(pepper []byte) *hasher { return &hasher{mac: hmac.New(sha256.New, pepper)} }

// digest returns HMAC-SHA-256 of text, valid until the next call.
func (h *hasher) digest(text string) []byte {
	h.mac.Reset()
	h.mac.Write(h.in[:copy(h.in[:], text)])
	return h.mac.Sum(h.out[:0])
}

// digest returns the digest of text, which is at most as long as a token.
func (s *Store) digest(text string) []byte {
	h := s.hashers.Get().(*hasher)
	defer s.hashers.Put(h)
	return append([]byte(nil), h.digest(text)...)
}

// matches reports, in time that does not depend on how, whether text has that digest.
func (s *Store) matches(text string, digest []byte) bool {
	h := s.hashers.Get().(*hasher)
	defer s.hashers.Put(h)
	return hmac.Equal(h.digest(text), digest)
}
