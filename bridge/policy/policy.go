// Package policy says who may call what.
//
// A caller may do what its grant's scopes allow, less what the owner's rules take away. Nothing
// else allows anything: no scope, no call. What a caller may do on one server is compiled once,
//
//	Parse(config) -> Policy.For(caller, server) -> Compiled
//
// and from then on listing and calling ask the same Compiled, so that a list never shows what a
// call would be refused.
//
// The first rule that applies decides, as in a firewall's table or a .gitignore read from the top: the owner can follow
// it with a finger, what comes further down never surprises, and an exception is one line above its rule. "The
// most specific wins" needs an order of agents, users, groups, globs and conditions that nobody has in
// mind. Policy.Explain tells which rule that was, and why the ones before it were passed over.
package policy

import (
	"errors"
	"iter"
	"slices"

	"drawbridge/internal/caller"
)

// Verdict is the answer to a Query. The zero Verdict is Deny.
type Verdict uint8

const (
	Deny  Verdict = iota
	Ask           // hold the call and ask the owner
	Allow         // let it through
)

func (v Verdict) String() string {
	switch v {
	case Allow:
		return "allow"
	case Ask:
		return "ask"
	}
	return "deny"
}

// Query is one request of an agent, or one thing in a list that it might see.
type Query struct {
	Method string
	Name   string // the tool, prompt or URI; "" where the method has none
	Ref    string // for completion/complete alone: params.ref.type, with Name the ref's name or URI

	Annotations Annotations // of the tool, where its server is trusted to tell them; zero otherwise
	Arguments   []byte      // params.arguments, valid JSON without keys that come twice; nil is none. Read only where a rule has a condition
}

// Policy is the owner's rules, in order. It is never changed after Parse and may be shared.
// The zero Policy and a nil one have no rules: scopes alone decide.
type Policy struct {
	rules []ready
}

// of makes a policy of rules that Parse has checked.
func of(rules []Rule) *Policy {
	p := &Policy{}
	for i, r := range rules {
		p.rules = append(p.rules, r.ready(i))
	}
	return p
}

// Rules are the rules, in order. The caller may keep the slice.
func (p *Policy) Rules() []Rule {
	var all []Rule
	for i := range p.rules {
		all = append(all, p.rules[i].Rule)
	}
	return all
}

// For compiles what c may do on server, which is one server's name and never the joined endpoint's "".
// The result holds for as long as c and the policy are the same, a session's life for instance. A
// nil caller may do nothing.
func (p *Policy) For(c *caller.Caller, server string) *Compiled {
	d := &Compiled{}
	if c == nil || server == "" {
		return d
	}
	for _, scope := range c.Scopes {
		if scope.Covers(server) {
			d.grant(scope)
		}
	}
	for r := range p.concerning(c, server) {
		d.rule(r)
	}
	d.summarize()
	return d
}

// concerning yields the rules that may decide a call of c to server, in order.
func (p *Policy) concerning(c *caller.Caller, server string) iter.Seq[*ready] {
	return func(yield func(*ready) bool) {
		if p == nil {
			return
		}
		for i := range p.rules {
			if r := &p.rules[i]; r.concerns(c, server) && !yield(r) {
				return
			}
		}
	}
}

// Annotated reports whether a rule goes by what tools say of themselves.
func (p *Policy) Annotated() bool {
	return p != nil && slices.ContainsFunc(p.rules, func(r ready) bool { return r.Annotation != "" })
}

// ErrNotAsked is returned by Before for a call that no rule asks about.
var ErrNotAsked = errors.New("no rule asks about this call any more")

// Before is where a rule must be put to decide this call instead of the one that asks about it now: the
// index among the rules. What the rules above say goes on.
func (p *Policy) Before(c *caller.Caller, server string, q Query) (at int, err error) {
	v, by := p.For(c, server).decide(&q, false)
	if v != Ask || by == nil || by.rule == nil {
		return 0, ErrNotAsked
	}
	return by.rule.number - 1, nil
}
