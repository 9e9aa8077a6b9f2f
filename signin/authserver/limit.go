package authserver

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// limit lets each address do something some times a minute, and all that many at once.
type limit struct {
	perMinute int

	mu      sync.Mutex // guards the fields below
	buckets map[string]bucket
}

type bucket struct {
	left float64
	at   time.Time
}

// maxBuckets bounds how many addresses are told apart; then those that are full again are forgotten.
const maxBuckets = 4096

// allow reports whether address may do it now.
func (l *limit) allow(address string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, ok := l.buckets[address]
	if !ok {
		if len(l.buckets) >= maxBuckets && !l.forget(now) {
			return false
		}
		b = bucket{float64(l.perMinute), now}
	}
	b = l.filled(b, now)
	ok = b.left >= 1
	if ok {
		b.left--
	}
	if l.buckets == nil {
		l.buckets = map[string]bucket{}
	}
	l.buckets[address] = b
	return ok
}

func (l *limit) filled(b bucket, now time.Time) bucket {
	gained := max(now.Sub(b.at), 0).Minutes() * float64(l.perMinute)
	return bucket{min(b.left+gained, float64(l.perMinute)), now}
}

// forget drops the addresses that have done nothing for a while. With l.mu held.
func (l *limit) forget(now time.Time) bool {
	for address, b := range l.buckets {
		if l.filled(b, now).left >= float64(l.perMinute) {
			delete(l.buckets, address)
		}
	}
	return len(l.buckets) < maxBuckets
}

// remote is the address that a request comes from.
func remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// neighbourhood is what limits count as one: an IPv4 address, or the /64 that one IPv6 line has.
func neighbourhood(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil || a.Unmap().Is4() {
		return address
	}
	p, err := a.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return p.String()
}
