package policy

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	p, err := Parse([]byte(` [
		{"who": "agent:claude", "server": "files", "tool": "write_*", "verdict": "ask"},
		{"verdict": "deny"}
	] `))
	if err != nil {
		t.Fatal(err)
	}
	want := []Rule{{Who: []string{"agent:claude"}, Server: "files", Tool: "write_*", Verdict: Ask}, {}}
	var got []Rule
	for _, r := range p.rules {
		got = append(got, r.Rule)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if _, err := Parse([]byte(`[{"who": ["agent:a", "group:g", "group:h", "user:i|1", "*", "agent:a"], "verdict": "deny"}]`)); err != nil {
		t.Error(err)
	}
	for _, none := range []string{"", " \n", "null", "[]"} {
		if p, err := Parse([]byte(none)); err != nil || len(p.rules) != 0 {
			t.Errorf("%q: %v, %v", none, p, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	many := "[" + strings.Repeat(`{"verdict":"deny"},`, maxRules) + `{"verdict":"deny"}]`
	cases := []struct {
		raw, want string
		offset    int
	}{
		{`{}`, `rules: must be a list, like [{"verdict": "deny"}]`, 1},
		{`true`, `rules: must be a list`, 4},
		{`[{"verdict":"deny"}`, `rules: unexpected EOF`, 19},
		{`[{"verdict":"deny"}] 1`, `rules: something stands behind the list`, 22},
		{`null 1`, `rules: something stands behind the list`, 6},
		{`["deny"]`, `rule 1: must be an object with a verdict`, 7},
		{`[{"verdict":"deny"}, {}]`, `rule 2: has no verdict; add "verdict": "allow", "ask" or "deny"`, 22},
		{`[{"verdict":"Deny"}]`, `rule 1: verdict is "Deny"; write "allow", "ask" or "deny"`, 18},
		{`[{"verdict":null}]`, `rule 1: "verdict" must be text of 1 to 256 bytes`, 16},
		{`[{"verdict":"deny","verdict":"allow"}]`, `rule 1: "verdict" is given twice`, 28},
		{`[{"Verdict":"deny"}]`, `rule 1: has no key "Verdict"; the keys are who, server, tool`, 11},
		{`[{"verdict":"deny","tools":"x"}]`, `rule 1: has no key "tools"`, 26},
		{`[{"verdict":"deny","tool":""}]`, `rule 1: "tool" must be text`, 28},
		{`[{"verdict":"deny","tool":["a"]}]`, `rule 1: "tool" must be text`, 27},
		{`[{"verdict":"deny","who":"claude"}]`, `rule 1: who is "claude"; write "agent:NAME"`, 33},
		{`[{"verdict":"deny","who":"agent:"}]`, `rule 1: who is "agent:"`, 33},
		{`[{"verdict":"deny","who":"host:a"}]`, `rule 1: who is "host:a"`, 33},
		{`[{"verdict":"deny","tool":"` + strings.Repeat("a", maxPattern+1) + `"}]`, `rule 1: "tool" must be text`, 285},
		{`[{"who":[],"verdict":"deny"}]`, `rule 1: who is an empty list`, -1},
		{`[{"who":["agent:a",""],"verdict":"deny"}]`, `rule 1: "who" must be text`, 21},
		{`[{"who":["agent:a","b"],"verdict":"deny"}]`, `rule 1: who is "b"`, 22},
		{`[{"who":["agent:a","group:g","agent:b"],"verdict":"deny"}]`, `rule 1: who is both "agent:a" and "agent:b", which nobody is`, -1},
		{`[{"who":["user:i|1","user:i|2"],"verdict":"deny"}]`, `rule 1: who is both "user:i|1" and "user:i|2"`, -1},
		{`[{"tool":"a","prompt":"b","verdict":"deny"}]`, `rule 1: names more than one of tool, prompt and resource`, -1},
		{`[{"annotation":"readonly","verdict":"deny"}]`, `rule 1: annotation is "readonly"; write "read-only"`, 25},
		{`[{"annotation":"read-only","resource":"a","verdict":"deny"}]`, `rule 1: has an annotation, which only tools have`, -1},
		{`[{"tool":"a","where":{"p":{"under":"/a"}},"verdict":"deny"}]`, `rule 1: denies under a condition`, -1},
		{`[{"where":{"p":{"under":"/a"}},"verdict":"allow"}]`, `rule 1: has a condition on arguments; say of which tool`, -1},
		{`[{"resource":"a","where":{"p":{"under":"/a"}},"verdict":"allow"}]`, `rule 1: has a condition on arguments`, -1},
		{`[{"tool":"a","where":[],"verdict":"allow"}]`, `rule 1: "where" must be an object`, 22},
		{`[{"tool":"a","where":{},"verdict":"allow"}]`, `rule 1: where is empty`, -1},
		{`[{"tool":"a","where":{"p":{}},"verdict":"allow"}]`, `rule 1: where.p says nothing`, -1},
		{`[{"tool":"a","where":{"p":"/a"},"verdict":"allow"}]`, `rule 1: where.p must be an object`, 30},
		{`[{"tool":"a","where":{"p":{"in":["x"]},"p":{}},"verdict":"allow"}]`, `rule 1: "p" is given twice`, 42},
		{`[{"tool":"a","where":{"p":{"under":"/a","under":"/b"}},"verdict":"allow"}]`, `rule 1: "under" is given twice`, 47},
		{`[{"tool":"a","where":{"p":{"under":"docs"}},"verdict":"allow"}]`, `rule 1: "docs" is no absolute path`, 41},
		{`[{"tool":"a","where":{"p":{"like":"a"}},"verdict":"allow"}]`, `rule 1: where.p has no key "like"`, 33},
		{`[{"tool":"a","where":{"p":{"in":[]}},"verdict":"allow"}]`, `rule 1: "in" must be a list of 1 to 64 values`, -1},
		{`[{"tool":"a","where":{"p":{"in":[{}]}},"verdict":"allow"}]`, `rule 1: "in" must hold texts`, -1},
		{`[{"tool":"a","where":{"p":{"matches":"("}},"verdict":"allow"}]`, `rule 1: "(" is no regular expression (RE2)`, 40},
		{`[{"tool":"a","where":{"p":{"matches":"(?=a)"}},"verdict":"allow"}]`, `rule 1: "(?=a)" is no regular expression (RE2)`, -1},
		{`[{"tool":"a","where":{"p":{"matches":"a)|(.*"}},"verdict":"allow"}]`, `rule 1: "a)|(.*" is no regular expression (RE2)`, -1},
		{`[{"tool":"a","arguments":[],"verdict":"allow"}]`, `rule 1: arguments must be an object`, -1},
		{`[{"tool":"a","arguments":{"a":1,"a":2},"verdict":"allow"}]`, `rule 1: arguments must be an object of 4096 bytes at most in which no key comes twice`, -1},
		{many, fmt.Sprintf("rule %d: more than %d rules", maxRules+1, maxRules), -1},
	}
	for _, c := range cases {
		p, err := Parse([]byte(c.raw))
		var e *SyntaxError
		if p != nil || !errors.As(err, &e) {
			t.Errorf("%.60s: got %v, %v", c.raw, p, err)
			continue
		}
		if !strings.HasPrefix(e.Error(), c.want) || c.offset >= 0 && e.Offset != c.offset {
			t.Errorf("%.60s: got %q at %d, want %q at %d", c.raw, e, e.Offset, c.want, c.offset)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`[{"who":"agent:a","server":"s","tool":"t?*","verdict":"ask"}]`))
	f.Add([]byte(`[{"verdict":"deny"},{"verdict":"allow","tool":"\u0000"}]`))
	f.Add([]byte(`[{"who":["agent:a","group:b"],"annotation":"destructive","tool":"t","where":{"/a/b":{"under":"/x","in":[1,"a"],"matches":"a+"}},"arguments":{"b":[{}],"a":null},"verdict":"allow"}]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := Parse(raw)
		for i := 0; err == nil && i < len(p.rules); i++ {
			one := p.rules[i].JSON()
			again, err := Parse([]byte("[" + string(one) + "]"))
			if err != nil || string(again.rules[0].JSON()) != string(one) {
				t.Fatalf("%s is read back as %v, %v", one, again, err)
			}
		}
		if (p == nil) == (err == nil) {
			t.Fatalf("policy %v with error %v", p, err)
		}
		var e *SyntaxError
		if err != nil && (!errors.As(err, &e) || e.Offset < 0 || e.Offset > len(raw) || e.Text == "") {
			t.Fatalf("error %#v", err)
		}
	})
}
