package audit

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"strconv"
	"time"
)

// MAC is an HMAC-SHA-256.
type MAC [sha256.Size]byte

// Head names the newest record of a log. The zero Head is that of an empty one.
type Head struct {
	Seq uint64 // the first record has 1
	MAC MAC
}

// A record is one line:
//
//	{"seq":7,"time":…,"kind":…,…,"prev":"<MAC of record 6>","mac":"<MAC of all before this comma>"}
//
// So each can be checked by itself, and the chain by comparing neighbours.
const (
	prevKey = `,"prev":"`
	macKey  = `,"mac":"`
	lineEnd = `"}`

	macText  = 43 // base64url of a MAC
	macTail  = len(macKey) + macText + len(lineEnd)
	sealTail = len(prevKey) + macText + len(`"`) + macTail
)

var base64url = base64.RawURLEncoding

// sealer signs and checks records with one key. It is not safe for concurrent use.
type sealer struct {
	hmac hash.Hash
	sum  []byte
}

func newSealer(key []byte) *sealer { return &sealer{hmac: hmac.New(sha256.New, key)} }

func (s *sealer) mac(b []byte) (m MAC) {
	s.hmac.Reset()
	s.hmac.Write(b)
	s.sum = s.hmac.Sum(s.sum[:0])
	copy(m[:], s.sum)
	return m
}

// appendRecord appends the line of the record that follows head, line end included, and returns the head after it.
func (s *sealer) appendRecord(b, body []byte, head Head) ([]byte, Head) {
	from := len(b)
	b = append(b, `{"seq":`...)
	b = strconv.AppendUint(b, head.Seq+1, 10)
	b = append(b, body...)
	b, mac := s.appendSeal(b, from, head.MAC)
	return append(b, '\n'), Head{head.Seq + 1, mac}
}

// appendSeal closes the object that starts at b[from] with prev and its own MAC.
func (s *sealer) appendSeal(b []byte, from int, prev MAC) ([]byte, MAC) {
	b = append(b, prevKey...)
	b = base64url.AppendEncode(b, prev[:])
	b = append(b, '"')
	mac := s.mac(b[from:])
	b = append(b, macKey...)
	b = base64url.AppendEncode(b, mac[:])
	return append(b, lineEnd...), mac
}

// sealed is what stands at the end of a line.
type sealed struct {
	prev, mac MAC
}

// open checks a line without its line end by itself: whether this key signed just these bytes.
func (s *sealer) open(line []byte) (sealed, bool) {
	var r sealed
	at := len(line) - sealTail
	if at < 0 || !bytes.HasPrefix(line[at:], []byte(prevKey)) || !bytes.HasSuffix(line, []byte(lineEnd)) {
		return r, false
	}
	signed, tail := line[:len(line)-macTail], line[len(line)-macTail:]
	if !bytes.HasPrefix(tail, []byte(macKey)) ||
		!decodeMAC(&r.prev, line[at+len(prevKey):][:macText]) ||
		!decodeMAC(&r.mac, tail[len(macKey):][:macText]) {
		return r, false
	}
	want := s.mac(signed)
	return r, hmac.Equal(want[:], r.mac[:])
}

// decodeMAC reads the one spelling that a MAC has. It must be strict: spare bits of the last
// character could otherwise be changed unnoticed.
func decodeMAC(m *MAC, text []byte) bool {
	n, err := base64url.Strict().Decode(m[:], text)
	return err == nil && n == len(m)
}

// header is what stands at the beginning of every record.
type header struct {
	seq  uint64
	time time.Time
	kind Kind
}

// readHeader reads the fixed beginning of a record's line.
func readHeader(line []byte) (h header, ok bool) {
	rest, ok := bytes.CutPrefix(line, []byte(`{"seq":`))
	if !ok {
		return h, false
	}
	seq, rest, ok := bytes.Cut(rest, []byte(`,"time":"`))
	if !ok {
		return h, false
	}
	when, rest, ok := bytes.Cut(rest, []byte(`","kind":"`))
	if !ok {
		return h, false
	}
	kind, _, ok := bytes.Cut(rest, []byte(`"`))
	if !ok || len(seq) > 20 || len(when) != len(timeLayout) {
		return h, false
	}
	var err, timeErr error
	h.seq, err = strconv.ParseUint(string(seq), 10, 64)
	h.time, timeErr = time.Parse(timeLayout, string(when))
	h.kind = Kind(kind)
	return h, err == nil && timeErr == nil
}
