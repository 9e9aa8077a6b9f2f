package authserver

import (
	"bytes"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
)

func TestNothingSecretIsOnDisk(t *testing.T) {
	p := corp()
	p.session = "canary-of-the-provider"
	h := newHouse(t, p)
	_, answer := h.registerAs(map[string]any{"redirect_uris": []string{callback}, "token_endpoint_auth_method": methodPost})
	client, secret := answer["client_id"].(string), answer["client_secret"].(string)
	code := h.code(asking(client))
	got := h.mustPost(exchangeForm(client, code, "client_secret", secret))
	disk, err := os.ReadFile(h.db.Path())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(disk, []byte(client)) {
		t.Fatal("the client's id is not on disk either: this test looks at the wrong place")
	}
	half := func(token string) string {
		_, after, _ := strings.Cut(token, "_")
		key, _, _ := strings.Cut(after, ".")
		return key
	}
	for name, canary := range map[string]string{
		"access token": half(got.access), "refresh token": half(got.refresh), "code": half(code), "client's secret": secret,
		"provider's session": p.session, "verifier": verifier,
	} {
		if canary == "" || bytes.Contains(disk, []byte(canary)) {
			t.Errorf("the %s is on disk", name)
		}
	}
}

func TestNothingEntersAfterRevocation(t *testing.T) {
	h := newHouse(t, corp())
	client, got := h.enter()
	agent := h.Grants()[0].Agent
	revoked := make(chan struct{}) // closed when Revoke has returned
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for {
				over := false
				select {
				case <-revoked:
					over = true
				default:
				}
				if _, _, err := h.Verify(got.access); over {
					if err == nil {
						t.Error("a token enters after its revocation")
					}
					return
				}
			}
		})
	}
	wg.Go(func() {
		for status := http.StatusOK; status == http.StatusOK; {
			status, _ = h.refresh(client, got.refresh)
		}
	})
	if err := h.Revoke(agent); err != nil {
		t.Error(err)
	}
	close(revoked)
	wg.Wait()
	if len(h.Grants()) != 0 {
		t.Errorf("grants: %+v", h.Grants())
	}
}
