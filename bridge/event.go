package bridge

import (
	"slices"
	"time"
)

// Event is one change of what a Snapshot shows. The kinds are the structs below and no others.
type Event interface{ isEvent() }

type (
	// ServerChanged: a server was added or is not as it was.
	ServerChanged struct{ Server Server }
	// ServerRemoved: a server left the configuration.
	ServerRemoved struct{ Name string }
	// AgentChanged: an agent was approved or is not as it was.
	AgentChanged struct{ Agent Agent }
	// AgentRemoved: an agent's approval ended.
	AgentRemoved struct{ Name string }
	// AgentAsked: an agent that is not approved yet asks to be let in, and waits for the owner.
	AgentAsked struct{ Applicant Applicant }
	// AgentAnswered: it waits no more. It was let in, was refused, or gave up.
	AgentAnswered struct{ ID string }
	// SessionOpened: an agent began to talk to a server.
	SessionOpened struct{ Session SessionInfo }
	// SessionClosed: it ended.
	SessionClosed struct{ ID uint64 }
	// CallStarted: an agent made a request. Nothing has gone to the server yet.
	CallStarted struct{ Call CallInfo }
	// CallProgressed: the server told how far it is.
	CallProgressed struct {
		ID       uint64
		Progress Progress
	}
	// CallEnded: the request has its answer, or will get none.
	CallEnded struct {
		ID  uint64
		End Outcome
	}
	// CallAsked: the owner is asked about a call, or the call that waited does so no more, or waits again.
	CallAsked struct{ Question Question }
	// QuestionClosed: a question is answered, or nobody needs an answer any more.
	QuestionClosed struct{ ID uint64 }
	// Raised: the owner raised the bridge (nothing passes) or lowered it, for everybody or one agent.
	Raised struct {
		Raised bool
		Agent  string // "" is everybody
	}
)

func (ServerChanged) isEvent()  {}
func (ServerRemoved) isEvent()  {}
func (AgentChanged) isEvent()   {}
func (AgentRemoved) isEvent()   {}
func (AgentAsked) isEvent()     {}
func (AgentAnswered) isEvent()  {}
func (SessionOpened) isEvent()  {}
func (SessionClosed) isEvent()  {}
func (CallStarted) isEvent()    {}
func (CallProgressed) isEvent() {}
func (CallEnded) isEvent()      {}
func (CallAsked) isEvent()      {}
func (QuestionClosed) isEvent() {}
func (Raised) isEvent()         {}

// ServerState is the state of a server as a person would say it.
type ServerState string

const (
	Stopped   ServerState = "stopped"    // the owner stopped it
	Idle      ServerState = "idle"       // no process; one starts when an agent needs it
	Starting  ServerState = "starting"   // a process is on its way up
	Running   ServerState = "running"    // at least one process is up
	CrashLoop ServerState = "crash-loop" // it keeps dying; the next start waits
	Failed    ServerState = "failed"     // it cannot be started; Error says why
)

// Server is a configured server as the owner sees it.
type Server struct {
	Name      string
	Command   []string // as configured; secrets are not resolved in it
	Share     string   // session, agent or all
	Era       string   // "legacy", "modern", "both"; "" until known
	State     ServerState
	Error     string // what is wrong, in words for the owner; "" when nothing is
	Stderr    string // the tail of the standard error of the process that died last
	Noise     int    // lines on standard output that were no messages
	Tools     []Tool // nil until known; without those that are held
	Held      []Held // what is not as the owner approved it, a hundred at most; nil is nothing
	HeldMore  int    // how many more there are
	Processes []ProcessInfo
	Package   Package // what its command starts; zero for a program of its own
}

// Package is the package that a server's command starts.
type Package struct {
	Manager   string // npx, uvx or docker; "" is none
	Name      string
	Version   string // that ran last; "" until known
	Integrity string // by which it would be known again; "" until known
	Exact     bool   // the command asks for this version alone
	Note      string // what is not known, and why
}

// Tool is one tool of a server.
type Tool struct {
	Name        string
	Title       string
	Description string
}

// ProcessInfo is one running process of a server.
type ProcessInfo struct {
	PID     int
	Serves  string // which agents, as the owner knows them; "" for a spare
	Started time.Time
}

// Agent is an approved agent as the owner sees it. It holds no secret.
type Agent struct {
	Name     string
	Hint     string   // the key id of its token; "" for one that came in by OAuth
	Client   string   // what a client that came in by OAuth calls itself; unverified
	Users    []string // who signed in at it, by e-mail or else subject; nil without sign-in
	Servers  []string // nil is every server
	Tools    []string // globs; nil is everything
	Created  time.Time
	Expires  time.Time // zero is never
	LastUsed time.Time // zero is never
}

// Applicant is an agent that asks to be let in. What its client says of itself is unverified, unless a
// host vouches for it.
type Applicant struct {
	ID           string
	Code         string // what its browser shows, for the owner to compare
	Client       string // what it calls itself; "" is nothing
	Vouches      string // the host that Client was read from; "" is nobody
	RedirectHost string // where its browser takes the answer; "" is nowhere
	Loopback     bool   // RedirectHost is the browser's own machine: any program there may be what asks
	Address      string // where its browser is
	User         string // who signed in: `issuer|subject`
	Email        string // for display only
	Groups       []string
	Servers      []string // asked for; nil is whichever the owner picks
	Before       Before   // zero is nothing
	Asked, Ends  time.Time
}

// New are the servers that a asks for beyond what was approved before; nil where nothing was.
func (a Applicant) New() []string {
	if a.Before.Agent == "" || a.Before.Servers == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(a.Servers), func(s string) bool { return slices.Contains(a.Before.Servers, s) })
}

// Before is what the owner approved before for the same client and user, and what still stands.
type Before struct {
	Agent   string   // what the owner called it
	Servers []string // nil is every server
	Tools   []string // globs; nil is everything
	Same    bool     // it is all that is asked for now
}

// SessionInfo is one agent talking to one server.
type SessionInfo struct {
	ID      uint64 // the bridge's own number; agents never see it
	Agent   string
	User    string
	Server  string // "" for the joined endpoint
	Front   string // streamable, sse, websocket
	Era     string // legacy, modern
	Client  string // name and version that the client gives itself; unverified
	Address string
	Opened  time.Time
}

// CallInfo is one request of an agent.
type CallInfo struct {
	ID        uint64
	Session   uint64
	Agent     string
	User      string
	Server    string
	Method    string
	Name      string // the tool, prompt or URI; "" when the method has none
	Arguments string // redacted JSON, cut to a few KiB
	Started   time.Time
	Progress  Progress
	Waits     bool // for the owner's answer to a Question
	Ended     bool
	Bare      bool    // Arguments and End.Answer are no longer kept here
	End       Outcome // zero until Ended
}

// Progress is a server's own account of how far it is.
type Progress struct {
	Done, Total float64 // Total 0 is unknown
	Message     string
}

// Result is how a call ended.
type Result string

const (
	OK            Result = "ok"
	ToolError     Result = "tool-error"     // the tool says that it failed
	Failure       Result = "failed"         // a JSON-RPC error from the server
	InputRequired Result = "input-required" // the agent has been asked and its answer is awaited; its retry is a call of its own
	Asked         Result = "asked"          // it was, and that is over: answered, or not in time
	Denied        Result = "denied"         // the bridge refused it
	Cancelled     Result = "cancelled"
	Lost          Result = "lost" // the process died, or ran out of time
)

// Outcome is the end of a call.
type Outcome struct {
	Result Result
	Error  string // for the owner; "" when all went well
	Took   time.Duration
	Bytes  int    // of the answer
	Answer string // redacted, cut to a few KiB
}

const (
	callsKept = 10_000   // ended calls that a Snapshot keeps
	textKept  = 16 << 20 // bytes of arguments and answers that it keeps with them
)

// Snapshot is everything the owner sees, at one moment. Its slices and maps are the holder's own.
type Snapshot struct {
	Raised    bool
	RaisedFor map[string]bool // agents that nothing passes of, while others may call
	Servers   map[string]Server
	Agents    map[string]Agent
	Applying  map[string]Applicant // by ID
	Sessions  map[uint64]SessionInfo
	Questions map[uint64]Question
	Calls     []CallInfo // oldest first; ended ones beyond callsKept are dropped
	Text      int        // bytes of arguments and answers in Calls; beyond textKept the oldest ended ones become bare
}
