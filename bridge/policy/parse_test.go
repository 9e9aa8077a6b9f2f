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
	want := []Rule{{Who: "agent:claude", Server: "files", Tool: "write_*", Verdict: Ask}, {}}
	var got []Rule
	for _, r := range p.rules {
		got = append(got, r.Rule)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
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
		{`[{"Verdict":"deny"}]`, `rule 1: has no key "Verdict"; the keys are who, server, tool and verdict`, 18},
		{`[{"verdict":"deny","tools":"x"}]`, `rule 1: has no key "tools"`, 30},
		{`[{"verdict":"deny","tool":""}]`, `rule 1: "tool" must be text`, 28},
		{`[{"verdict":"deny","tool":["a"]}]`, `rule 1: "tool" must be text`, 27},
		{`[{"verdict":"deny","who":"claude"}]`, `rule 1: who is "claude"; write "agent:NAME"`, 33},
		{`[{"verdict":"deny","who":"agent:"}]`, `rule 1: who is "agent:"`, 33},
		{`[{"verdict":"deny","who":"host:a"}]`, `rule 1: who is "host:a"`, 33},
		{`[{"verdict":"deny","tool":"` + strings.Repeat("a", maxPattern+1) + `"}]`, `rule 1: "tool" must be text`, 285},
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
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := Parse(raw)
		if (p == nil) == (err == nil) {
			t.Fatalf("policy %v with error %v", p, err)
		}
		var e *SyntaxError
		if err != nil && (!errors.As(err, &e) || e.Offset < 0 || e.Offset > len(raw) || e.Text == "") {
			t.Fatalf("error %#v", err)
		}
	})
}
