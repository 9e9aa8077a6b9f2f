package authserver

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAttemptsAreTold: who is refused, and who has signed in, is told once and at once.
func TestAttemptsAreTold(t *testing.T) {
	p := corp()
	h := newHouse(t, p)
	told := func(want ...string) {
		t.Helper()
		h.mu.Lock()
		defer h.mu.Unlock()
		if d := cmp.Diff(want, h.told); d != "" {
			t.Error(d)
		}
		h.told = nil
	}
	client := h.register(callback)
	told()
	h.registerAs(map[string]any{"redirect_uris": []string{"http://evil.example/"}})
	told("192.0.2.1 /register   invalid_redirect_uri")

	b := h.browser()
	b.get(issuer + "/authorize?" + asking("nobody").Encode())
	told("192.0.2.1 /authorize   invalid_request")
	b.get(issuer + "/authorize?" + asking(client, "code_challenge_method", "plain").Encode())
	told("192.0.2.1 /authorize Test Agent  invalid_request")
	b.submit(text(t, b.get(issuer+"/authorize?"+asking(client).Encode())), "deny")
	told("192.0.2.1 /consent Test Agent  access_denied")
	page := text(t, b.get(issuer+"/authorize?"+asking(client).Encode()))
	h.browser().submit(page, "allow")
	told("192.0.2.1 /consent   access_denied")

	b.agree(asking(client))
	told("192.0.2.1 /callback Test Agent ada@corp.example ")
	p.failing(ErrDenied)
	b.submit(text(t, b.get(issuer+"/authorize?"+asking(client).Encode())), "allow")
	told("192.0.2.1 /consent Test Agent  temporarily_unavailable")
	p.failing(nil)

	_, got := h.enter()
	told("192.0.2.1 /callback Test Agent ada@corp.example ")
	if status, _ := h.refresh(client, got.refresh); status != http.StatusBadRequest { // another client's
		t.Error(status)
	}
	told("192.0.2.1 /token   invalid_grant")
	if status, _ := h.post("/revoke", url.Values{"token": {"x"}, "client_id": {"nobody"}}); status != http.StatusUnauthorized {
		t.Error(status)
	}
	told("192.0.2.1 /revoke   invalid_client")
	r := httptest.NewRequest(http.MethodPost, h.issuer+"/token", strings.NewReader(strings.Repeat("x", maxBody+1)))
	h.send(r)
	told("192.0.2.1 /token   invalid_request")
}
