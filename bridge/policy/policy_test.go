package policy

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"drawbridge/internal/caller"
)

var everything = []caller.Scope{{Server: "*"}}

// TestDecide reads: with these scopes and rules, agent "claude" asks "files" for this, and gets that.
func TestDecide(t *testing.T) {
	tools := func(globs ...string) []caller.Scope { return []caller.Scope{{Server: "files", Tools: globs}} }
	call := func(name string) Query { return Query{Method: "tools/call", Name: name} }
	prompt := Query{Method: "prompts/get", Name: "p"}
	read := Query{Method: "resources/read", Name: "file:///a"}
	cases := []struct {
		scopes []caller.Scope
		rules  string
		query  Query
		want   Verdict
		why    string
	}{
		{nil, ``, call("read"), Deny, notGranted.why},
		{nil, ``, Query{Method: "initialize"}, Deny, notGranted.why},
		{nil, `[{"verdict":"allow"}]`, call("read"), Deny, notGranted.why},
		{[]caller.Scope{{Server: "other"}}, ``, call("read"), Deny, notGranted.why},
		{[]caller.Scope{{Server: ""}}, ``, call("read"), Deny, notGranted.why},
		{[]caller.Scope{{Server: "file?"}}, ``, call("read"), Deny, notGranted.why},
		{[]caller.Scope{{Server: "FILES"}}, ``, call("read"), Deny, notGranted.why},
		{everything, ``, call("read"), Allow, "scope *"},
		{[]caller.Scope{{Server: "files"}}, ``, call("read"), Allow, "scope files"},
		{everything, ``, call(""), Deny, "no name given"},
		{everything, ``, prompt, Allow, "scope *"},
		{everything, ``, read, Allow, "scope *"},
		{everything, ``, Query{Method: "server/discover"}, Allow, serverGranted.why},
		{everything, ``, Query{Method: "subscriptions/listen"}, Allow, serverGranted.why},
		{everything, ``, Query{Method: "sampling/createMessage"}, Deny, "unknown method"},
		{everything, ``, Query{Method: "tools/call2", Name: "read"}, Deny, "unknown method"},
		{everything, ``, Query{Method: "Tools/call", Name: "read"}, Deny, "unknown method"},
		{everything, ``, Query{}, Deny, "unknown method"},

		{tools("read_*"), ``, call("read_file"), Allow, "scope files tool read_*"},
		{tools("read_*"), ``, call("Read_file"), Deny, notGranted.why},
		{tools("read_*"), ``, call("write_file"), Deny, notGranted.why},
		{tools("read_*"), ``, prompt, Deny, notGranted.why},
		{tools("*"), ``, prompt, Deny, notGranted.why},
		{tools("read_*"), ``, read, Deny, notGranted.why},
		{tools("read_*"), ``, Query{Method: "resources/list"}, Deny, notGranted.why},
		{tools("read_*"), ``, Query{Method: "tools/list"}, Allow, "scope files tool read_*"},
		{tools("read_*"), ``, Query{Method: "tasks/get"}, Allow, "scope files tool read_*"},
		{tools("read_*"), ``, Query{Method: "ping"}, Allow, serverGranted.why},
		{append(tools("add"), everything...), ``, prompt, Allow, "scope *"},

		{everything, ``, Query{Method: "completion/complete", Name: "p", Ref: "ref/prompt"}, Allow, "scope *"},
		{everything, ``, Query{Method: "completion/complete", Name: "p", Ref: "ref/tool"}, Deny, "unknown method"},
		{everything, ``, Query{Method: "completion/complete", Name: "p"}, Deny, "unknown method"},
		{tools("*"), ``, Query{Method: "completion/complete", Name: "a", Ref: "ref/resource"}, Deny, notGranted.why},

		{everything, `[{"tool":"write_*","verdict":"ask"}]`, call("write_file"), Ask, "rule 1: ask tool write_* of every server for everybody"},
		{everything, `[{"tool":"write_*","verdict":"ask"}]`, call("read_file"), Allow, "scope *"},
		{everything, `[{"verdict":"deny"}]`, call("x"), Deny, "rule 1: deny everything of every server for everybody"},
		{everything, `[{"verdict":"deny"}]`, prompt, Deny, "rule 1: deny everything of every server for everybody"},
		{everything, `[{"verdict":"deny"}]`, Query{Method: "tools/list"}, Deny, "rule 1: deny everything of every server for everybody"},
		{everything, `[{"verdict":"deny"}]`, Query{Method: "ping"}, Deny, notGranted.why},
		{everything, `[{"tool":"*","verdict":"deny"}]`, prompt, Allow, "scope *"},
		{everything, `[{"tool":"*","verdict":"deny"}]`, Query{Method: "tasks/result"}, Deny, "rule 1: deny tool * of every server for everybody"},
		{everything, `[{"tool":"a","verdict":"allow"},{"tool":"*","verdict":"deny"}]`, call("a"), Allow, "rule 1: allow tool a of every server for everybody"},
		{everything, `[{"tool":"a","verdict":"allow"},{"tool":"*","verdict":"deny"}]`, call("b"), Deny, "rule 2: deny tool * of every server for everybody"},
		{everything, `[{"tool":"a*","verdict":"ask"},{"tool":"ab","verdict":"deny"}]`, call("ab"), Ask, "rule 1: ask tool a* of every server for everybody"},
		{everything, `[{"tool":"ab","verdict":"deny"},{"tool":"a*","verdict":"ask"}]`, call("ab"), Deny, "rule 1: deny tool ab of every server for everybody"},
		{everything, `[{"who":"agent:claude","verdict":"deny"}]`, call("a"), Deny, "rule 1: deny everything of every server for agent:claude"},
		{everything, `[{"who":"agent:claud","verdict":"deny"}]`, call("a"), Allow, "scope *"},
		{everything, `[{"who":"user:https://idp|7","verdict":"ask"}]`, call("a"), Ask, "rule 1: ask everything of every server for user:https://idp|7"},
		{everything, `[{"who":"group:staff","verdict":"ask"}]`, call("a"), Ask, "rule 1: ask everything of every server for group:staff"},
		{everything, `[{"who":"group:admins","verdict":"deny"}]`, call("a"), Allow, "scope *"},
		{everything, `[{"server":"fil*","verdict":"deny"}]`, call("a"), Deny, "rule 1: deny everything of fil* for everybody"},
		{everything, `[{"server":"git","verdict":"deny"}]`, call("a"), Allow, "scope *"},
		{tools("a"), `[{"tool":"b","verdict":"allow"}]`, call("b"), Deny, notGranted.why},
	}
	for _, c := range cases {
		p, err := Parse([]byte(c.rules))
		if err != nil {
			t.Fatalf("%s: %v", c.rules, err)
		}
		who := &caller.Caller{Agent: "claude", User: "https://idp|7", Groups: []string{"staff"}, Scopes: c.scopes}
		got, why := p.For(who, "files").Decide(c.query)
		if got != c.want || why != c.why {
			t.Errorf("scopes %v, rules %s, %+v:\n got %v because %q\nwant %v because %q", c.scopes, c.rules, c.query, got, why, c.want, c.why)
		}
	}
}

func TestNothingAllowsByDefault(t *testing.T) {
	var none *Compiled
	var nobody *Policy
	for name, d := range map[string]*Compiled{
		"nil":        none,
		"zero":       {},
		"nil caller": nobody.For(nil, "files"),
		"no server":  nobody.For(&caller.Caller{Scopes: everything}, ""),
		"no scope":   (&Policy{}).For(&caller.Caller{}, "files"),
	} {
		if v, _ := d.Decide(Query{Method: "tools/call", Name: "x"}); v != Deny {
			t.Errorf("%s: tools/call is %v", name, v)
		}
		if d.ServerVisible() || d.AllowsAll(Tools) || d.AllowsAll(Free) || d.AllowsAll(Completion) || d.Shows(Query{Method: "ping"}) {
			t.Errorf("%s: something is allowed", name)
		}
	}
}

func TestAllowsAll(t *testing.T) {
	cases := []struct {
		scopes                    []caller.Scope
		rules                     string
		tools, prompts, completes bool
	}{
		{everything, ``, true, true, true},
		{[]caller.Scope{{Server: "files", Tools: []string{"*"}}}, ``, true, false, false},
		{[]caller.Scope{{Server: "files", Tools: []string{"a*"}}}, ``, false, false, false},
		{everything, `[{"tool":"a","verdict":"allow"}]`, true, true, true},
		{everything, `[{"tool":"a","verdict":"ask"}]`, false, true, true},
		{everything, `[{"verdict":"allow"},{"verdict":"deny"}]`, true, true, true},
		{everything, `[{"server":"git","verdict":"deny"}]`, true, true, true},
	}
	for _, c := range cases {
		p, err := Parse([]byte(c.rules))
		if err != nil {
			t.Fatal(err)
		}
		d := p.For(&caller.Caller{Scopes: c.scopes}, "files")
		if d.AllowsAll(Tools) != c.tools || d.AllowsAll(Prompts) != c.prompts || d.AllowsAll(Completion) != c.completes {
			t.Errorf("%v %s: tools %v, prompts %v, completion %v", c.scopes, c.rules, d.AllowsAll(Tools), d.AllowsAll(Prompts), d.AllowsAll(Completion))
		}
		if d.AllowsAll(Unknown) || !d.AllowsAll(Free) {
			t.Errorf("%v %s: unknown methods allowed, or upkeep not", c.scopes, c.rules)
		}
	}
}

// TestCompiledIsFirstMatch holds the compiled form against the rules read one after the other.
func TestCompiledIsFirstMatch(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[rnd.IntN(len(from))] }
	globs := []string{"", "*", "a", "ab", "a*", "*b", "a?", "?", "**", "ab*c", "b*"}
	names := []string{"a", "b", "ab", "abc", "aab", "ba", "abxc"}
	for range 2000 {
		c := &caller.Caller{Agent: "x", Scopes: []caller.Scope{{Server: "s", Tools: []string{pick(globs[1:]...), pick(globs[1:]...)}}}}
		var rules []Rule
		for range rnd.IntN(12) {
			rules = append(rules, Rule{Who: []string{pick("*", "agent:x", "agent:y")}, Server: pick("", "s", "t*"), Tool: pick(globs...), Verdict: Verdict(rnd.IntN(3))})
		}
		d := of(rules).For(c, "s")
		for _, name := range names {
			got, why := d.Decide(Query{Method: "tools/call", Name: name})
			if want := readThrough(rules, c, "s", name); got != want {
				t.Fatalf("%v, scope %v, %s: got %v because %s, want %v", rules, c.Scopes, name, got, why, want)
			}
			if got != Deny {
				if v, _ := d.Decide(Query{Method: "tools/list"}); v != Allow || !d.ServerVisible() {
					t.Fatalf("%v: %s may be called but not listed", rules, name)
				}
			}
			if got != Allow && d.AllowsAll(Tools) {
				t.Fatalf("%v: %s is %v, but AllowsAll", rules, name, got)
			}
			if d.Shows(Query{Method: "tools/call", Name: name}) != (got != Deny) {
				t.Fatalf("%v: %s is %v, and Shows differs", rules, name, got)
			}
		}
	}
}

func readThrough(rules []Rule, c *caller.Caller, server, tool string) Verdict {
	granted := false
	for _, g := range c.Scopes[0].Tools {
		granted = granted || naive(g, tool)
	}
	if !granted {
		return Deny
	}
	for _, r := range rules {
		who := r.Who[0] == "*" || r.Who[0] == "agent:"+c.Agent
		if who && (r.Server == "" || naive(r.Server, server)) && (r.Tool == "" || naive(r.Tool, tool)) {
			return r.Verdict
		}
	}
	return Allow
}

func TestClassOf(t *testing.T) {
	classes := map[Class][]string{
		Free: {"initialize", "ping", "server/discover", "logging/setLevel", "notifications/cancelled", "notifications/initialized",
			"notifications/progress", "notifications/roots/list_changed", "notifications/tasks/status"},
		Tools:         {"tools/call", "tools/list", "tasks/get", "tasks/list", "tasks/result", "tasks/cancel", "tasks/update"},
		Prompts:       {"prompts/get", "prompts/list"},
		Resources:     {"resources/list", "resources/read", "resources/subscribe", "resources/unsubscribe", "resources/templates/list"},
		Completion:    {"completion/complete"},
		Subscriptions: {"subscriptions/listen"},
		Unknown:       {"", "elicitation/create", "roots/list", "sampling/createMessage", "tools/", "tools/delete", "tasks", "notifications/", "notifications/tools/list_changed"},
	}
	for class, methods := range classes {
		for _, m := range methods {
			if got := ClassOf(m); got != class {
				t.Errorf("%s is class %d, want %d", m, got, class)
			}
		}
	}
}

func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{0, 100, 10_000} {
		var rules []Rule
		for i := range n {
			tool := fmt.Sprintf("tool_%d", i)
			if i%3 == 0 {
				tool = fmt.Sprintf("group%d_*", i)
			}
			rules = append(rules, Rule{Who: []string{"agent:claude"}, Server: "files", Tool: tool, Verdict: Ask})
		}
		d := of(rules).For(&caller.Caller{Agent: "claude", Scopes: []caller.Scope{{Server: "files"}}}, "files")
		for _, name := range []string{"tool_99", "group30_read_file", "none_of_them"} {
			q := Query{Method: "tools/call", Name: name}
			b.Run(fmt.Sprintf("rules=%d/%s", n, name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					d.Decide(q)
				}
			})
		}
	}
}

func BenchmarkFor(b *testing.B) {
	var rules []Rule
	for i := range 10_000 {
		rules = append(rules, Rule{Who: []string{"agent:claude"}, Server: "files", Tool: fmt.Sprintf("tool_%d", i), Verdict: Ask})
	}
	p, c := of(rules), &caller.Caller{Agent: "claude", Scopes: everything}
	for b.Loop() {
		p.For(c, "files")
	}
}
