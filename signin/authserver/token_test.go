package authserver

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drawbridge/internal/caller"
)

// refused checks that /token refuses a form with that error.
func (h *house) refused(form url.Values, code string) {
	h.t.Helper()
	status, answer := h.post("/token", form)
	if status < 400 || answer["error"] != code || answer["access_token"] != nil {
		h.t.Errorf("status %d, %v; want the error %s", status, answer, code)
	}
}

func TestCodeIsExchangedOnce(t *testing.T) {
	h := newHouse(t, corp())
	client := h.register(callback)
	code := h.code(asking(client))
	got := h.mustPost(exchangeForm(client, code))
	h.expect(got.access, nil)
	h.refused(exchangeForm(client, code), "invalid_grant")
	h.expect(got.access, ErrUnknown) // the replay ended the grant
	if status, _ := h.refresh(client, got.refresh); status != http.StatusBadRequest {
		t.Errorf("refresh after a replay: status %d", status)
	}
	if moves := h.moves(); !strings.HasSuffix(moves[len(moves)-1], " now") {
		t.Errorf("moves: %q", moves)
	}
}

func TestCodeAtTheSameTime(t *testing.T) {
	h := newHouse(t, corp())
	client := h.register(callback)
	code := h.code(asking(client))
	var wg sync.WaitGroup
	var mu sync.Mutex
	good := 0
	for range 8 {
		wg.Go(func() {
			if status, _ := h.post("/token", exchangeForm(client, code)); status == http.StatusOK {
				mu.Lock()
				defer mu.Unlock()
				good++
			}
		})
	}
	wg.Wait()
	if good != 1 {
		t.Errorf("a code was exchanged %d times", good)
	}
}

func TestCodeThatIsNotTheirs(t *testing.T) {
	h := newHouse(t, corp())
	client, other := h.register(callback), h.register(callback)
	for name, c := range map[string]struct {
		changes []string
		want    string
	}{
		"no verifier":          {[]string{"code_verifier", "-"}, "invalid_grant"},
		"another verifier":     {[]string{"code_verifier", strings.Repeat("x", 43)}, "invalid_grant"},
		"a short verifier":     {[]string{"code_verifier", "x"}, "invalid_grant"},
		"the challenge":        {[]string{"code_verifier", challengeOf(verifier)}, "invalid_grant"},
		"another client":       {[]string{"client_id", other}, "invalid_grant"},
		"no such client":       {[]string{"client_id", "nobody"}, "invalid_client"},
		"a secret":             {[]string{"client_secret", "guess"}, "invalid_client"},
		"another redirect":     {[]string{"redirect_uri", "http://localhost:7778/oauth/callback"}, "invalid_grant"},
		"no redirect":          {[]string{"redirect_uri", "-"}, "invalid_grant"},
		"no such resource":     {[]string{"resource", issuer + "/nowhere/mcp"}, "invalid_target"},
		"another server":       {[]string{"resource", issuer + "/clock/mcp"}, "invalid_target"},
		"the joined endpoint":  {[]string{"resource", issuer + "/mcp"}, "invalid_target"},
		"another bridge":       {[]string{"resource", "https://other.example/files/mcp"}, "invalid_target"},
		"another grant type":   {[]string{"grant_type", "client_credentials"}, "unsupported_grant_type"},
		"two grant types":      {[]string{"grant_type", "authorization_code refresh_token"}, "unsupported_grant_type"},
		"a damaged code":       {[]string{"code", "dbc_AAAA.BBBB"}, "invalid_grant"},
		"a code as a refresh":  {[]string{"grant_type", "refresh_token", "refresh_token", "dbr_x.y"}, "invalid_grant"},
		"no code":              {[]string{"code", "-"}, "invalid_grant"},
		"a code without a dot": {[]string{"code", "dbc_AAAA"}, "invalid_grant"},
	} {
		t.Run(name, func(t *testing.T) {
			h.t = t
			h.refused(exchangeForm(client, h.code(asking(client)), c.changes...), c.want)
		})
	}
	h.t = t
	code := h.code(asking(client))
	h.refused(exchangeForm(client, code, "resource", issuer+"/clock/mcp"), "invalid_target")
	h.mustPost(exchangeForm(client, code, "resource", issuer+"/files/sse")) // a wrong resource did not use it up
}

func TestCodeEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, corp())
		client := h.register(callback)
		code := h.code(asking(client))
		time.Sleep(codeLife + time.Second)
		h.refused(exchangeForm(client, code), "invalid_grant")
		if len(h.Grants()) != 0 {
			t.Error("a grant whose code was never exchanged is shown")
		}
	})
}

func TestRefreshAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := corp()
		h := newHouse(t, p)
		client, first := h.enter()
		var a, b tokens
		var wg sync.WaitGroup
		wg.Go(func() { a = h.mustRefresh(client, first.refresh) })
		wg.Go(func() { b = h.mustRefresh(client, first.refresh) })
		wg.Wait()
		if a.refresh == b.refresh || a.access == b.access {
			t.Error("two refreshes gave the same tokens")
		}
		if p.checks != 1 {
			t.Errorf("the provider was asked %d times", p.checks)
		}
		for _, token := range []string{first.access, a.access, b.access} {
			h.expect(token, nil)
		}
		time.Sleep(grace - time.Second)
		c := h.mustRefresh(client, first.refresh)
		time.Sleep(2 * time.Second)
		h.refused(url.Values{"grant_type": {"refresh_token"}, "client_id": {client}, "refresh_token": {first.refresh}}, "invalid_grant")
		for _, token := range []string{a.access, b.access, c.access} {
			h.expect(token, ErrUnknown)
		}
		for _, token := range []string{a.refresh, b.refresh, c.refresh} {
			if status, _ := h.refresh(client, token); status != http.StatusBadRequest {
				t.Errorf("a token of a revoked family: status %d", status)
			}
		}
	})
}

func TestTokensEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, corp())
		client, got := h.enter()
		time.Sleep(10*time.Minute - time.Second)
		h.expect(got.access, nil)
		time.Sleep(2 * time.Second)
		h.expect(got.access, ErrExpired)
		next := h.mustRefresh(client, got.refresh)
		h.expect(next.access, nil)
		time.Sleep(refreshLife + time.Second)
		if status, answer := h.refresh(client, next.refresh); answer["error"] != "invalid_grant" {
			t.Errorf("after 30 days: %d %v", status, answer)
		}
		h.reopen()
		h.expect(next.access, ErrUnknown) // swept
	})
}

func TestUserWhoLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := corp()
		h := newHouse(t, p)
		client, got := h.enter()
		p.failing(errors.New("no route to host"))
		status, answer := h.refresh(client, got.refresh)
		if status != http.StatusServiceUnavailable || answer["error"] != "temporarily_unavailable" {
			t.Errorf("provider down: %d %v", status, answer)
		}
		h.expect(got.access, nil)
		time.Sleep(grace + time.Second)
		p.failing(nil)
		p.user.Groups = []string{"ops"}
		next := h.mustRefresh(client, got.refresh) // it was not used up
		if who, _, err := h.Verify(next.access); err != nil || who.Groups[0] != "ops" {
			t.Errorf("%+v, %v", who, err)
		}
		time.Sleep(recheckEvery)
		next = h.mustRefresh(client, next.refresh)
		time.Sleep(recheckEvery)
		p.failing(ErrDenied)
		status, answer = h.refresh(client, next.refresh)
		if status != http.StatusBadRequest || answer["error"] != "invalid_grant" {
			t.Errorf("user left: %d %v", status, answer)
		}
		h.expect(next.access, ErrUnknown)
		if got := strings.Join(p.checked, " "); got != "idp-refresh idp-refresh idp-refresh' idp-refresh''" {
			t.Errorf("sessions that the provider was given: %s", got)
		}
	})
}

func TestSignInThatCannotBeChecked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := corp()
		p.session = ""
		h := newHouse(t, p)
		client, got := h.enter()
		time.Sleep(unchecked - time.Minute)
		got = h.mustRefresh(client, got.refresh)
		if _, ends, err := h.Verify(got.access); err != nil || time.Until(ends) > time.Minute {
			t.Errorf("ends in %v, %v", time.Until(ends), err)
		}
		time.Sleep(2 * time.Minute)
		h.expect(got.access, ErrExpired)
		if status, _ := h.refresh(client, got.refresh); status != http.StatusBadRequest {
			t.Errorf("refresh after eight hours: status %d", status)
		}
	})
}

func TestLongAccessIsNeverForUsers(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		r    grantRecord
		want time.Duration
	}{
		"default":        {grantRecord{}, 10 * time.Minute},
		"long":           {grantRecord{Long: true}, 24 * time.Hour},
		"long, signedin": {grantRecord{Long: true, Grant: Grant{User: User{Subject: "i|s"}}}, 10 * time.Minute},
		"limited":        {grantRecord{Limit: now.Add(time.Minute)}, time.Minute},
	} {
		if access, _ := c.r.lives(now, 10*time.Minute); access.Sub(now) != c.want {
			t.Errorf("%s: %v, want %v", name, access.Sub(now), c.want)
		}
	}
}

func TestRevocationByTheClient(t *testing.T) {
	for _, kind := range []string{"access", "refresh"} {
		t.Run(kind, func(t *testing.T) {
			h := newHouse(t, corp())
			client, got := h.enter()
			_, other := h.enter()
			stranger := h.register(callback)
			token := map[string]string{"access": got.access, "refresh": got.refresh}[kind]
			if status, _ := h.post("/revoke", url.Values{"client_id": {stranger}, "token": {token}}); status == http.StatusOK {
				t.Error("revoked by another client")
			}
			h.expect(got.access, nil)
			for range 2 { // a token that is unknown is revoked already
				if status, answer := h.post("/revoke", url.Values{"client_id": {client}, "token": {token}, "token_type_hint": {"nonsense"}}); status != http.StatusOK {
					t.Errorf("status %d: %v", status, answer)
				}
			}
			h.expect(got.access, ErrUnknown)
			h.expect(other.access, nil)
			if status, _ := h.refresh(client, got.refresh); status != http.StatusBadRequest {
				t.Errorf("refresh: status %d", status)
			}
		})
	}
}

func TestRevocationThatCannotBeWritten(t *testing.T) {
	h := newHouse(t, corp())
	_, got := h.enter()
	agent := h.Grants()[0].Agent
	h.db.Close()
	if err := h.Revoke(agent); err == nil {
		t.Error("revoked in a database that is closed")
	}
	h.expect(got.access, ErrUnknown)
	if err := h.Revoke(agent); errors.Is(err, ErrNoAgent) {
		t.Errorf("a second try: %v", err)
	}
	if err := h.Revoke("nobody"); !errors.Is(err, ErrNoAgent) {
		t.Errorf("nobody: %v", err)
	}
}

func TestTokensOfOtherKinds(t *testing.T) {
	h := newHouse(t, corp())
	client := h.register(callback)
	code := h.code(asking(client))
	got := h.mustPost(exchangeForm(client, code))
	asAccess := func(token string) string { return prefixAccess + token[4:] }
	h.expect(got.refresh, ErrMalformed)
	h.expect(asAccess(got.refresh), ErrUnknown)
	h.expect(asAccess(code), ErrUnknown)
	h.expect("", ErrMalformed)
	h.expect("dba_", ErrMalformed)
	h.expect("dba_.", ErrMalformed)
	h.expect(got.access+"A", ErrMalformed)
	h.expect(strings.Repeat(got.access, 1000), ErrMalformed)
	h.refused(url.Values{"grant_type": {"refresh_token"}, "client_id": {client}, "refresh_token": {"dbr_" + got.access[4:]}}, "invalid_grant")
}

func TestTokenRequestsThatAreMalformed(t *testing.T) {
	h := newHouse(t)
	client := h.register(callback)
	for name, c := range map[string]struct{ path, kind, body, want string }{
		"twice the same": {"/token", "application/x-www-form-urlencoded", "grant_type=refresh_token&grant_type=x&client_id=" + client, "invalid_request"},
		"two resources":  {"/token", "application/x-www-form-urlencoded", "resource=a&resource=b&grant_type=x&client_id=" + client, "invalid_target"},
		"in the address": {"/token?code=x", "application/x-www-form-urlencoded", "grant_type=authorization_code&client_id=" + client, "invalid_request"},
		"JSON":           {"/token", "application/json", "{}", "invalid_request"},
		"no client":      {"/token", "application/x-www-form-urlencoded", "grant_type=authorization_code", "invalid_client"},
		"nothing":        {"/token", "application/x-www-form-urlencoded", "", "invalid_client"},
		"too long":       {"/token", "application/x-www-form-urlencoded", strings.Repeat("x", maxBody+1), "invalid_request"},
		"no token":       {"/revoke", "application/x-www-form-urlencoded", "client_id=" + client, "invalid_request"},
	} {
		r := httptest.NewRequest(http.MethodPost, issuer+c.path, strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.kind)
		if status, answer := h.send(r); status < 400 || status > 401 || answer["error"] != c.want {
			t.Errorf("%s: status %d, %v", name, status, answer)
		}
	}
}

func TestClientWithASecret(t *testing.T) {
	h := newHouse(t, corp())
	status, answer := h.registerAs(map[string]any{"redirect_uris": []string{callback}})
	if status != http.StatusCreated || answer["token_endpoint_auth_method"] != "client_secret_basic" {
		t.Fatalf("status %d: %v", status, answer)
	}
	client, secret := answer["client_id"].(string), answer["client_secret"].(string)
	try := func(user, password string) int {
		f := exchangeForm(client, h.code(asking(client)))
		f.Del("client_id")
		r := httptest.NewRequest(http.MethodPost, issuer+"/token", strings.NewReader(f.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth(user, password)
		status, _ := h.send(r)
		return status
	}
	if status := try(client, secret); status != http.StatusOK {
		t.Errorf("with its secret: status %d", status)
	}
	if status := try(client, secret+"x"); status != http.StatusUnauthorized {
		t.Errorf("with another secret: status %d", status)
	}
	h.refused(exchangeForm(client, h.code(asking(client))), "invalid_client")
	h.mustPost(exchangeForm(client, h.code(asking(client)), "client_secret", secret))
}

func TestGrantBelongsToOneAddress(t *testing.T) {
	h := newHouse(t, corp())
	client, got := h.enter()
	h.issuer = "http://127.0.0.1:8080"
	if status, answer := h.refresh(client, got.refresh); answer["error"] != "invalid_grant" {
		t.Errorf("at another address: %d %v", status, answer)
	}
	h.issuer = issuer
	h.mustRefresh(client, got.refresh)
}

func TestAudiences(t *testing.T) {
	h := newHouse(t, corp())
	for resource, want := range map[string]*caller.Caller{
		issuer + "/files/ws": {Audience: "files", Scopes: []caller.Scope{{Server: "files"}}},
		issuer:               {Audience: "*", Scopes: []caller.Scope{{Server: "*"}}},
		issuer + "/":         {Audience: "*", Scopes: []caller.Scope{{Server: "*"}}},
		issuer + "/mcp":      {Audience: "*", Scopes: []caller.Scope{{Server: "*"}}},
		"-":                  {Audience: "", Scopes: []caller.Scope{{Server: "*"}}},
	} {
		client := h.register(callback)
		got := h.mustPost(exchangeForm(client, h.code(asking(client, "resource", resource))))
		who, _, err := h.Verify(got.access)
		if err != nil || who.Audience != want.Audience || who.Scopes[0].Server != want.Scopes[0].Server {
			t.Errorf("%s: %+v, %v", resource, who, err)
		}
	}
}
