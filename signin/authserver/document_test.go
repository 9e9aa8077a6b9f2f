package authserver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// site is a web server that hosts clients' documents at https://app.example.
type site struct {
	*documents
	asked atomic.Int32
}

func newSite(t *testing.T, allowed func(netip.Addr) bool, serve http.HandlerFunc) *site {
	t.Helper()
	s := &site{}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		serve(w, r)
	}))
	t.Cleanup(server.Close)
	c := newFetcher(allowed)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	transport := c.Transport.(*http.Transport)
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, ServerName: "example.com"}
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return dial(ctx, network, server.Listener.Addr().String())
	}
	s.documents = newDocuments(c)
	return s
}

const documentID = "https://app.example/client.json"

func everywhere(netip.Addr) bool { return true }

// serving answers with a good document, changed.
func serving(change func(w http.ResponseWriter, m map[string]any)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		m := map[string]any{"client_id": documentID, "client_name": "App", "redirect_uris": []string{callback}}
		w.Header().Set("Content-Type", "application/json")
		if change != nil {
			change(w, m)
		}
		_ = json.NewEncoder(w).Encode(m)
	}
}

func TestDocument(t *testing.T) {
	s := newSite(t, everywhere, serving(nil))
	for range 2 {
		c, err := s.client(context.Background(), documentID)
		if err != nil {
			t.Fatal(err)
		}
		if c.ID != documentID || c.Name != "App" || c.Host != "app.example" || !c.IsPublic() || !c.allows("http://localhost:9/oauth/callback") {
			t.Errorf("client: %+v", c)
		}
	}
	if n := s.asked.Load(); n != 1 {
		t.Errorf("read %d times", n)
	}
}

func TestDocumentsThatAreRefused(t *testing.T) {
	for name, serve := range map[string]http.HandlerFunc{
		"another id":      serving(func(_ http.ResponseWriter, m map[string]any) { m["client_id"] = documentID + "x" }),
		"no id":           serving(func(_ http.ResponseWriter, m map[string]any) { delete(m, "client_id") }),
		"no name":         serving(func(_ http.ResponseWriter, m map[string]any) { delete(m, "client_name") }),
		"no redirect":     serving(func(_ http.ResponseWriter, m map[string]any) { delete(m, "redirect_uris") }),
		"a bad redirect":  serving(func(_ http.ResponseWriter, m map[string]any) { m["redirect_uris"] = []string{"javascript:x"} }),
		"a shared secret": serving(func(_ http.ResponseWriter, m map[string]any) { m["token_endpoint_auth_method"] = methodPost }),
		"a signature":     serving(func(_ http.ResponseWriter, m map[string]any) { m["token_endpoint_auth_method"] = "private_key_jwt" }),
		"too long":        serving(func(_ http.ResponseWriter, m map[string]any) { m["x"] = strings.Repeat("x", maxDocument) }),
		"not JSON":        serving(func(w http.ResponseWriter, _ map[string]any) { w.Header().Set("Content-Type", "text/html") }),
		"not found":       http.NotFound,
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
		},
		"a redirect to itself": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, documentID, http.StatusMovedPermanently)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, everywhere, serve)
			for range 2 {
				if c, err := s.client(context.Background(), documentID); err == nil {
					t.Errorf("client: %+v", c)
				}
			}
			if n := s.asked.Load(); n != 1 {
				t.Errorf("a failure was asked for %d times", n)
			}
		})
	}
}

func TestDocumentAtAClosedAddress(t *testing.T) {
	s := newSite(t, isPublic, serving(nil)) // it listens on 127.0.0.1, whatever its name said
	if _, err := s.client(context.Background(), documentID); !errors.Is(err, errClosed) {
		t.Errorf("%v", err)
	}
	if n := s.asked.Load(); n != 0 {
		t.Error("it was asked")
	}
}

func TestSlowDocument(t *testing.T) {
	s := newSite(t, everywhere, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	s.http.Timeout = 50 * time.Millisecond
	if _, err := s.client(context.Background(), documentID); err == nil {
		t.Error("a document that never comes")
	}
}

func TestPublicAddresses(t *testing.T) {
	for _, a := range []string{"8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "192.0.1.1", "172.32.0.1"} {
		if !isPublic(netip.MustParseAddr(a)) {
			t.Errorf("%s is not public", a)
		}
	}
	for _, a := range []string{
		"127.0.0.1", "127.9.9.9", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.1",
		"192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1",
		"::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "64:ff9b::a00:1",
		"64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1", "100::1", "3fff::1",
	} {
		if isPublic(netip.MustParseAddr(a)) {
			t.Errorf("%s is public", a)
		}
	}
}

func TestDocumentIDs(t *testing.T) {
	for _, id := range []string{"https://app.example/client.json", "https://app.example:8443/a/b", "https://app.example/x?y=z"} {
		if _, err := checkDocumentID(id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	for _, id := range []string{
		"http://app.example/client.json", "https://app.example", "https://app.example/", "https://app.example/#x", "https://app.example/x#",
		"https://u@app.example/x", "https:///x", "https://APP.example/x", "https://app.example/a/../b", "https://app.example/./b", "https://127.0.0.1/x",
		"https://[::1]/x", "https://app.example/ x", "https://app.example/\\x", "ftp://app.example/x", "https://app.example/" + strings.Repeat("x", maxDocumentID),
	} {
		if _, err := checkDocumentID(id); err == nil {
			t.Errorf("%s is let in", id)
		}
	}
}

func TestHowLongDocumentsAreKept(t *testing.T) {
	for control, want := range map[string]time.Duration{
		"": time.Hour, "max-age=600": 10 * time.Minute, "public, Max-Age=\"7200\"": 2 * time.Hour, "max-age=1": keepAtLeast,
		"max-age=99999999": keepAtMost, "no-store": keepAtLeast, "max-age=-1": time.Hour, "max-age=99999999999999999999": time.Hour,
	} {
		if got := keptFor(control); got != want {
			t.Errorf("%q: %v, want %v", control, got, want)
		}
	}
}

func TestDocumentsAreBounded(t *testing.T) {
	d := newDocuments(nil)
	for range 2 * maxDocuments {
		d.keep(newID(), document{until: time.Now().Add(time.Hour)})
	}
	if len(d.known) > maxDocuments {
		t.Errorf("%d are kept", len(d.known))
	}
}

func TestAgentWithADocument(t *testing.T) {
	h := newHouse(t, corp())
	h.documents = newSite(t, everywhere, serving(nil)).documents
	got := h.mustPost(exchangeForm(documentID, h.code(asking(documentID))))
	h.expect(got.access, nil)
	if g := h.Grants(); g[0].Client.Host != "app.example" {
		t.Errorf("grants: %+v", g)
	}
}
