package bridge

import (
	"context"
	"time"

	"drawbridge/internal/wire"
)

// Backend hands out the processes of servers. In the program it is the host of local processes; in
// tests anything that answers.
type Backend interface {
	// Acquire returns the process of that server for that key, started if need be, and a func that gives the
	// lease back (once; the process may then end when idle). It waits for the start, not for the protocol's
	// handshake. The same process is always the same Conn. Its Read fails when the process is gone, with an
	// error that an agent may see.
	Acquire(ctx context.Context, server string, k Key) (c wire.Conn, release func(), err error)
}

// Key says which process of a server is wanted.
type Key struct {
	Owner string // the agent it is for: caps are counted by it
	ID    string // the same ID is the same process
	Once  bool   // nobody will ask for the ID again: the process may end with its last lease
}

// Share says who may share a process of a server.
type Share string

const (
	ShareDefault Share = ""        // session for a legacy server, all for a modern one
	ShareSession Share = "session" // a process a session
	ShareAgent   Share = "agent"   // a process an agent (and user, and what its client says of itself)
	ShareAll     Share = "all"     // one process for everybody
)

// ServerConfig is what the bridge must know of a configured server.
type ServerConfig struct {
	Name     string   // required
	Command  []string // for the owner to see
	Share    Share
	Parallel Parallel
	MaxCall  time.Duration // longest time a call may take; 0 is 10 minutes
	// StderrToAgents lets agents read what a process said on standard error before it died. The error of Backend's
	// connections tells it by a method LastWords() string.
	StderrToAgents bool
	// TrustAnnotations lets rules go by what its tools say of themselves. Those of other servers count as saying nothing.
	TrustAnnotations bool
	// Pins says what happens to what is not as the owner approved it.
	Pins Pinning
	// Version tells one configuration of a server from the next: a digest of all that can change how it behaves.
	// What is learned about a server is remembered under it.
	Version string
}

// Parallel says whether calls of modern agents, who can only be asked by ending their call, run beside each
// other in one process of a legacy server.
type Parallel string

const (
	ParallelLearn  Parallel = ""       // they do until the server is seen to ask in the middle of a call
	ParallelAlways Parallel = "always" // what the server asks is refused when it cannot be told which call asked
	ParallelNever  Parallel = "never"
)

// maxCall is the default of ServerConfig.MaxCall.
const maxCall = 10 * time.Minute
