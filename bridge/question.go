package bridge

import (
	"errors"
	"time"
)

// Question is a call that a rule asks the owner about.
//
//	asked ── answer ──▶ the call goes on, or is denied
//	  │
//	  └── askFor ──▶ the agent is told to try again; the owner may still answer
//	                   ├── answer ──▶ holds for answerFor; the same call passes, once
//	                   └── the same call ──▶ waits under the same question
type Question struct {
	ID   uint64 // the number of the first call that asked it; what Answer takes
	Call uint64 // the call that waits; 0 when its agent was told to try again

	Agent  string
	User   string // `issuer|subject`; "" without sign-in
	Email  string // unverified by the bridge
	Groups []string
	Server string
	Method string
	Name   string // the tool, prompt or URI

	Arguments string // redacted JSON, indented; "" when there are none
	Cut       bool   // Arguments may not be all: there is more than is shown
	Digest    string // of what was asked, for Answer; it tells one set of arguments from another
	Rule      string // that asks

	// Changes are what is not as it was when the owner last let this caller use it; First, that there was no such time since
	// the bridge began. Where a change is in what is redacted or cut, Hidden is true.
	Changes []Change
	First   bool
	Hidden  bool

	Asked   time.Time
	Until   time.Time // the call waits until then; zero when none does
	Expires time.Time // nobody needs an answer after that
}

// Change is one argument that is not as it was. Before or After is "" where there was or is none.
type Change struct {
	Argument      string // a path like "files[2].name"
	Before, After string // JSON
}

// Choice is what the owner says to a Question. The zero Choice denies.
type Choice string

const (
	DenyCall       Choice = ""          // the agent reads the reason
	AllowOnce      Choice = "once"      // this call and no other
	AllowSession   Choice = "session"   // the tool, for as long as the agent's session lasts
	AllowTool      Choice = "tool"      // the tool, by a rule from now on; see Bridge.RuleFor
	AllowArguments Choice = "arguments" // the tool with these arguments, by a rule from now on
)

// Answer is the owner's answer to a Question.
type Answer struct {
	Choice Choice
	Reason string // of a denial, for the agent; "" is none
	Digest string // of the Question that the owner has seen; "" is not checked
	By     string // how the owner said it, for the record: "desktop", "command line"
}

// How long things last.
const (
	askFor    = 50 * time.Second // a call waits for its answer; clients give up at 60
	answerFor = 10 * time.Minute // an answer is good for a call that is tried again, and a question open for one
)

// questionsMax bounds the open questions of one agent.
const questionsMax = 32

// ErrNoQuestion is wrapped by Answer's error for a question that is not open, with the reason.
var ErrNoQuestion = errors.New("nothing to answer")

// words are the choice as the record has it.
func (a Answer) words() string {
	by := "the owner"
	if a.By != "" {
		by += " (" + a.By + ")"
	}
	switch a.Choice {
	case AllowOnce:
		return "allowed once by " + by
	case AllowSession:
		return "allowed for the session by " + by
	case AllowTool:
		return "allowed always by " + by
	case AllowArguments:
		return "allowed always with these arguments by " + by
	}
	return "denied by " + by
}
