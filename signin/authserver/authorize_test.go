package authserver

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestRequestsThatAreRefusedBeforeSignIn(t *testing.T) {
	h := newHouse(t, corp())
	client := h.register(callback, "https://app.example/cb?tenant=a")
	for name, c := range map[string]struct {
		changes []string
		want    string // the error in the redirect; "" is a page
	}{
		"no client":            {[]string{"client_id", "-"}, ""},
		"no such client":       {[]string{"client_id", "nobody"}, ""},
		"no redirect":          {[]string{"redirect_uri", "-"}, ""},
		"another redirect":     {[]string{"redirect_uri", "https://evil.example/"}, ""},
		"a redirect near by":   {[]string{"redirect_uri", callback + "/"}, ""},
		"state too long":       {[]string{"state", strings.Repeat("x", maxState+1)}, "invalid_request"},
		"no response type":     {[]string{"response_type", "-"}, "unsupported_response_type"},
		"implicit":             {[]string{"response_type", "token"}, "unsupported_response_type"},
		"hybrid":               {[]string{"response_type", "code token"}, "unsupported_response_type"},
		"fragment":             {[]string{"response_mode", "fragment"}, "invalid_request"},
		"a request object":     {[]string{"request", "eyJ"}, "request_not_supported"},
		"a request elsewhere":  {[]string{"request_uri", "https://evil.example/"}, "request_not_supported"},
		"no challenge":         {[]string{"code_challenge", "-"}, "invalid_request"},
		"a short challenge":    {[]string{"code_challenge", "x"}, "invalid_request"},
		"a plain challenge":    {[]string{"code_challenge_method", "plain"}, "invalid_request"},
		"no challenge method":  {[]string{"code_challenge_method", "-"}, "invalid_request"},
		"an unknown resource":  {[]string{"resource", issuer + "/other/mcp"}, "invalid_target"},
		"another bridge's":     {[]string{"resource", "https://other.example/files/mcp"}, "invalid_target"},
		"an empty resource":    {[]string{"resource", ""}, "invalid_target"},
		"a scope without end":  {[]string{"scope", strings.Repeat("x ", maxScope)}, "invalid_scope"},
		"a resource twice":     {[]string{"+resource", issuer + "/files/mcp"}, "invalid_target"},
		"a challenge twice":    {[]string{"+code_challenge", "x"}, "invalid_request"},
		"a state twice":        {[]string{"+state", "x"}, "invalid_request"},
		"a client twice":       {[]string{"+client_id", "x"}, ""},
		"a redirect twice":     {[]string{"+redirect_uri", callback}, ""},
		"an unknown one twice": {[]string{"+x", "1", "+x", "2"}, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			q := asking(client)
			for i := 0; i < len(c.changes); i += 2 {
				if twice, ok := strings.CutPrefix(c.changes[i], "+"); ok {
					q.Add(twice, c.changes[i+1])
				} else {
					q = asking(client, c.changes...)
				}
			}
			b := h.browser()
			b.address = "198.51.100." + string(rune('0'+len(name)%10)) + ":1"
			res := b.get(issuer + "/authorize?" + q.Encode())
			if len(res.Cookies()) > 0 {
				t.Error("a flow has begun")
			}
			back, err := res.Location()
			if c.want == "" {
				if res.StatusCode != http.StatusBadRequest || err == nil {
					t.Errorf("status %d, sent to %v", res.StatusCode, back)
				}
				return
			}
			if err != nil || back.Query().Get("error") != c.want || back.Query().Get("iss") != issuer || back.Query().Get("code") != "" {
				t.Errorf("status %d, sent to %v; want the error %s", res.StatusCode, back, c.want)
			}
			if name != "state too long" && name != "a state twice" && back.Query().Get("state") != "st" {
				t.Errorf("without the state: %v", back)
			}
		})
	}
}

func TestNoStrangerSendsBrowsersElsewhere(t *testing.T) {
	h := newHouse(t)
	client := h.register("https://app.example/cb?tenant=a")
	res := h.browser().get(issuer + "/authorize?" + asking(client, "redirect_uri", "https://app.example/cb?tenant=a", "response_type", "x").Encode())
	page := text(t, res)
	if res.StatusCode != http.StatusBadRequest || res.Header.Get("Location") != "" || res.Header.Get("Refresh") != "" {
		t.Errorf("status %d, sent to %q", res.StatusCode, res.Header.Get("Location"))
	}
	if !strings.Contains(page, `href="https://app.example/cb?tenant=a&amp;error=unsupported_response_type`) {
		t.Errorf("no way back: %s", page)
	}
}

func TestStateIsOptional(t *testing.T) {
	h := newHouse(t, corp())
	client := h.register(callback)
	h.mustPost(exchangeForm(client, h.code(asking(client, "state", "-"))))
}

func TestCallbackThatIsNotExpected(t *testing.T) {
	h := newHouse(t, corp())
	client := h.register(callback)
	b := h.browser()
	res := b.get(issuer + "/authorize?" + asking(client).Encode())
	waiting := b.submit(text(t, res), "allow").Header.Get("Location")
	_, login, _ := strings.Cut(b.get(issuer+waiting).Header.Get("Refresh"), "url=")
	u, err := url.Parse(login)
	if err != nil {
		t.Fatal(err)
	}
	back := u.Query().Get("back")
	id := strings.TrimPrefix(waiting, "/waiting?flow=")
	for name, address := range map[string]string{
		"no state":      issuer + "/callback?code=from-idp",
		"another nonce": issuer + "/callback?code=from-idp&state=" + id + ".X",
		"another flow":  issuer + "/callback?code=from-idp&state=X.X",
	} {
		if res := b.get(address); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: status %d", name, res.StatusCode)
		}
	}
	if res := h.browser().get(back); res.StatusCode != http.StatusForbidden {
		t.Errorf("another browser: status %d", res.StatusCode)
	}
	if res := b.get(back); res.StatusCode != http.StatusSeeOther {
		t.Errorf("status %d", res.StatusCode)
	}
	if res := b.get(back); res.StatusCode != http.StatusForbidden {
		t.Errorf("a second time: status %d", res.StatusCode)
	}
	if len(h.owner.asked) != 1 {
		t.Errorf("the owner was asked %d times", len(h.owner.asked))
	}
}

func TestLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		last := 0
		for range 21 {
			last, _ = h.registerAs(map[string]any{"redirect_uris": []string{callback}})
		}
		if last != http.StatusTooManyRequests {
			t.Errorf("the 21st registration in a minute: status %d", last)
		}
		time.Sleep(time.Minute)
		h.register(callback)
	})
}

func TestFlowsAreBounded(t *testing.T) {
	x := newFlows(func(string) {})
	ask := &request{client: &client{}}
	first, _, _ := x.begin(ask, "192.0.2.1")
	for range maxPerPlace {
		x.begin(ask, "192.0.2.1")
	}
	if _, ok := x.copyOf(first.id); ok || len(x.live) != maxPerPlace {
		t.Errorf("%d flows of one address", len(x.live))
	}
	for i := range 2 * maxFlows {
		x.begin(ask, "x"+string(rune(i)))
	}
	if len(x.live) > maxFlows {
		t.Errorf("%d flows", len(x.live))
	}
}

func TestMetadata(t *testing.T) {
	h := newHouse(t, corp())
	for _, path := range []string{pathMetadata, pathOpenID} {
		status, m := h.send(httptest.NewRequest(http.MethodGet, issuer+path, nil))
		if status != http.StatusOK || m["issuer"] != issuer || m["authorization_endpoint"] != issuer+"/authorize" ||
			m["authorization_response_iss_parameter_supported"] != true || m["client_id_metadata_document_supported"] != true ||
			m["code_challenge_methods_supported"].([]any)[0] != "S256" || (m["jwks_uri"] != nil) != (path == pathOpenID) {
			t.Errorf("%s: %d %v", path, status, m)
		}
	}
	if status, _ := h.send(httptest.NewRequest(http.MethodGet, issuer+pathMetadata+"/files/mcp", nil)); status != http.StatusNotFound {
		t.Errorf("below the well-known path: status %d", status)
	}
	if status, keys := h.send(httptest.NewRequest(http.MethodGet, issuer+pathKeys, nil)); status != http.StatusOK || len(keys["keys"].([]any)) != 0 {
		t.Errorf("keys: %d %v", status, keys)
	}
	for _, path := range Paths() {
		if status, _ := h.send(httptest.NewRequest(http.MethodDelete, issuer+path, nil)); status != http.StatusMethodNotAllowed {
			t.Errorf("DELETE %s: status %d", path, status)
		}
	}
}

func TestPagesCannotBeFramedOrScripted(t *testing.T) {
	h := newHouse(t, corp())
	_, answer := h.registerAs(map[string]any{
		"client_name": "<script>alert(1)</script>\n\u202eevil", "redirect_uris": []string{callback}, "token_endpoint_auth_method": "none",
	})
	b := h.browser()
	res := b.get(issuer + "/authorize?" + asking(answer["client_id"].(string)).Encode())
	page := text(t, res)
	policy := res.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "style-src 'sha256-", "base-uri 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %q", policy, want)
		}
	}
	_, style, _ := strings.Cut(page, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	if !strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
		t.Error("the policy forbids the page's own style")
	}
	if res.Header.Get("X-Frame-Options") != "DENY" || res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Referrer-Policy") != "same-origin" {
		t.Errorf("headers: %v", res.Header)
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "\u202e") {
		t.Error("a client's name is markup")
	}
	for _, want := range []string{"name not verified", "This app runs on this computer", "localhost:7777", "files", `lang="en"`, "Example Corp"} {
		if !strings.Contains(page, want) {
			t.Errorf("the consent page does not say %q", want)
		}
	}
}

// FuzzRequest looks for an authorization request whose answer would go where its client never said.
func FuzzRequest(f *testing.F) {
	f.Add(asking("c").Encode())
	f.Add("client_id=c&redirect_uri=http%3A%2F%2Flocalhost%3A7777%2Foauth%2Fcallback&redirect_uri=https%3A%2F%2Fevil.example")
	f.Add("client_id=c;redirect_uri=https://evil.example&%zz")
	known := &client{ID: "c", Redirects: []string{callback}}
	s := &Server{
		issuer: func(*http.Request) string { return issuer }, servers: func() []string { return []string{"files"} },
		documents: newDocuments(&http.Client{Transport: nowhere{}}),
	}
	s.documents.known["https://c.example/c"] = document{client: known, until: time.Now().Add(time.Hour)}
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest(http.MethodGet, issuer+"/authorize", nil)
		r.URL.RawQuery = strings.Replace(query, "client_id=c", "client_id=https://c.example/c", 1)
		if !strings.Contains(r.URL.RawQuery, "://c.example/c") {
			return
		}
		ask, err := s.readRequest(t.Context(), r)
		if ask.redirect != "" && !known.allows(ask.redirect) {
			t.Fatalf("%q is answered at %q", query, ask.redirect)
		}
		if err == nil && (ask.challenge == "" || ask.audience != anywhere && ask.audience != joined && ask.audience != "files") {
			t.Fatalf("%q is accepted: %+v", query, ask)
		}
	})
}

// nowhere is a network that is down.
type nowhere struct{}

func (nowhere) RoundTrip(*http.Request) (*http.Response, error) { return nil, http.ErrServerClosed }
