package bridge

import (
	"fmt"
	"slices"
	"strings"

	"drawbridge/bridge/front"
	"drawbridge/bridge/policy"
	"drawbridge/internal/caller"
	"drawbridge/internal/wire"
)

// What a token lacks that its agent can have: the owner approved more for the agent than its client asked for. Whoever wants it
// is told which scopes to come back with. All else that a caller may not use looks unknown.

// wider is what the caller could do on that server with a token for all that the owner approved for its agent; nil when its
// token covers the server already, or no other could. It compiles rules only for what is lacking, as every call asks.
func (b *Bridge) wider(who *caller.Caller, server string) *policy.Compiled {
	covers := func(s caller.Scope) bool { return s.Covers(server) }
	if !slices.ContainsFunc(who.More, covers) || slices.ContainsFunc(who.Scopes, covers) {
		return nil
	}
	all := *who
	all.Scopes = who.More
	return b.policy.Load().For(&all, server)
}

// narrow is the error for a token that lacks the scope of that server.
func narrow(who *caller.Caller, server string) *front.ScopeError {
	scopes := []string{"mcp"}
	for _, s := range append(slices.Clone(who.Scopes), caller.Scope{Server: server}) {
		if scope := "server:" + s.Server; !slices.Contains(scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	return &front.ScopeError{Scopes: scopes, Shown: &wire.Error{
		Code: wire.InvalidRequest, Message: fmt.Sprintf("this token does not cover the server %q: authorize again, with the scope server:%s", server, server)}}
}

// CheckScopes implements front.ScopeChecker.
func (j *joined) CheckScopes(m wire.Message) *front.ScopeError {
	err := j.lacking(m)
	if err != nil {
		j.b.turnAway(j.owner(), j.way, "", m, err)
	}
	return err
}

// lacking is the error for a tool or prompt that the agent could use with a wider token; nil for everything else. No list names
// it to this agent, so that its server is told by the beginning of the name: there the owner's rules, and nothing of the server's,
// say whether a wider token would do.
//
// The URI of a resource names no server. Which one has it, only servers could say that the token does not cover; they are not asked
// for this agent, so that it looks unknown, as all else does that a token does not cover. On a server's own endpoint, where the path
// names it, a wider token is asked for.
func (j *joined) lacking(m wire.Message) *front.ScopeError {
	who := j.owner()
	if len(who.More) == 0 || kindOf(m) == resources {
		return nil
	}
	server, own, ok := strings.Cut(subject(m), "__")
	sv, wider := j.b.server(server), j.b.wider(who, server)
	if !ok || sv == nil || wider == nil {
		return nil
	}
	q := policy.Query{Method: m.Method(), Name: own, Ref: refType(m), Arguments: m.Arguments()}
	q.Annotations, _ = sv.annotations(own)
	if v, _ := wider.Decide(q); v == policy.Deny {
		return nil
	}
	return narrow(who, server)
}
