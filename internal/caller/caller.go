// Package caller says who is behind a request.
package caller

import (
	"context"
	"errors"
	"time"
)

// Why the gate cancels the context of a request that it has let in; see context.Cause.
var (
	// ErrEnded: the grant expired or was revoked.
	ErrEnded = errors.New("this agent's access has ended; ask the owner for a new one")
	// ErrNarrowed: the grant lives, but no longer covers what the connection is for.
	ErrNarrowed = errors.New("this agent may not use this server any more")
)

// Caller is who is behind one request. It is made by the gate and never changed after that,
// so it is shared by pointer. The zero Caller may do nothing.
type Caller struct {
	Agent  string // the agent's name, unique among approved agents
	Grant  string // what admitted it: a token's key id or an OAuth grant's id; ends with revocation
	User   string // `issuer|subject` of the signed-in user; "" without sign-in
	Email  string // for display only, never for decisions
	Groups []string

	// Audience is what the grant was issued for: a server's name, "*" for the endpoints that join
	// all servers, or "" for any endpoint.
	Audience string

	// Scopes bound what the grant allows, before any rule of the owner's. Empty allows nothing.
	Scopes []Scope

	// More is what the owner approved for the agent besides, and its client did not ask for: it allows nothing, but a
	// client that asks for it gets it.
	More []Scope
}

// Scope allows one server, or every one, and of it some tools or everything.
type Scope struct {
	Server string   // a server's name; "*" is every server
	Tools  []string // globs of tool names; empty allows tools, prompts, resources and the rest, otherwise tools alone
}

// Covers reports whether s allows something of that server.
func (s Scope) Covers(server string) bool { return s.Server == server || s.Server == "*" }

// Lease is the hold of one request, or connection, on what lets it in.
type Lease interface {
	// Warned yields the time at which the grant ends, shortly before it does. A grant that is renewed after that may
	// warn again. It is never closed; nil never yields.
	Warned() <-chan time.Time
}

type key struct{}

// admitted is what the gate puts into a context.
type admitted struct {
	caller *Caller
	lease  Lease
}

// With returns ctx carrying c. Only the gate calls it, and tests.
func With(ctx context.Context, c *Caller) context.Context { return WithLease(ctx, c, nil) }

// WithLease returns ctx carrying c and its hold on the grant; nil is one that nobody warns. Only the gate calls it.
func WithLease(ctx context.Context, c *Caller, l Lease) context.Context {
	return context.WithValue(ctx, key{}, &admitted{c, l})
}

// From returns the caller that the gate put into ctx, or nil when the request passed no gate.
func From(ctx context.Context) *Caller {
	if a, _ := ctx.Value(key{}).(*admitted); a != nil {
		return a.caller
	}
	return nil
}

// Warned is the channel of the Lease in ctx. A connection that outlives its first answer listens to it.
func Warned(ctx context.Context) <-chan time.Time {
	if a, _ := ctx.Value(key{}).(*admitted); a != nil && a.lease != nil {
		return a.lease.Warned()
	}
	return nil
}
