package policy

import (
	"drawbridge/internal/caller"
	"drawbridge/internal/wire"
)

// Explanation is how a verdict came about, for the owner.
type Explanation struct {
	Verdict Verdict
	Why     string   // the scope or rule that gave it, or what else did
	Rule    int      // its number, from 1; 0 when no rule did
	Passed  []Passed // the rules above it, or all when none gave it, in order
}

// Passed is a rule that was passed over.
type Passed struct {
	Rule int    // its number, from 1
	Text string // the rule in one line
	Why  string // why it does not apply
}

// Explain decides about a call of c to server as Decide does, and says why.
func (p *Policy) Explain(c *caller.Caller, server string, q Query) Explanation {
	v, by := p.For(c, server).decide(&q, false)
	e := Explanation{Verdict: v, Why: by.why}
	if by.rule != nil {
		e.Rule = by.rule.number
	}
	m := methodOf(q.Method)
	if m.class == Completion {
		m = refMethod(q.Ref)
	}
	if p == nil || by.rule == nil && by.verdict == Deny || m.class < Tools || m.shape == whole {
		return e // no rule could have said otherwise, or it is not about one thing
	}
	look := &lookup{Query: &q}
	for i := range p.rules {
		r := &p.rules[i]
		if r.number == e.Rule {
			break
		}
		e.Passed = append(e.Passed, Passed{r.number, r.String(), r.passed(c, server, m.class, look)})
	}
	return e
}

// passed is why r does not apply to a call; "" when it does.
func (r *ready) passed(c *caller.Caller, server string, class Class, q *lookup) string {
	for _, who := range r.Who {
		if !is(c, who) {
			return "it is for " + who
		}
	}
	if !r.server.match(server) {
		return "it is about server " + r.Server
	}
	if g := r.of[class-Tools]; g.text == "" || !g.match(q.Name) {
		return "it is about " + r.what()
	}
	if !q.Annotations.are(r.Annotation) {
		return "it is about " + r.Annotation + " tools, and this one is not known to be one"
	}
	for i := range r.tests {
		if !r.tests[i].holds(q) {
			switch name := r.tests[i].path[0]; {
			case wire.Get(q.Arguments, name) == nil:
				return "there is no argument " + name
			case q.argument(name) == nil:
				return "another argument differs from " + name + " only in case"
			}
			return "it is not so that " + r.Where[i].String()
		}
	}
	if r.Arguments != nil && !q.equal(r.arguments) {
		return "the arguments are others"
	}
	if class == Resources {
		return "the server may take the URI for another spelling of one that a rule below is about"
	}
	return ""
}
