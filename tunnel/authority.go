package tunnel

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	authorityLife = 10 * 365 * 24 * time.Hour
	leafLife      = 30 * 24 * time.Hour
	leafSpare     = 10 * 24 * time.Hour // a leaf with less left is replaced
	clockSlack    = 24 * time.Hour      // how far behind a visitor's clock may be
)

// authority is the certificate authority of this installation for one host: who trusts it trusts it for that host
// alone, or for addresses of local networks alone. Its key and its certificate are one secret.
type authority struct {
	host string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey

	mu   sync.Mutex // guards the field below
	leaf *tls.Certificate
}

// localNetworks are the addresses that one authority may speak for: they change with the network, it stays.
var localNetworks = []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "::1/128", "fc00::/7", "fe80::/10"}

// openAuthority returns the authority for a host, a name or an address, and makes it the first time.
func openAuthority(secret func(string, func() (string, error)) (string, error), host string) (*authority, error) {
	of := host
	if isLocal(host) {
		of = "the local network"
	}
	text, err := secret("tunnel authority for "+of, func() (string, error) { return makeAuthority(host, of) })
	if err != nil {
		return nil, fmt.Errorf("certificate authority for %s: %w", host, err)
	}
	pair, err := tls.X509KeyPair([]byte(text), []byte(text))
	if err != nil {
		return nil, fmt.Errorf("certificate authority for %s, as the keychain has it: %w", host, err)
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("certificate authority for %s: its key in the keychain is of another kind", host)
	}
	return &authority{host: host, cert: pair.Leaf, key: key}, nil
}

// isLocal reports whether host is an address of a local network.
func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && slices.ContainsFunc(networks(localNetworks), func(n *net.IPNet) bool { return n.Contains(ip) })
}

// makeAuthority returns a new authority's certificate and key, in PEM.
func makeAuthority(host, of string) (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	now := time.Now()
	t := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{Organization: []string{"Drawbridge"}, CommonName: "Drawbridge on " + of},
		NotBefore: now.Add(-clockSlack), NotAfter: now.Add(authorityLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
	}
	limit(t, host)
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		return "", err
	}
	text, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	return encodePEM("CERTIFICATE", der) + encodePEM("PRIVATE KEY", text), nil
}

// limit keeps an authority from speaking for anything but host, or the local networks that it is in.
func limit(t *x509.Certificate, host string) {
	t.PermittedDNSDomainsCritical = true
	ip := net.ParseIP(host)
	switch {
	case ip == nil:
		t.PermittedDNSDomains, t.ExcludedIPRanges = []string{host}, networks([]string{"0.0.0.0/0", "::/0"})
	case isLocal(host):
		t.PermittedDNSDomains, t.PermittedIPRanges = []string{"invalid"}, networks(localNetworks)
	default:
		bits := 8 * len(ip)
		if four := ip.To4(); four != nil {
			ip, bits = four, 32
		}
		t.PermittedDNSDomains, t.PermittedIPRanges = []string{"invalid"}, []*net.IPNet{{IP: ip, Mask: net.CIDRMask(bits, bits)}}
	}
}

// find returns a certificate for the authority's host, with the authority's own behind it, so that its fingerprint
// can be seen by who connects.
func (a *authority) find(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.leaf != nil && time.Until(a.leaf.Leaf.NotAfter) > leafSpare && time.Now().After(a.leaf.Leaf.NotBefore) {
		return a.leaf, nil
	}
	leaf, err := a.issue()
	if err == nil {
		a.leaf = leaf
	}
	return leaf, err
}

func (a *authority) issue() (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	t := &x509.Certificate{
		// OpenSSL takes a common name without blanks for a host's name, and the authority may not speak for one where host
		// is an address.
		SerialNumber: serial(), Subject: pkix.Name{Organization: []string{"Drawbridge"}, CommonName: "Drawbridge at " + a.host},
		NotBefore: now.Add(-clockSlack), NotAfter: now.Add(leafLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(a.host); ip != nil {
		t.IPAddresses = []net.IP{ip}
	} else {
		t.DNSNames = []string{a.host}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key, Leaf: leaf}, nil
}

// pem is the authority's certificate, for agents to trust.
func (a *authority) pem() []byte { return []byte(encodePEM("CERTIFICATE", a.cert.Raw)) }

func encodePEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// fingerprintPEM is the SHA-256 of a certificate as tools print it, AB:CD:…; "" for none.
func fingerprintPEM(text []byte) string {
	b, _ := pem.Decode(text)
	if b == nil {
		return ""
	}
	sum := sha256.Sum256(b.Bytes)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}

func serial() *big.Int {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // it cannot fail
	b[0] &= 0x7f
	return new(big.Int).SetBytes(b)
}

func networks(texts []string) []*net.IPNet {
	var all []*net.IPNet
	for _, text := range texts {
		if _, n, err := net.ParseCIDR(text); err == nil {
			all = append(all, n)
		}
	}
	return all
}
