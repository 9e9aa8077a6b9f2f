package authserver

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

func TestRegistrationsThatAreRefused(t *testing.T) {
	var many []string
	for range 1000 {
		many = append(many, callback)
	}
	for name, c := range map[string]struct {
		metadata map[string]any
		want     string
	}{
		"no redirect":       {map[string]any{}, "invalid_redirect_uri"},
		"1,000 redirects":   {map[string]any{"redirect_uris": many}, "invalid_client_metadata"}, // more than fits
		"17 redirects":      {map[string]any{"redirect_uris": many[:17]}, "invalid_redirect_uri"},
		"javascript":        {map[string]any{"redirect_uris": []string{"javascript:alert(1)"}}, "invalid_redirect_uri"},
		"a custom scheme":   {map[string]any{"redirect_uris": []string{"myapp://callback"}}, "invalid_redirect_uri"},
		"one good, one bad": {map[string]any{"redirect_uris": []string{callback, "http://evil.example/"}}, "invalid_redirect_uri"},
		"a method":          {map[string]any{"redirect_uris": many[:1], "token_endpoint_auth_method": "tls_client_auth"}, "invalid_client_metadata"},
		"a grant type":      {map[string]any{"redirect_uris": many[:1], "grant_types": []string{"password"}}, "invalid_client_metadata"},
		"a response type":   {map[string]any{"redirect_uris": many[:1], "response_types": []string{"token"}}, "invalid_client_metadata"},
		"a name of numbers": {map[string]any{"redirect_uris": many[:1], "client_name": 7}, "invalid_client_metadata"},
	} {
		h := newHouse(t)
		if status, answer := h.registerAs(c.metadata); status != http.StatusBadRequest || answer["error"] != c.want {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
	h := newHouse(t)
	for _, body := range []string{"", "[]", "{", `{"redirect_uris":"` + callback + `"}`} {
		r := httptest.NewRequest(http.MethodPost, issuer+"/register", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		if status, answer := h.send(r); status != http.StatusBadRequest || answer["error"] != "invalid_client_metadata" && answer["error"] != "invalid_redirect_uri" {
			t.Errorf("%q: %d %v", body, status, answer)
		}
	}
}

func TestClientsAreBounded(t *testing.T) {
	h := newHouse(t, corp())
	kept, _ := h.enter()
	old := h.register(callback)
	err := h.db.Update(func(tx *bbolt.Tx) error {
		for range maxClients {
			c := &client{ID: newID(), Created: time.Now()}
			if err := put(bucketIn(tx, clientsBucket), c.ID, c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	h.register(callback)
	if _, err := h.store.client(old); err != errNoClient {
		t.Errorf("the oldest client without a grant: %v", err)
	}
	if _, err := h.store.client(kept); err != nil {
		t.Errorf("an older client with a grant: %v", err)
	}
}

func TestPlainNames(t *testing.T) {
	for name, want := range map[string]string{
		"Claude": "Claude", "  a \t b\n": "a b", "\u202eevil": "evil", "\x00": "", "a\xffb": "a\ufffdb",
		strings.Repeat("x", 65): strings.Repeat("x", 63) + "…",
	} {
		if got := plainName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
