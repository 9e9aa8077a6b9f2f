// Package front is the HTTP-facing way in: Streamable HTTP, HTTP+SSE and WebSocket turned into
// messages for the bridge, and the bridge's messages turned into answers.
//
// A front knows HTTP and the rules of its transport. It knows nothing of servers, processes, permissions or eras
// beyond what decides the shape of an answer.
//
// An agent may be slow: there is a time for each piece of what it sends and of what it is sent, none for the whole. What
// it has not read waits, up to two of the largest messages for a session, and Config.Memory for all. A process that is one
// session's alone is held up before that; see Paced. For an answer that finds no room its agent gets an error; other
// messages that find none end the connection, as does a piece that is not taken in its time. The log says so.
package front

import (
	"context"
	"errors"

	"drawbridge/internal/wire"
)

var (
	// ErrNoSession is what Bridge.Session returns for an id that is not the caller's. It becomes HTTP 404, upon which clients open a
	// new session.
	ErrNoSession = errors.New("no such session")
	// ErrNoServer is wrapped by errors of Open and Stateless for a server that the caller may not use or that does not exist. It
	// becomes HTTP 404.
	ErrNoServer = errors.New("no such server")
)

// Why Guard refuses what no page or name of the bridge's own sends; see Config.Refused.
var (
	ErrHost   = errors.New("a host that is not the bridge's")
	ErrOrigin = errors.New("a web page that may not call")
)

// ScopeError is the error of Open and Stateless for a server that the caller may use, but not with the
// token that it has, and of a ScopeChecker. It becomes HTTP 403 with a challenge, upon which clients ask for a wider token.
type ScopeError struct {
	Scopes []string    // all that the token needs
	Shown  *wire.Error // what the agent is told in words; required
}

func (e *ScopeError) Error() string { return e.Shown.Message }

// Unwrap is what the agent is told.
func (e *ScopeError) Unwrap() error { return e.Shown }

// Bridge is what the fronts need of the bridge. The caller is in ctx, put there by the gate.
// server "" is the joined endpoint: every server that the caller may use.
type Bridge interface {
	// Open makes a session for an agent that opens one: by `initialize` over Streamable HTTP, or by
	// connecting over SSE or WebSocket. out gets what belongs to no request of the agent's.
	// The error wraps a *wire.Error that the front may show.
	Open(ctx context.Context, server string, out Sink) (Session, error)
	// Session finds the caller's open session by id. Any other id, another caller's and another
	// server's included, is ErrNoSession.
	Session(ctx context.Context, server, id string) (Session, error)
	// Stateless is the session that a modern request implies. It is shared by all requests of the
	// same caller for the same server; the front does not close it.
	Stateless(ctx context.Context, server string) (Session, error)
}

// Session is one agent talking to one server, or to all of them joined.
type Session interface {
	// ID is what an agent may present to find the session again: 128 bits of chance at least.
	ID() string
	// Revision is the protocol revision agreed by `initialize`; "" before that, and on Stateless.
	Revision() string
	// Out is the sink that Open was given.
	Out() Sink
	// Handle takes one message from the agent. It does not wait for an answer and not for the
	// server: messages of one goroutine keep their order. reply gets everything that belongs to a request, its
	// answer last, also when the request is refused. For notifications and answers reply is
	// not used, may be nil, and the returned Call is nil.
	Handle(m wire.Message, reply Sink) Call
	// Close ends the session and cancels its calls. It may be called more than once.
	Close()
	// Done is closed when the session has ended, whoever ended it.
	Done() <-chan struct{}
}

// Call is one request on its way.
type Call interface {
	// Cancel gives the call up; the server is told. After the answer it does nothing.
	Cancel()
}

// Sink takes messages for an agent. It never blocks: messages are queued up to the sink's bound.
type Sink interface {
	// Send queues m. last says that m is the answer and nothing follows. It reports false when the
	// agent cannot get m any more (gone, or too slow): the call is then given up.
	// The zero Message as the last one ends the request without an answer: the agent cancelled it.
	Send(m wire.Message, last bool) bool
}

// Attended is implemented by every sink that a front gives to Open.
type Attended interface {
	// Attended reports whether a connection of the agent's waits for messages now: the session is not idle then, even
	// if nothing is said.
	Attended() bool
}

// Paced is implemented by sinks that one connection takes everything from.
type Paced interface {
	// Room returns nil while the agent keeps up. Else much waits for it, and the channel is closed when it has read on, or
	// never will. Who can wait with the next message, as for the next of a process that is this agent's alone, should: Send
	// takes more only up to the sink's bound.
	Room() <-chan struct{}
}

// Way is how a request came in, as the owner is shown it. Each front puts it into the context
// that it hands to the bridge.
type Way struct {
	Front   string // streamable, sse or websocket
	Address string // the peer's address as the listener saw it
}

type wayKey struct{}

// WithWay returns ctx carrying w.
func WithWay(ctx context.Context, w Way) context.Context { return context.WithValue(ctx, wayKey{}, w) }

// WayOf returns the way that a front put into ctx, or the zero Way.
func WayOf(ctx context.Context) Way { w, _ := ctx.Value(wayKey{}).(Way); return w }
