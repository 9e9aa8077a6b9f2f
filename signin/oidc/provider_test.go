package oidc

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const corp = "https://idp.corp.example"

func TestNew(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		says   string // "" is that it is fine
	}{
		"plain":              {func(*Config) {}, ""},
		"slash":              {func(c *Config) { c.Issuer += "/" }, ""},
		"loopback":           {func(c *Config) { c.Issuer = "http://127.0.0.1:8080/realms/a" }, ""},
		"http":               {func(c *Config) { c.Issuer = "http://idp.corp.example" }, "https"},
		"http look-alike":    {func(c *Config) { c.Issuer = "http://127.0.0.1.corp.example" }, "https"},
		"other scheme":       {func(c *Config) { c.Issuer = "file:///etc/passwd" }, "https"},
		"user":               {func(c *Config) { c.Issuer = "https://a:b@idp.corp.example" }, "user"},
		"query":              {func(c *Config) { c.Issuer += "?a=b" }, "query"},
		"fragment":           {func(c *Config) { c.Issuer += "#a" }, "fragment"},
		"bar":                {func(c *Config) { c.Issuer += "/a|b" }, "issuer"},
		"nothing":            {func(c *Config) { c.Issuer = "" }, "https"},
		"no client":          {func(c *Config) { c.ClientID = "" }, "client id"},
		"alg none":           {func(c *Config) { c.Algorithms = []string{"RS256", "none"} }, "algorithm"},
		"alg with a secret":  {func(c *Config) { c.Algorithms = []string{"HS256"} }, "algorithm"},
		"no alg":             {func(c *Config) { c.Algorithms = []string{} }, "algorithm"},
		"parameter":          {func(c *Config) { c.Params = map[string]string{"prompt": "consent"} }, ""},
		"reserved parameter": {func(c *Config) { c.Params = map[string]string{"Redirect_URI": "x"} }, "parameter"},
		"path":               {func(c *Config) { c.Claims.Groups = "a." }, "claim"},
		"long path":          {func(c *Config) { c.Claims.Email = strings.Repeat("a", 300) }, "claim"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := Config{Issuer: corp, ClientID: client}
			c.change(&cfg)
			p, err := New(cfg)
			if c.says == "" && (err != nil || p.Issuer() != cfg.Issuer || p.Name() == "") {
				t.Errorf("%v", err)
			}
			if c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("%v does not tell of %q", err, c.says)
			}
		})
	}
}

func TestSignIn(t *testing.T) {
	for name, c := range map[string]struct {
		issuer string
		idp    func(*idp)
		cfg    func(*Config)
	}{
		"public client": {corp, func(*idp) {}, func(*Config) {}},
		"slash":         {corp + "/", func(*idp) {}, func(*Config) {}},
		"path":          {corp + "/realms/a", func(*idp) {}, func(*Config) {}},
		"secret in the header": {corp, func(i *idp) { i.secret = "canary s:e+c" }, func(c *Config) {
			c.Secret = func() (string, error) { return "canary s:e+c", nil }
		}},
		"secret in the form": {corp, func(i *idp) {
			i.secret = "canary s:e+c"
			i.metadata["token_endpoint_auth_methods_supported"] = []string{"client_secret_post"}
		}, func(c *Config) {
			c.Secret = func() (string, error) { return "canary s:e+c", nil }
		}},
		"iss not announced": {corp, func(i *idp) { delete(i.metadata, "authorization_response_iss_parameter_supported") }, func(*Config) {}},
		"parameters":        {corp, func(*idp) {}, func(c *Config) { c.Params = map[string]string{"prompt": "consent"} }},
		"several audiences": {corp, func(i *idp) {
			i.person["aud"], i.person["azp"] = []string{"other", client}, client
		}, func(*Config) {}},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIDP(c.issuer)
			c.idp(i)
			i.person["groups"] = []string{"staff", "admins", "staff"}
			p := i.provider(t, c.cfg)
			who, err := i.signIn(t, p)
			if err != nil {
				t.Fatal(err)
			}
			session := who.Session
			who.Session = nil
			want := Identity{Subject: c.issuer + "|ann", Email: "ann@corp.example", Verified: true, Name: "Ann", Groups: []string{"admins", "staff"}}
			if d := cmp.Diff(want, who); d != "" {
				t.Error(d)
			}
			again, err := p.Recheck(t.Context(), session)
			if err != nil || again.Subject != want.Subject || len(again.Session) == 0 || string(again.Session) == string(session) {
				t.Errorf("recheck: %v, %v", again.Subject, err)
			}
		})
	}
}

// TestUserInfo has a provider that tells attributes there alone, as the specification has it.
func TestUserInfo(t *testing.T) {
	i := newIDP(corp)
	i.person = map[string]any{"sub": "ann"}
	i.info = map[string]any{"sub": "ann", "email": "ann@corp.example", "realm": map[string]any{"groups": "staff"}}
	p := i.provider(t, func(c *Config) { c.Claims.Groups, c.Allow.Groups = "realm.groups", []string{"staff"} })
	who, err := i.signIn(t, p)
	if err != nil || who.Email != "ann@corp.example" || who.Verified || !cmp.Equal(who.Groups, []string{"staff"}) {
		t.Errorf("%+v, %v", who, err)
	}
	i.set(func() { i.info["sub"] = "bob" })
	if _, err := i.signIn(t, p); !errors.Is(err, ErrDenied) {
		t.Errorf("somebody else's attributes: %v", err)
	}
	i.set(func() { i.info = nil })
	if _, err := i.signIn(t, p); !errors.Is(err, ErrUnavailable) {
		t.Errorf("groups that cannot be read: %v", err)
	}
	i.set(func() { i.person["realm"] = map[string]any{"groups": []string{"staff"}} })
	if who, err := i.signIn(t, p); err != nil || who.Email != "" {
		t.Errorf("an e-mail address that cannot be read: %+v, %v", who, err)
	}
}

// TestDomainInUserInfo: who may enter hangs on the e-mail address, so that an outage is no refusal.
func TestDomainInUserInfo(t *testing.T) {
	i := newIDP(corp)
	p := i.provider(t, func(c *Config) { c.Allow.Domains = []string{"corp.example"} })
	i.person = map[string]any{"sub": "ann", "groups": "staff"}
	i.info = map[string]any{"sub": "ann", "email": "ann@corp.example", "email_verified": true}
	if _, err := i.signIn(t, p); err != nil {
		t.Error(err)
	}
	i.set(func() { i.info = nil })
	if _, err := i.signIn(t, p); !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	}
}

func TestAnswers(t *testing.T) {
	set := func(name, value string) func(url.Values) { return func(q url.Values) { q.Set(name, value) } }
	for name, c := range map[string]struct {
		change func(url.Values)
		want   error
	}{
		"iss of another":     {set("iss", "https://idp.other.example"), ErrDenied},
		"iss with a slash":   {set("iss", corp+"/"), ErrDenied},
		"no iss":             {func(q url.Values) { q.Del("iss") }, ErrDenied},
		"two iss":            {func(q url.Values) { q.Add("iss", corp) }, ErrDenied},
		"two codes":          {func(q url.Values) { q.Add("code", "x") }, ErrDenied},
		"no code":            {func(q url.Values) { q.Del("code") }, ErrDenied},
		"another code":       {set("code", "canary-x"), ErrDenied},
		"binary code":        {set("code", "a\x00b"), ErrDenied},
		"long code":          {set("code", strings.Repeat("c", maxCode+1)), ErrDenied},
		"no":                 {set("error", "access_denied"), ErrDenied},
		"no, and a code":     {set("error", "login_required"), ErrDenied},
		"trouble":            {set("error", "server_error"), ErrUnavailable},
		"bad registration":   {set("error", "unauthorized_client"), ErrUnavailable},
		"trouble of another": {func(q url.Values) { q.Set("error", "server_error"); q.Del("iss") }, ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIDP(corp)
			if _, err := i.signIn(t, i.provider(t), c.change); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestFinishElsewhere(t *testing.T) {
	i := newIDP(corp)
	p := i.provider(t)
	address, memory, err := p.Begin(t.Context(), back, state)
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := p.Begin(t.Context(), back, state)
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string][]byte{"other sign-in": other, "nothing": nil, "empty": []byte("{}")} {
		if _, err := p.Finish(t.Context(), back, m, i.visit(t, address)); !errors.Is(err, ErrDenied) {
			t.Errorf("%s: %v", name, err)
		}
	}
	asked := i.count("/token")
	if _, err := p.Finish(t.Context(), back+"2", memory, i.visit(t, address)); !errors.Is(err, ErrDenied) || i.count("/token") != asked {
		t.Errorf("other callback: %v", err)
	}
	answer := i.visit(t, address)
	if _, err := p.Finish(t.Context(), back, memory, answer); err != nil {
		t.Error(err)
	}
	if _, err := p.Finish(t.Context(), back, memory, answer); !errors.Is(err, ErrDenied) {
		t.Errorf("the same code again: %v", err)
	}
	if _, _, err := p.Begin(t.Context(), "", state); err == nil {
		t.Error("began without a callback")
	}
	if _, _, err := p.Begin(t.Context(), back, ""); err == nil {
		t.Error("began without a state")
	}
}

func TestMetadata(t *testing.T) {
	const path = "/.well-known/openid-configuration"
	put := func(name string, value any) func(*idp) { return func(i *idp) { i.metadata[name] = value } }
	answer := func(h http.HandlerFunc) func(*idp) { return func(i *idp) { i.fail(h, path) } }
	for name, spoil := range map[string]func(*idp){
		"another issuer":      put("issuer", "https://idp.other.example"),
		"issuer with a slash": put("issuer", corp+"/"),
		"no token endpoint":   put("token_endpoint", ""),
		"keys by http":        put("jwks_uri", "http://idp.corp.example/keys"),
		"keys at home":        put("jwks_uri", "http://127.0.0.1/keys"),
		"keys in a file":      put("jwks_uri", "file:///keys"),
		"login by script":     put("authorization_endpoint", "javascript:alert(1)"),
		"login with a user":   put("authorization_endpoint", "https://a@idp.corp.example/"),
		"userinfo by http":    put("userinfo_endpoint", "http://idp.corp.example/userinfo"),
		"other types":         put("jwks_uri", 7),
		"down":                answer(down),
		"not there":           answer(http.NotFound),
		"not JSON":            answer(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>canary\x00")) }),
		"too long": answer(func(w http.ResponseWriter, _ *http.Request) {
			w.Write([]byte(`{"issuer":"` + corp + `"` + strings.Repeat(" ", maxAnswer)))
		}),
		"redirect": answer(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://169.254.169.254/latest/meta-data", http.StatusFound)
		}),
	} {
		t.Run(name, func(t *testing.T) {
			i := newIDP(corp)
			spoil(i)
			_, _, err := i.provider(t).Begin(t.Context(), back, state)
			if !errors.Is(err, ErrUnavailable) || len(err.Error()) > 700 || strings.ContainsAny(err.Error(), "\x00\n") {
				t.Errorf("%v", err)
			}
			if i.count("/latest/meta-data") != 0 {
				t.Error("it went where it was sent")
			}
		})
	}
}

// TestOutage: what is known is used for a day, what is not is asked for again after a moment.
func TestOutage(t *testing.T) {
	const path = "/.well-known/openid-configuration"
	synctest.Test(t, func(t *testing.T) {
		i := newIDP(corp)
		p := i.provider(t)
		begin := func() error {
			_, _, err := p.Begin(t.Context(), back, state)
			return err
		}
		i.fail(silent, path)
		start := time.Now()
		if err := begin(); !errors.Is(err, ErrUnavailable) || time.Since(start) != patience {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		i.fail(down, path)
		for range 20 {
			if err := begin(); !errors.Is(err, ErrUnavailable) {
				t.Error(err)
			}
		}
		if n := i.count(path); n != 1 {
			t.Errorf("asked %d times", n)
		}
		i.mend()
		time.Sleep(pause)
		if err := begin(); err != nil {
			t.Error(err)
		}
		i.fail(down, path)
		time.Sleep(stale - time.Minute)
		if err := begin(); err != nil {
			t.Errorf("within a day: %v", err)
		}
		time.Sleep(2 * time.Minute)
		if err := begin(); !errors.Is(err, ErrUnavailable) {
			t.Errorf("after a day: %v", err)
		}
	})
}
