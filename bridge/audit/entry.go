// Package audit is the record of what agents did: append-only JSON Lines in which each record is
// signed together with the signature of the one before it.
//
//	Append -> batch -> seal (seq, prev, mac) -> one write(2) -> back to the caller
//	                                            a second later: fsync -> Checkpoint.Save
//
// A record that Append has accepted is in the file, so it outlives the program's sudden death. Without the key nobody
// can change, drop, insert or reorder a record unnoticed; the checkpoint, kept elsewhere, shows a tail that was cut off.
package audit

import (
	"fmt"
	"slices"
	"time"
)

// Kind says what an Entry is about.
type Kind string

const (
	CallBegin    Kind = "call-begin"    // a call was let through; nothing of it has gone to the server yet
	CallEnd      Kind = "call-end"      // it has its answer, or will get none
	Refused      Kind = "refused"       // a request that went nowhere: denied, malformed, not signed in
	SessionBegin Kind = "session-begin" // an agent began to talk to a server
	SessionEnd   Kind = "session-end"   // it ended
	Asked        Kind = "asked"         // a server asks an agent for something: elicitation, sampling, roots
	Answered     Kind = "answered"      // what became of that
	Pin          Kind = "pin"           // a server was seen for the first time, or what it shows is not as it was approved
	SignIn       Kind = "sign-in"       // somebody signed in, or failed to
	Owner        Kind = "owner"         // the owner did something: approved, revoked, raised, changed a setting

	// The log's own remarks about itself.
	Opened  Kind = "opened"  // the log was opened; call and session numbers start again
	Mended  Kind = "mended"  // the last run left a torn line, never acknowledged, which was cut off
	Damaged Kind = "damaged" // lines that are no records stood at the end, and were set aside
	Lost    Kind = "lost"    // records that the checkpoint knows were gone
	Expired Kind = "expired" // old segments were removed as the owner chose
)

// Kinds are all kinds, the log's own last.
func Kinds() []Kind {
	return []Kind{
		CallBegin, CallEnd, Refused, SessionBegin, SessionEnd, Asked, Answered, Pin, SignIn, Owner,
		Opened, Mended, Damaged, Lost, Expired,
	}
}

// ParseKind is the kind of that name. The error of one that there is not says which there are.
func ParseKind(name string) (Kind, error) {
	if k := Kind(name); slices.Contains(Kinds(), k) {
		return k, nil
	}
	return "", fmt.Errorf("there is no kind %q; write one of %v", name, Kinds())
}

// Entry is one thing that happened. Only Kind is required; what is zero is left out of the record. Long texts are
// cut. Arguments went through Redact; from Name, Error and Note, which agents and servers have their part in, the record leaves out
// what RedactText does.
type Entry struct {
	Time time.Time // zero is now
	Kind Kind

	Call    uint64 // the bridge's number of the call; begin and end share it
	Session uint64 // the bridge's number of the session
	Agent   string
	Grant   string // the key id of the token or the OAuth grant that admitted the agent
	User    string // `issuer|subject`
	Groups  []string
	Front   string // streamable, sse, websocket
	Address string // where the request came from
	Era     string // of the agent: legacy, modern

	Server    string
	Method    string
	Name      string // the tool, prompt or URI
	Arguments []byte // redacted JSON
	Verdict   string // allow, deny, ask
	Rule      string // the scope or rule that gave the verdict
	Answer    string // where that was to ask: what the owner said, and by which way

	Outcome string // how the call ended
	Error   string
	Bytes   int64         // of the answer
	Took    time.Duration // kept in microseconds
	Count   int           // how often it happened, where many are one record; 0 is once
	Note    string        // in words, for what the fields above do not say
}
