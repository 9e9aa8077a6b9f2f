package judge

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// TestDirectPublic: under a name of its own, port 443, the bridge gets a certificate from the public authority, which visits it, and
// agents that trust nothing else reach it.
func TestDirectPublic(t *testing.T) {
	judging(t)
	if os.Getuid() != 0 {
		t.Skip("port 443 takes root")
	}
	if os.Getenv(pebbleEnv) == "" {
		pebble, _ := pebbles(t)
		t.Setenv(pebbleEnv, pebble)
	}
	if !alone(t) {
		return
	}
	dir := t.TempDir()
	sh(t, ownPlaces, dir)
	directory, root := realAuthority(t, dir)
	b := serve(t, map[string]entry{"demo": ourselves(t, "all", "plain")})
	b.run(t, "tunnel", "add", "direct", "home", "--listen", ":443", "--name", amber, "--public", "--directory", directory)
	eventually(t, time.Minute, "the tunnel is up", func() bool { return strings.Contains(b.run(t, "tunnel", "--json"), `"state": "up"`) })
	text, err := os.ReadFile(root)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}, Timeout: 10 * time.Second}
	resp, err := c.Post("https://"+amber+"/demo/mcp", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if challenge := resp.Header.Get("WWW-Authenticate"); resp.StatusCode != http.StatusUnauthorized || !strings.Contains(challenge, "https://"+amber+"/") {
		t.Errorf("%s, challenge %q", resp.Status, challenge)
	}
}
