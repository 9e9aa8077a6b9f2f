package app

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"drawbridge/bridge/audit"
)

func TestSearch(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.Local)
	for text, want := range map[string]audit.Filter{
		"":                          {},
		` "" `:                      {},
		"Refused  n8n":              {Texts: []string{"Refused", "n8n"}},
		`"a phrase" and "more`:      {Texts: []string{"a phrase", "and", "more"}},
		`"agent:claude" C:\x 10:03`: {Texts: []string{"agent:claude", `C:\x`, "10:03"}},
		"file:///x https://idp":     {Texts: []string{"file:///x", "https://idp"}},
		`a"b "\"quoted\" C:\\x\y"`:  {Texts: []string{`a"b`, `"quoted" C:\x\y`}},
		`agent:claude outcome:denied kind:refused until:2026-11-01 "a phrase"`: {
			Agent: "claude", Outcome: "denied", Kinds: []audit.Kind{audit.Refused}, Until: time.Date(2026, 11, 1, 0, 0, 0, 0, time.Local), Texts: []string{"a phrase"},
		},
		`agent:"the laptop" user:https://idp|7 tool:file:///x`: {Agent: "the laptop", User: "https://idp|7", Name: "file:///x"},
		"kind:call-begin kind:call-end since:7d":               {Kinds: []audit.Kind{audit.CallBegin, audit.CallEnd}, Since: now.AddDate(0, 0, -7)},
		`session:3 call:17 front:sse era:modern verdict:ask rule:"rule 2" group:ops address:192.0.2.7 server:git method:tools/call`: {
			Session: 3, Call: 17, Front: "sse", Era: "modern", Verdict: "ask", Rule: "rule 2", Group: "ops", Address: "192.0.2.7", Server: "git", Method: "tools/call",
		},
	} {
		var got audit.Filter
		if err := Search(text).Narrow(&got, now); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(audit.Filter{})); d != "" {
			t.Errorf("%q: %s", text, d)
		}
	}
	for text, want := range map[string]string{
		"agnt:claude":               `there is no field "agnt"`,
		"agnt:x":                    "in quotes",
		"agent:":                    "write behind agent: what it shall be",
		`agent:"" x`:                "write behind agent: what it shall be",
		"agent:a agent:b":           "agent: it is asked for twice",
		"call:1 call:2":             "call: it is asked for twice",
		"until:2026-01-01 until:1d": "until: it is asked for twice",
		"kind:calls":                `kind: there is no kind "calls"`,
		"verdict:maybe":             `verdict: there is no "maybe"; there are allow, ask, deny`,
		"call:0":                    `call: "0" is no number`,
		"session:x":                 `session: "x" is no number`,
		"until:2026-02-30":          "until: write how long ago",
		"since:yesterday":           "since: write how long ago",
	} {
		if err := Search(text).Narrow(&audit.Filter{}, now); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	f := audit.Filter{Agent: "ada"}
	if Search("agent:ben").Narrow(&f, now) == nil {
		t.Error("a search widens a filter")
	}
}

func TestSearchWith(t *testing.T) {
	for _, c := range []struct{ text, field, value, want string }{
		{"", "agent", "claude", "agent:claude"},
		{"", "agent", "", ""},
		{" b  a ", "agent", "the laptop", `b a agent:"the laptop"`},
		{"a agent:x b agent:y", "agent", "z", "a agent:z b"},
		{"a agent:x b agent:y", "agent", "", "a b"},
		{`"x:y" "open`, "rule", `"r" \2`, `"x:y" open rule:"\"r\" \\2"`},
		{"agnt:x", "agent", "y", "agnt:x agent:y"},
	} {
		got := Search(c.text).With(c.field, c.value)
		if string(got) != c.want || got.Value(c.field) != c.value {
			t.Errorf("%q with %s %q is %q, which demands %q", c.text, c.field, c.value, got, got.Value(c.field))
		}
	}
}

// FuzzSearch holds that what is read of a search can be written again, and that a demand put into it is the one that is read.
func FuzzSearch(f *testing.F) {
	f.Add(`agent:claude "a phrase" until:2026-11-01 x"y`, `the "laptop"`)
	f.Add("kind:refused\u00a0\"open \\\" \\", "\xff \\")
	f.Fuzz(func(t *testing.T, text, value string) {
		s := Search(text)
		var again []string
		for _, w := range s.words() {
			again = append(again, w.String())
		}
		if words := Search(strings.Join(again, " ")).words(); !slices.Equal(words, s.words()) {
			t.Fatalf("%q became %q", s.words(), words)
		}
		with := s.With("rule", value)
		if with.Value("rule") != value {
			t.Fatalf("%q with %q is %q", text, value, with)
		}
		if with.With("rule", "") != s.With("rule", "") {
			t.Fatalf("%q does not lose %q", with, value)
		}
		var filter audit.Filter
		if with.Narrow(&filter, time.Now()) == nil && filter.Rule != value {
			t.Fatalf("%q asks for %q", with, filter.Rule)
		}
	})
}
