package judge

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"drawbridge/tunnel"
)

// relayName is the name that agents use for the laptop behind the relay.
const relayName = "bridge.example.test"

// relayRig is a relay as deploy/relay sets one up, on high ports and in a directory of its own: Debian's sshd and
// haproxy with the files of deploy/relay, Pebble as the certificate authority, a DNS server, and a tap on what
// haproxy hands to sshd.
type relayRig struct {
	dir     string
	door    int // haproxy's port: SSH and TLS
	relay   int // where the laptop finds it; the same, unless a test puts something between
	sshd    *daemon
	haproxy *daemon
	tap     *tap
	roots   *x509.CertPool // of the certificates that Pebble gives
	acme    tunnel.ACME
	hostKey string
	secrets *memoryKeychain
}

// newRelay starts a relay, or skips t where its programs are not installed.
func newRelay(t testing.TB) *relayRig {
	t.Helper()
	judging(t)
	sshd, haproxy := tool(t, "/usr/sbin/sshd", "openssh-server"), tool(t, "/usr/sbin/haproxy", "haproxy")
	dir, err := os.MkdirTemp("", "relay") // t's own would be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	r := &relayRig{dir: dir, secrets: &memoryKeychain{kept: map[string]string{}}}
	r.door = freePort(t)
	r.relay = r.door
	r.tap = newTap(t, r.path("tap.sock"), r.path("tls.sock"))

	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	ssh := freePort(t)
	r.hostKey = r.keygen(t, "host")
	r.write(t, "sshd.conf", fmt.Sprintf("Port %d\nListenAddress 127.0.0.1\nHostKey %s\nPidFile none\nUsePAM no\nStrictModes no\n", ssh, r.path("host"))+
		r.recipe(t, "sshd.conf", "Match Group drawbridge", "Match User "+me.Username, "/etc/ssh/drawbridge/%u", r.path("key")))
	r.write(t, "00-relay.cfg", r.recipe(t, "haproxy.cfg",
		"bind :::443 v4v6", fmt.Sprintf("bind 127.0.0.1:%d", r.door), "/etc/haproxy/drawbridge/hosts.map", r.path("hosts.map"),
		"127.0.0.1:22", fmt.Sprintf("127.0.0.1:%d", ssh), "    user haproxy\n", "", "    group haproxy\n", "", "    log /dev/log local0\n", ""))
	r.write(t, "hosts.map", relayName+" judge\n")
	r.write(t, "user-judge.cfg", "backend judge\n    server device unix@"+r.path("tap.sock")+" send-proxy-v2 maxconn 1000\n")
	if me.Uid == "0" {
		_ = os.MkdirAll("/run/sshd", 0o755) // sshd wants it when root starts it
	}
	r.sshd = &daemon{path: sshd, args: []string{"-D", "-e", "-f", r.path("sshd.conf")}, log: r.path("sshd.log"), port: ssh,
		env: variables(t, filepath.Join("..", "..", "deploy", "relay", "sshd.env"))}
	r.haproxy = &daemon{path: haproxy, args: []string{"-db", "-f", r.path("00-relay.cfg"), "-f", r.path("user-judge.cfg")}, log: r.path("haproxy.log"), port: r.door}
	r.sshd.start(t)
	r.haproxy.start(t)
	r.authority(t)
	return r
}

// names makes n more names known at the relay, each with a socket of its own.
func (r *relayRig) names(t testing.TB, n int) {
	t.Helper()
	hosts, backends := relayName+" judge\n", ""
	for i := range n {
		hosts += fmt.Sprintf("%d.%s judge%d\n", i, relayName, i)
		backends += fmt.Sprintf("backend judge%d\n    server device unix@%s send-proxy-v2 maxconn 1000\n", i, r.path(fmt.Sprintf("tls%d.sock", i)))
	}
	r.write(t, "hosts.map", hosts)
	r.write(t, "user-more.cfg", backends)
	r.haproxy.kill()
	r.haproxy.args = append(r.haproxy.args, "-f", r.path("user-more.cfg"))
	r.haproxy.start(t)
}

func (r *relayRig) path(name string) string { return filepath.Join(r.dir, name) }

func (r *relayRig) write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(r.path(name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// recipe is a file of deploy/relay with the places that a test cannot use replaced, each of which must be there.
func (r *relayRig) recipe(t testing.TB, name string, oldnew ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "relay", name))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(oldnew); i += 2 {
		if !contains(text, oldnew[i]) {
			t.Fatalf("deploy/relay/%s has no %q", name, oldnew[i])
		}
	}
	return strings.NewReplacer(oldnew...).Replace(string(text))
}

// keygen makes a key pair and returns its public half.
func (r *relayRig) keygen(t testing.TB, name string) string {
	t.Helper()
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", r.path(name)).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v\n%s", err, out)
	}
	text, err := os.ReadFile(r.path(name + ".pub"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// admit lets a device key in, as add-user does.
func (r *relayRig) admit(t testing.TB, key string) {
	t.Helper()
	r.write(t, "key", "restrict,port-forwarding "+key+"\n")
}

// authority starts Pebble, which resolves every name to this machine and visits it at haproxy's port, and makes the
// names known to this process too.
func (r *relayRig) authority(t testing.TB) {
	t.Helper()
	pebble, dns := pebbles(t)
	api, manage, resolver := freePort(t), freePort(t), freePort(t)
	certPEM, keyPEM := selfSigned(t, "127.0.0.1")
	r.write(t, "api.crt", certPEM)
	r.write(t, "api.key", keyPEM)
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": fmt.Sprintf("127.0.0.1:%d", api), "managementListenAddress": fmt.Sprintf("127.0.0.1:%d", manage),
		"certificate": r.path("api.crt"), "privateKey": r.path("api.key"), "httpPort": freePort(t), "tlsPort": r.door,
		"profiles": map[string]any{"default": map[string]any{"description": "default", "validityPeriod": 7776000}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	r.write(t, "pebble.json", string(config))
	names := &daemon{path: dns, log: r.path("dns.log"), args: []string{"-dnsserver", fmt.Sprintf("127.0.0.1:%d", resolver),
		"-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "",
		"-management", fmt.Sprintf("127.0.0.1:%d", freePort(t))}}
	names.start(t)
	ca := &daemon{path: pebble, log: r.path("pebble.log"), port: api, env: []string{"PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0"},
		args: []string{"-config", r.path("pebble.json"), "-dnsserver", fmt.Sprintf("127.0.0.1:%d", resolver)}}
	ca.start(t)
	useResolver(t, resolver)

	trust := x509.NewCertPool()
	trust.AppendCertsFromPEM([]byte(certPEM))
	r.acme = tunnel.ACME{Directory: fmt.Sprintf("https://127.0.0.1:%d/dir", api), Roots: trust}
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust}}}
	defer c.CloseIdleConnections()
	text := pebbleRoot(t, c, manage)
	r.roots = x509.NewCertPool()
	if !r.roots.AppendCertsFromPEM(text) {
		t.Fatalf("Pebble's root: %q", text)
	}
}

// pebbleRoot is the certificate of the root that Pebble issues under. Its management port listens a moment after the other.
func pebbleRoot(t testing.TB, c *http.Client, manage int) (text []byte) {
	t.Helper()
	eventually(t, 10*time.Second, "Pebble tells its root", func() bool {
		resp, err := c.Get(fmt.Sprintf("https://127.0.0.1:%d/roots/0", manage))
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		text, err = io.ReadAll(resp.Body)
		return err == nil
	})
	return text
}

// pebbles builds Pebble and its DNS server. They are tools of the judges alone, so go.mod does not know them.
func pebbles(t testing.TB) (pebble, dns string) {
	t.Helper()
	return program(t, pebbleProgram), program(t, dnsProgram)
}

var (
	pebbleProgram = sync.OnceValues(func() (string, error) { return install("pebble") })
	dnsProgram    = sync.OnceValues(func() (string, error) { return install("pebble-challtestsrv") })
)

func install(name string) (string, error) {
	cmd := exec.Command("go", "install", "github.com/letsencrypt/pebble/v2/cmd/"+name+"@v2.10.1")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOBIN="+workshop)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("install %s: %w\n%s", name, err, out)
	}
	return filepath.Join(workshop, name), nil
}

// useResolver makes this process look names up at a port of this machine, until t ends.
func useResolver(t testing.TB, port int) {
	before := net.DefaultResolver
	t.Cleanup(func() { net.DefaultResolver = before })
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: resolverAt(port)}
}

// memoryKeychain keeps what the tunnel keeps.
type memoryKeychain struct {
	mu   sync.Mutex // guards the field below
	kept map[string]string
}

func (m *memoryKeychain) secret(name string, create func() (string, error)) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := m.kept[name]; ok {
		return v, nil
	}
	v, err := create()
	if err == nil {
		m.kept[name] = v
	}
	return v, err
}

// tool is a program that a package of Debian brings, or the end of t.
func tool(t testing.TB, path, pkg string) string {
	t.Helper()
	if !exists(path) {
		t.Skipf("%s is not there: ./dev test installs %s", path, pkg)
	}
	return path
}

// freePort is a port that nothing listens on.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// selfSigned is a certificate for an address, and its key, in PEM.
func selfSigned(t testing.TB, address string) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: address},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	if ip := net.ParseIP(address); ip != nil {
		c.IPAddresses = []net.IP{ip}
	} else {
		c.DNSNames = []string{address}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	text, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: text}))
}

// account is who runs the relay's sshd, who alone can sign in to it.
func (r *relayRig) account(t testing.TB) string {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return me.Username
}

// testLog writes to t's log.
func testLog(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}
