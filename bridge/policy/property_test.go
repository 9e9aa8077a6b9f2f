package policy

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"drawbridge/internal/caller"
)

// dice makes rules, callers and calls of few words, so that they often meet.
type dice struct{ *rand.Rand }

func (d dice) of(from ...string) string { return from[d.IntN(len(from))] }

func (d dice) rule() Rule {
	r := Rule{Server: d.of("", "s", "t*"), Verdict: Verdict(d.IntN(3))}
	for range d.IntN(3) {
		r.Who = append(r.Who, d.of("*", "agent:x", "agent:y", "user:i|1", "group:g"))
	}
	glob := d.of("", "*", "a", "ab", "a*", "*b", "?")
	switch d.IntN(4) {
	case 0:
		r.Prompt = glob
	case 1:
		r.Resource = glob
	default:
		r.Tool = glob
		r.Annotation = d.of("", "", ReadOnly, Destructive, OpenWorld)
	}
	if r.Verdict != Deny && r.Resource == "" && (r.Prompt+r.Tool != "" || r.Annotation != "") {
		switch d.IntN(4) {
		case 0:
			r.Where = []Condition{{Argument: "p", Under: d.of("/", "/a", "/a/b")}}
		case 1:
			r.Where = []Condition{{Argument: "p", Matches: d.of("/.*", "/a.*")}, {Argument: "q", In: []json.RawMessage{json.RawMessage(d.of("1", `"x"`))}}}
		case 2:
			r.Arguments = json.RawMessage(d.of(`{}`, `{"p":"/a","q":1}`))
		}
	}
	return r
}

func (d dice) query() Query {
	q := Query{Method: d.of("tools/call", "tools/call", "prompts/get", "resources/read", "tools/list", "ping"), Name: d.of("a", "b", "ab", "abc", "a", "b", "ab", "abc", "%61", "AB")}
	q.Annotations = Annotations{d.IntN(2) == 0, d.IntN(2) == 0, d.IntN(2) == 0}
	if a := d.of("", `{}`, `{"p":"/a"}`, `{"q":1,"p":"/a"}`, `{"p":"/a/b/c","q":"x"}`, `{"p":"/c"}`); a != "" {
		q.Arguments = []byte(a)
	}
	return q
}

// TestListingIsCalling: what calling would refuse, whatever the arguments, is never listed; and what may be called,
// or asked about, always is.
func TestListingIsCalling(t *testing.T) {
	d := dice{rand.New(rand.NewPCG(7, 7))}
	seen := map[string]int{}
	for range 20_000 {
		var rules []Rule
		for range d.IntN(8) {
			rules = append(rules, d.rule())
		}
		p := of(rules)
		c := &caller.Caller{Agent: d.of("x", "y"), User: d.of("", "i|1"), Groups: []string{d.of("g", "h")}, Scopes: []caller.Scope{{Server: d.of("s", "*", "u")}}}
		compiled, q := p.For(c, "s"), d.query()
		v, why := compiled.Decide(q)
		if v != Deny && !compiled.Shows(q) {
			t.Fatalf("%v: %+v is %v because %s, and not listed", rules, q, v, why)
		}
		if compiled.Shows(q) && v == Deny && !couldPass(compiled, q) {
			t.Fatalf("%v: %+v is listed, and no arguments are let through: %s", rules, q, why)
		}
		if e := p.Explain(c, "s", q); e.Verdict != v || e.Why != why {
			t.Fatalf("%v: %+v is %v because %s, and explained as %v because %s", rules, q, v, why, e.Verdict, e.Why)
		} else {
			for _, passed := range e.Passed {
				if passed.Why == "" {
					t.Fatalf("%v: %+v passed over %s, which applies", rules, q, passed.Text)
				}
			}
		}
		seen[fmt.Sprint(v, compiled.Shows(q))]++
	}
	for _, both := range []string{"deny false", "deny true", "ask true", "allow true"} {
		if seen[both] < 20 {
			t.Errorf("%s came only %d times", both, seen[both])
		}
	}
}

// couldPass reports whether some arguments let the call through. The candidates meet every condition that dice makes.
func couldPass(d *Compiled, q Query) bool {
	for _, args := range []string{`{}`, `{"p":"/a/b","q":1}`, `{"p":"/a/b","q":"x"}`, `{"p":"/a","q":1}`} {
		q.Arguments = []byte(args)
		if v, _ := d.Decide(q); v != Deny {
			return true
		}
	}
	return false
}

// TestBefore: a rule put there decides the call, and changes nothing that a rule above it says.
func TestBefore(t *testing.T) {
	d := dice{rand.New(rand.NewPCG(8, 8))}
	asked := 0
	for range 5_000 {
		var rules []Rule
		for range 1 + d.IntN(6) {
			rules = append(rules, d.rule())
		}
		c := &caller.Caller{Agent: "x", Scopes: everything}
		q := Query{Method: "tools/call", Name: d.of("a", "ab"), Arguments: []byte(`{"p":"/a"}`)}
		p := of(rules)
		at, err := p.Before(c, "s", q)
		if v, _ := p.For(c, "s").Decide(q); (v == Ask) != (err == nil) {
			t.Fatalf("%v: %v, and the place is %d, %v", rules, v, at, err)
		}
		if err != nil {
			continue
		}
		asked++
		more := append(append(append([]Rule{}, rules[:at]...), Rule{Who: []string{"agent:x"}, Server: "s", Tool: q.Name, Verdict: Allow}), rules[at:]...)
		if v, why := of(more).For(c, "s").Decide(q); v != Allow {
			t.Fatalf("%v: still %v because %s", more, v, why)
		}
	}
	if asked < 300 {
		t.Errorf("only %d were asked about", asked)
	}
}

// FuzzPath: what is under a directory stays there however it is read on.
func FuzzPath(f *testing.F) {
	for _, s := range []string{"/a/../b", `c:\a\..`, "/a/./b//", `\\?\c:\`, "/a/..", "c:/a/. /b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, p string) {
		clean, ok := cleanPath(p)
		if !ok {
			return
		}
		if again, ok := cleanPath(clean); !ok || again != clean {
			t.Fatalf("%q is cleaned to %q, and that to %q, %v", p, clean, again, ok)
		}
		if !isUnder(clean, clean) || !isUnder(clean, clean[:len(clean)-len(clean[1:])]) && clean[0] == '/' {
			t.Fatalf("%q is not under itself or the root", clean)
		}
		if !strings.ContainsAny(clean, "%?#") && ambiguous(clean) {
			t.Fatalf("%q still has dots", clean)
		}
	})
}

// FuzzCanonical: the form is one of itself, and there is none for what is ambiguous.
func FuzzCanonical(f *testing.F) {
	for _, s := range []string{`{"b":1,"a":[null,"\u0061"]}`, `{"a":1,"\u0061":2}`, `"\ud800"`, ` [ 1.0 , {} ] `} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !json.Valid(raw) {
			return
		}
		form, ok := canonical(raw)
		if !ok || strings.ContainsRune(form, '\uFFFD') {
			return
		}
		if again, ok := canonical([]byte(form)); !ok || again != form || !json.Valid([]byte(form)) {
			t.Fatalf("%s becomes %s, and that %s, %v", raw, form, again, ok)
		}
	})
}

func BenchmarkConditions(b *testing.B) {
	var rules []Rule
	for i := range 10_000 {
		r := Rule{Who: []string{"agent:claude"}, Tool: "write", Verdict: Allow}
		switch i % 3 {
		case 0:
			r.Where = []Condition{{Argument: "path", Under: fmt.Sprintf("/srv/%d", i)}}
		case 1:
			r.Where = []Condition{{Argument: "path", Matches: fmt.Sprintf("/etc/%d/.*", i)}}
		case 2:
			r.Arguments = json.RawMessage(fmt.Sprintf(`{"path":"/tmp/%d"}`, i))
		}
		rules = append(rules, r)
	}
	for _, n := range []int{10, 1000, 10_000} {
		d := of(rules[:n]).For(&caller.Caller{Agent: "claude", Scopes: everything}, "files")
		q := Query{Method: "tools/call", Name: "write", Arguments: []byte(`{"path":"/home/ada/notes.md","content":"# Notes"}`)}
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d.Decide(q)
			}
		})
	}
}

// FuzzPlainURI: a rule that names a URI is about its plain spelling too.
func FuzzPlainURI(f *testing.F) {
	for _, s := range []string{"file:///a//b#c", "FILE:/localhost/a", "a:////", "x%2f%2fy", "%", ":/", " a\tb:/\n/c "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		if glob := newGlob(plainGlob(uri)); !strings.ContainsAny(uri, "*?") && !glob.match(plainURI(uri)) {
			t.Fatalf("%q is %q, and not what a rule for it is about, %q", uri, plainURI(uri), glob.text)
		}
	})
}
