package policy

import (
	"os"
	"strings"
	"testing"

	"drawbridge/internal/caller"
)

// TestVerdicts reads testdata/verdicts.txt, which says what a person would expect.
func TestVerdicts(t *testing.T) {
	text, err := os.ReadFile("testdata/verdicts.txt")
	if err != nil {
		t.Fatal(err)
	}
	var p *Policy
	var who *caller.Caller
	n := 0
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "", "#":
		case "rules":
			if p, err = Parse([]byte(rest)); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
		case "as":
			who = somebody(rest)
		default:
			if strings.HasPrefix(line, "#") {
				continue
			}
			n++
			server, q, want := readCase(line)
			d := p.For(who, server)
			got, why := d.Decide(q)
			shown := map[bool]string{true: "lists", false: "hides"}[d.Shows(q)]
			if want != got.String() && want != shown {
				t.Errorf("%+v, %s\n\tgot %v and %s because %s", *who, line, got, shown, why)
			}
			if e := p.Explain(who, server, q); e.Verdict != got || e.Why != why {
				t.Errorf("%s: explained as %v because %s, decided as %v because %s", line, e.Verdict, e.Why, got, why)
			}
		}
	}
	if n < 200 {
		t.Errorf("only %d cases", n)
	}
}

func somebody(text string) *caller.Caller {
	c := &caller.Caller{}
	for _, field := range strings.Fields(text) {
		key, value, _ := strings.Cut(field, "=")
		switch key {
		case "agent":
			c.Agent = value
		case "user":
			c.User = value
		case "groups":
			c.Groups = strings.Split(value, ",")
		case "scope":
			server, tools, some := strings.Cut(value, ":")
			s := caller.Scope{Server: server}
			if some {
				s.Tools = strings.Split(tools, ",")
			}
			c.Scopes = append(c.Scopes, s)
		}
	}
	return c
}

func readCase(line string) (server string, q Query, want string) {
	at := strings.LastIndex(line, " = ")
	line, want = line[:at], line[at+len(" = "):]
	server, line, _ = strings.Cut(line, " ")
	q.Method, line, _ = strings.Cut(line, " ")
	q.Name, line, _ = strings.Cut(line, " ")
	switch q.Method {
	case "tool":
		q.Method = "tools/call"
	case "prompt":
		q.Method = "prompts/get"
	case "resource":
		q.Method = "resources/read"
	case "completion/complete":
		q.Ref = "ref/prompt"
	}
	if q.Name == "-" {
		q.Name = ""
	}
	if strings.HasPrefix(line, "(") {
		says, rest, _ := strings.Cut(line[1:], ")")
		q.Annotations = Annotations{
			ReadOnly: strings.Contains(says, "read-only"), Additive: strings.Contains(says, "additive"), Closed: strings.Contains(says, "closed"),
		}
		line = strings.TrimSpace(rest)
	}
	if line != "" {
		q.Arguments = []byte(line)
	}
	return server, q, want
}
