package judge

import (
	"crypto/tls"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
)

// TestClientDocuments: clients whose id is the address of a document about them come in without registering. The bridge
// reads such documents on the public internet alone, which is one machine here.
// https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#client-id-metadata-documents
func TestClientDocuments(t *testing.T) {
	judging(t)
	node := npm(t)
	if !alone(t) {
		return
	}
	site := newSite(t, "agents.example.com")
	p := node.certified(t)
	b := withProvider(t, p, map[string]any{"accessToken": accessLife.String()})
	for _, sdk := range []string{"v1", "v2"} {
		t.Run(sdk, func(t *testing.T) {
			node.signsIn(t, b, p, sdk, "JUDGE_DOCUMENT="+site.document(t, "Judge "+sdk, "http://127.0.0.1/callback"))
		})
	}
	t.Run("go", func(t *testing.T) {
		gopherSignsIn(t, b, p, newReturns(t), &auth.AuthorizationCodeHandlerConfig{
			ClientIDMetadataDocumentConfig: &auth.ClientIDMetadataDocumentConfig{URL: site.document(t, "Gopher", "http://127.0.0.1/callback")},
		})
	})
	t.Run("mcp-remote", func(t *testing.T) {
		node.remoteSignsIn(t, b, p, "--client-metadata-url", site.document(t, "Remote", "http://localhost/oauth/callback"))
	})
	if n := site.asked.Load(); n != 4 {
		t.Errorf("documents were read %d times, want each once", n)
	}
}

// site is a web site on the public internet, which the bridges that start from now on trust.
type site struct {
	name  string
	asked atomic.Int64 // how many pages were read

	mu    sync.Mutex        // guards the field below
	pages map[string][]byte // by path
}

// newSite makes the internet, with one site.
func newSite(t *testing.T, name string) *site {
	t.Helper()
	const address = "9.9.9.9" // it has to be one that is not reserved
	dir := t.TempDir()
	sh(t, `
ip link set lo up
ip addr add "$2/32" dev lo
printf '127.0.0.1 localhost\n%s %s\n' "$2" "$1" >"$3/hosts"
mount --bind "$3/hosts" /etc/hosts
`, name, address, dir)
	cert, key := selfSigned(t, name)
	trusted := filepath.Join(dir, "roots.pem")
	if err := os.WriteFile(trusted, []byte(cert), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", trusted)
	pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", net.JoinHostPort(address, "443"), &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13})
	if err != nil {
		t.Fatal(err)
	}
	s := &site{name: name, pages: map[string][]byte{}}
	server := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return s
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	page, ok := s.pages[r.URL.Path]
	s.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	s.asked.Add(1)
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(page)
}

// document publishes the metadata of a client on this machine, and returns its address, which is the client's id. Browsers
// come back to redirect, at any port.
func (s *site) document(t *testing.T, client, redirect string) string {
	t.Helper()
	id := "https://" + s.name + "/" + url.PathEscape(client)
	text, err := json.Marshal(map[string]any{
		"client_id": id, "client_name": client, "redirect_uris": []string{redirect},
		"grant_types": []string{"authorization_code", "refresh_token"}, "token_endpoint_auth_method": "none",
	})
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages["/"+client] = text
	return id
}
