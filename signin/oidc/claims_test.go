package oidc

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGroups(t *testing.T) {
	const keycloak = `{"realm_access":{"roles":["b","a","b",""]},"resource_access":{"my.app":{"roles":["c"]}}}`
	for _, c := range []struct {
		claims, path string
		want         []string // nil is none
		fault        bool
	}{
		{`{"groups":["b","a"]}`, "groups", []string{"a", "b"}, false},
		{`{"groups":"a b"}`, "groups", []string{"a b"}, false},
		{`{"groups":["a"]}`, "", nil, false},
		{`{"groups":["a"]}`, "Groups", nil, false},
		{`{"groups":null}`, "groups", nil, false},
		{`{"groups":[]}`, "groups", []string{}, false},
		{keycloak, "realm_access.roles", []string{"a", "b"}, false},
		{keycloak, "resource_access.my.app.roles", []string{"c"}, false},
		{keycloak, "realm_access", nil, true},
		{keycloak, "realm_access.roles.a", nil, false},
		{`{"https://corp.example/claims":{"groups":["a"]}}`, "https://corp.example/claims.groups", []string{"a"}, false},
		{`{"a.b":{"c":"long"},"a":{"b":{"c":"short"}}}`, "a.b.c", []string{"long"}, false},
		{`{"a.b":{},"a":{"b":{"c":"short"}}}`, "a.b.c", nil, false},
		{`{"roles":[{"name":"a"},{"name":["b","c"]},{"other":"d"},7]}`, "roles.name", []string{"a", "b", "c"}, false},
		{`{"groups":["a",7]}`, "groups", nil, true},
		{`{"groups":7}`, "groups", nil, true},
		{`{"groups":["a",["b"]]}`, "groups", nil, true},
		{`{"groups":["` + strings.Repeat("g", maxGroup+1) + `"]}`, "groups", nil, true},
		{`{"groups":["a"` + strings.Repeat(`,"a"`, maxGroups) + `]}`, "groups", nil, true},
		{`{"_claim_names":{"groups":"src1"}}`, "groups", nil, true},
		{`{"_claim_names":{"other":"src1"}}`, "groups", nil, false},
		{`{"hasgroups":true}`, "groups", nil, true},
		{`{"hasgroups":"true"}`, "groups", nil, true},
	} {
		parsed, err := parseClaims([]byte(c.claims))
		if err != nil {
			t.Fatal(err)
		}
		got, err := parsed.groups(c.path)
		if (err != nil) != c.fault || !c.fault && !cmp.Equal(got, c.want) {
			t.Errorf("%.80s at %q: %v, %v", c.claims, c.path, got, err)
		}
	}
}

func TestParseClaims(t *testing.T) {
	for _, text := range []string{``, `null`, `[]`, `7`, `{}{}`, `{} x`, `{"a":1`} {
		if c, err := parseClaims([]byte(text)); err == nil {
			t.Errorf("%q is %v", text, c)
		}
	}
}

func FuzzGroups(f *testing.F) {
	f.Add(`{"a.b":{"c":["x"]},"a":{"b":"y"}}`, "a.b.c")
	f.Add(`{"r":[{"n":"a"},[{"n":["b"]}]]}`, "r.n")
	f.Add(`{"":{"":["a"]}}`, ".")
	f.Add(`{"_claim_names":{"g":1}}`, "g")
	f.Fuzz(func(t *testing.T, text, path string) {
		c, err := parseClaims([]byte(text))
		if err != nil {
			return
		}
		groups, err := c.groups(path)
		if err != nil {
			return
		}
		if !slices.IsSorted(groups) || len(slices.Compact(slices.Clone(groups))) != len(groups) || slices.Contains(groups, "") {
			t.Errorf("%q are not a sorted set of names", groups)
		}
		known := stringsIn(map[string]any(c), nil)
		for _, g := range groups {
			if !slices.Contains(known, g) {
				t.Errorf("the group %q is from nowhere in %q", g, text)
			}
		}
		if whole, ok := c[path].(string); ok && whole != "" && path != "" && !slices.Equal(groups, []string{whole}) {
			t.Errorf("%q at %q is %q", whole, path, groups)
		}
	})
}

// stringsIn adds every string value in v to all.
func stringsIn(v any, all []string) []string {
	switch v := v.(type) {
	case string:
		all = append(all, v)
	case []any:
		for _, e := range v {
			all = stringsIn(e, all)
		}
	case map[string]any:
		for _, e := range v {
			all = stringsIn(e, all)
		}
	}
	return all
}

func TestAllow(t *testing.T) {
	for name, c := range map[string]struct {
		issuer string
		allow  Allow
		claims string
		fine   bool
	}{
		"everybody":            {corp, Allow{}, `{"sub":"ann"}`, true},
		"subject":              {corp, Allow{Subjects: []string{"bob", "ann"}}, `{"sub":"ann"}`, true},
		"other subject":        {corp, Allow{Subjects: []string{"ann "}}, `{"sub":"ann"}`, false},
		"group":                {corp, Allow{Groups: []string{"staff"}}, `{"sub":"ann","groups":["x","staff"]}`, true},
		"other group":          {corp, Allow{Groups: []string{"staff"}}, `{"sub":"ann","groups":["STAFF"]}`, false},
		"no group":             {corp, Allow{Groups: []string{"", "staff"}}, `{"sub":"ann","groups":""}`, false},
		"group, not subject":   {corp, Allow{Groups: []string{"staff"}, Subjects: []string{"bob"}}, `{"sub":"ann","groups":"staff"}`, false},
		"domain":               {corp, Allow{Domains: []string{"Corp.example"}}, `{"sub":"ann","email":"ann@corp.EXAMPLE","email_verified":true}`, true},
		"domain not verified":  {corp, Allow{Domains: []string{"corp.example"}}, `{"sub":"ann","email":"ann@corp.example"}`, false},
		"domain look-alike":    {corp, Allow{Domains: []string{"corp.example"}}, `{"sub":"ann","email":"ann@evilcorp.example","email_verified":true}`, false},
		"domain inside":        {corp, Allow{Domains: []string{"corp.example"}}, `{"sub":"ann","email":"ann@a.corp.example","email_verified":true}`, false},
		"domain before":        {corp, Allow{Domains: []string{"corp.example"}}, `{"sub":"ann","email":"a@corp.example@evil.example","email_verified":true}`, false},
		"empty domain":         {corp, Allow{Domains: []string{""}}, `{"sub":"ann","email":"ann@","email_verified":true}`, false},
		"organization":         {google, Allow{Domains: []string{"corp.example"}}, `{"sub":"ann","hd":"corp.example"}`, true},
		"organization by all":  {corp, Allow{Domains: []string{"corp.example"}}, `{"sub":"ann","hd":"corp.example"}`, false},
		"other name of people": {corp, Allow{Subjects: []string{"ann"}}, `{"sub":7}`, false},
	} {
		p, err := New(Config{Issuer: c.issuer, ClientID: client, Allow: c.allow, Claims: Claims{Groups: "groups"}})
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parseClaims([]byte(c.claims))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.identify(parsed); (err == nil) != c.fine {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestShown(t *testing.T) {
	for text, want := range map[string]string{
		" Ann ":                  "Ann",
		"a\u202egpj.exe":         "agpj.exe",
		"a\x00\r\n\x1b[31mb":     "a[31mb",
		"a\xffb":                 "ab",
		strings.Repeat("ü", 300): strings.Repeat("ü", maxShown),
	} {
		if got := shown(text); got != want {
			t.Errorf("%q is shown as %q", text, got)
		}
	}
}

// TestMapping has a provider whose names of people lie elsewhere.
func TestMapping(t *testing.T) {
	i := newIDP(corp)
	i.person = map[string]any{"sub": "pairwise", "oid": "ann", "upn": "ann@corp.example", "groups": json.RawMessage(`["a"]`), "email": "x@y.example", "email_verified": true}
	p := i.provider(t, func(c *Config) { c.Claims = Claims{Subject: "oid", Email: "upn", Groups: "groups"} })
	who, err := i.signIn(t, p)
	if err != nil || who.Subject != corp+"|ann" || who.Email != "ann@corp.example" || who.Verified {
		t.Errorf("%+v, %v", who, err)
	}
}
