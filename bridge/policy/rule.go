package policy

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"drawbridge/internal/caller"
)

// Rule is one line of the owner's will: who × server × what gets this verdict. The zero Rule
// denies everything to everybody.
type Rule struct {
	Who    []string // each "agent:NAME", "user:ISSUER|SUBJECT" or "group:NAME", exactly, and all must hold; none is everybody
	Server string   // a glob of server names; "" is every server

	// One of these globs at most: of names of tools or prompts, or of URIs. Without any the rule is about tools if
	// Annotation is set, else about everything.
	Tool, Prompt, Resource string
	Annotation             string // the class that the tool must be of; "" is any

	// Conditions, for Ask and Allow alone: what could be evaded by writing the same in another way must not deny.
	Where     []Condition     // each must hold
	Arguments json.RawMessage // an object that the arguments must equal, the order of keys aside; nil is any

	Verdict Verdict // what a call that matches gets
}

// String is the rule in one line, for the owner.
func (r Rule) String() string {
	var b strings.Builder
	b.WriteString(r.Verdict.String() + " " + r.what() + " of " + either(r.Server, "every server") + " for ")
	b.WriteString(either(strings.Join(r.Who, " and "), "everybody"))
	word := ", where "
	for _, c := range r.Where {
		b.WriteString(word + c.String())
		word = " and "
	}
	if r.Arguments != nil {
		b.WriteString(word + "the arguments are " + string(r.Arguments))
	}
	return b.String()
}

// what is what the rule is about.
func (r Rule) what() string {
	switch {
	case r.Prompt != "":
		return "prompt " + r.Prompt
	case r.Resource != "":
		return "resource " + r.Resource
	case r.Annotation != "":
		return strings.TrimSpace(r.Annotation + " tools " + r.Tool)
	case r.Tool != "":
		return "tool " + r.Tool
	}
	return "everything"
}

func either(s, otherwise string) string {
	if s == "" || s == "*" {
		return otherwise
	}
	return s
}

// JSON is the rule as Parse reads it, on one line.
func (r Rule) JSON() json.RawMessage {
	b := []byte{'{'}
	put := func(key string, v any) {
		if len(b) > 1 {
			b = append(b, ", "...)
		}
		b = append(b, quoted(key)...)
		b = append(append(b, ": "...), quoted(v)...)
	}
	switch len(r.Who) {
	case 0:
	case 1:
		put("who", r.Who[0])
	default:
		put("who", r.Who)
	}
	for _, f := range []struct{ key, value string }{
		{"server", r.Server}, {"tool", r.Tool}, {"prompt", r.Prompt}, {"resource", r.Resource}, {"annotation", r.Annotation},
	} {
		if f.value != "" {
			put(f.key, f.value)
		}
	}
	if len(r.Where) > 0 {
		put("where", conditions(r.Where))
	}
	if r.Arguments != nil {
		put("arguments", r.Arguments)
	}
	put("verdict", r.Verdict.String())
	return append(b, '}')
}

// MarshalJSON implements json.Marshaler.
func (r Rule) MarshalJSON() ([]byte, error) { return r.JSON(), nil }

// UnmarshalJSON reads one rule as Parse does. It implements json.Unmarshaler.
func (r *Rule) UnmarshalJSON(b []byte) error {
	p := parser{dec: json.NewDecoder(bytes.NewReader(b))}
	one, err := p.one()
	if err == nil {
		*r = one
	}
	return err
}

// Equal reports whether r and s are the same rule.
func (r Rule) Equal(s Rule) bool { return bytes.Equal(r.JSON(), s.JSON()) }

// quoted is v as JSON that reads well: without escapes that only a web page needs.
func quoted(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return []byte("null")
	}
	return bytes.TrimSpace(b.Bytes())
}

// ready is a Rule in the form that For uses.
type ready struct {
	Rule
	number    int // from 1
	server    glob
	of        [3]glob // of tools, prompts, resources; the zero glob where the rule is not about them
	plain     glob    // that of resources, as plainGlob
	tests     []test
	arguments string // Arguments in canonical form
	why       string
}

// ready prepares the i-th rule.
func (r Rule) ready(i int) ready {
	p := ready{Rule: r, number: i + 1, server: newGlob(or(r.Server)), why: "rule " + strconv.Itoa(i+1) + ": " + r.String()}
	all := r.Tool == "" && r.Prompt == "" && r.Resource == "" && r.Annotation == ""
	for class, name := range [3]string{r.Tool, r.Prompt, r.Resource} {
		if all || name != "" || class == 0 && r.Annotation != "" {
			p.of[class] = newGlob(or(name))
		}
	}
	if g := p.of[Resources-Tools]; g.text != "" {
		p.plain = newGlob(or(plainGlob(g.text)))
	}
	for _, c := range r.Where {
		p.tests = append(p.tests, c.test())
	}
	if r.Arguments != nil {
		p.arguments, _ = canonical(r.Arguments)
	}
	return p
}

func or(pattern string) string {
	if pattern == "" {
		return "*"
	}
	return pattern
}

// concerns reports whether r may decide a call of c to server.
func (r *ready) concerns(c *caller.Caller, server string) bool {
	return r.names(c) && r.server.match(server)
}

// names reports whether all of Who hold.
func (r *Rule) names(c *caller.Caller) bool {
	return !slices.ContainsFunc(r.Who, func(who string) bool { return !is(c, who) })
}

func is(c *caller.Caller, who string) bool {
	kind, name, _ := strings.Cut(who, ":")
	switch kind {
	case "*":
		return true
	case "agent":
		return name == c.Agent
	case "user":
		return name == c.User
	case "group":
		return slices.Contains(c.Groups, name)
	}
	return false
}

// open reports that r asks for nothing but a name.
func (r *ready) open() bool {
	return r.Annotation == "" && len(r.tests) == 0 && r.Arguments == nil
}

// applies reports whether r decides about a query that it names. With any it reports whether it does for some
// arguments.
func (r *ready) applies(q *lookup, any bool) bool {
	if !q.Annotations.are(r.Annotation) {
		return false
	}
	if any {
		return true
	}
	for i := range r.tests {
		if !r.tests[i].holds(q) {
			return false
		}
	}
	return r.Arguments == nil || q.equal(r.arguments)
}
