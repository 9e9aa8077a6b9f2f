package token

import (
	"crypto/rand"
	"errors"
	"hash/crc32"
)

// A token is `dbk_`, a key id of 8 characters, a secret of 43 and a checksum of 6, all in base62. The
// secret has 256 bits; the checksum is the CRC-32 (IEEE) of everything before it, so that a typing error is found without
// asking anybody, and a scanner for leaked secrets has few false alarms.
const (
	prefix     = "dbk_"
	idSize     = 8
	secretSize = 43
	sumSize    = 6
	idEnd      = len(prefix) + idSize
	sumStart   = idEnd + secretSize
	size       = sumStart + sumSize

	base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// ErrMalformed means a text that is no agent token: cut, mistyped or something else.
var ErrMalformed = errors.New("not an agent token: cut short, mistyped or something else")

// Check reports by the form alone whether text can be an agent token: nil or ErrMalformed.
func Check(text string) error {
	if len(text) != size || text[:len(prefix)] != prefix {
		return ErrMalformed
	}
	for i := len(prefix); i < size; i++ {
		if c := text[i]; !('0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z') {
			return ErrMalformed
		}
	}
	if sum := checksum(text[:sumStart]); text[sumStart:] != string(sum[:]) {
		return ErrMalformed
	}
	return nil
}

// mint makes a new token and its key id.
func mint() (text, id string) {
	var t [size]byte
	copy(t[:], prefix)
	randomBase62(t[len(prefix):sumStart])
	sum := checksum(string(t[:sumStart]))
	copy(t[sumStart:], sum[:])
	return string(t[:]), string(t[len(prefix):idEnd])
}

// keyID is the id of the key in a token that Check has passed.
func keyID(text string) string { return text[len(prefix):idEnd] }

func checksum(text string) (digits [sumSize]byte) {
	n := ^uint32(0)
	for i := range len(text) { // what crc32.ChecksumIEEE does, without a copy of the text
		n = crc32.IEEETable[byte(n)^text[i]] ^ n>>8
	}
	n = ^n
	for i := sumSize - 1; i >= 0; i-- {
		digits[i] = base62[n%62]
		n /= 62
	}
	return digits
}

// randomBase62 fills b with characters that are all equally likely.
func randomBase62(b []byte) {
	var random [64]byte
	for len(b) > 0 {
		rand.Read(random[:])
		for _, r := range random {
			if r < 62*4 && len(b) > 0 {
				b[0] = base62[r%62]
				b = b[1:]
			}
		}
	}
}
