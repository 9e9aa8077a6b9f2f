package policy

import (
	"slices"
	"strconv"
	"strings"

	"drawbridge/internal/caller"
)

// Rule is one line of the owner's will: who × server × tool gets this verdict. The zero Rule
// denies everything to everybody.
type Rule struct {
	Who     string  // "agent:NAME", "user:ISSUER|SUBJECT" or "group:NAME", exactly; "" or "*" is everybody
	Server  string  // a glob of server names; "" is every server
	Tool    string  // a glob of tool names; "" is tools, prompts, resources and the rest
	Verdict Verdict // what a call that matches gets
}

// String is the rule in one line, for the owner.
func (r Rule) String() string {
	return strings.Join([]string{or(r.Who), or(r.Server), or(r.Tool), r.Verdict.String()}, " ")
}

func or(pattern string) string {
	if pattern == "" {
		return "*"
	}
	return pattern
}

// ready is a Rule in the form that For uses.
type ready struct {
	Rule
	server, tool glob
	why          string
}

// ready prepares the i-th rule.
func (r Rule) ready(i int) ready {
	return ready{r, newGlob(or(r.Server)), newGlob(or(r.Tool)), "rule " + strconv.Itoa(i+1) + ": " + r.String()}
}

// concerns reports whether r may decide a call of c to server.
func (r *ready) concerns(c *caller.Caller, server string) bool {
	return r.names(c) && r.server.match(server)
}

func (r *Rule) names(c *caller.Caller) bool {
	if r.Who == "" || r.Who == "*" {
		return true
	}
	kind, name, _ := strings.Cut(r.Who, ":")
	switch kind {
	case "agent":
		return name == c.Agent
	case "user":
		return name == c.User
	case "group":
		return slices.Contains(c.Groups, name)
	}
	return false
}
