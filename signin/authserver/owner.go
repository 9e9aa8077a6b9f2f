package authserver

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"drawbridge/internal/caller"
)

var (
	// ErrNoRequest means that no request with that id or code is waiting.
	ErrNoRequest = errors.New("no such request is waiting: look at the code again, or have the agent ask again")
	// ErrNoAgent means that no agent of that name came in by OAuth.
	ErrNoAgent = errors.New("no such agent")
	// ErrTaken means that another agent has that name, in whatever case.
	ErrTaken = errors.New("another agent has that name already: choose another")
)

// Approver is the owner of the bridge. None of its methods waits for a person, and none is called
// with a lock held.
type Approver interface {
	// Rule returns what the owner's rules have decided already, if they have.
	Rule(Pending) (Approval, bool)
	// Again tells of a request that has passed because the owner approved the same before: p.Earlier.
	Again(p Pending)
	// Ask shows the owner a request, to be answered by Approve or Deny. Over says that it needs no answer any more.
	Ask(Pending)
	Over(id string)
}

// Pending is a request that the owner may answer. What a client says of itself is hostile, but
// has been bounded and holds no control characters.
type Pending struct {
	ID           string
	Code         string // what the browser shows, as in `K7Q-2MD`; "" for an assertion
	Client       Client
	RedirectHost string   // where the browser will take the code; "" for an assertion
	Loopback     bool     // any program on the browser's machine may be what asks
	Address      string   // where the browser is
	User         User     // zero where there is no company sign-in
	Provider     string   // the issuer that User comes from
	Audience     string   // a server's name, "*" for the joined endpoints, "" for no particular one
	Servers      []string // asked for; nil is whichever the owner picks
	Earlier      Earlier  // zero where there is nothing
	Began, Ends  time.Time
}

// Client is what asks.
type Client struct {
	ID   string
	Name string // what it calls itself
	Host string // who vouches for Name, as its document was read from there; "" is nobody
}

// Approval is the owner's yes.
type Approval struct {
	// Agent is a name that no other agent has, 1 to 64 printable characters; required.
	Agent string
	// Scopes is what the agent may use, of which its grant has what its audience covers; required.
	Scopes []caller.Scope
	// Long lets access tokens live for 24 hours, for a client that does not refresh. It has no
	// effect where a user signed in.
	Long bool

	inPerson bool   // the owner gave it to a request: a rule's yes holds only as long as the rule
	from     string // the grant that it was given for before; "" is none
}

// Pending returns the requests that wait for the owner, oldest first. Without company sign-in it is
// empty: then the owner types the code that the browser shows, so that nobody is let in by a click
// on a familiar name.
func (s *Server) Pending() []Pending {
	return s.pending(func(f *flow) bool { return f.asked })
}

// Find returns the request whose browser shows that code, in whatever case, with or without the dash.
func (s *Server) Find(code string) (Pending, bool) {
	found := s.pending(func(f *flow) bool { return plainCode(f.code) == plainCode(code) })
	if len(found) != 1 {
		return Pending{}, false
	}
	return found[0], true
}

func (s *Server) pending(passes func(*flow) bool) []Pending {
	var list []Pending
	for _, f := range s.flows.waiting(passes) {
		list = append(list, s.shown(&f))
	}
	return list
}

// Approve lets a request in, which is named by its code or, where its user has signed in, by its id.
// The error may be ErrNoRequest or ErrTaken.
func (s *Server) Approve(key string, a Approval) error {
	f, ok := s.waiting(key)
	if !ok {
		return fmt.Errorf("approve %.40q: %w", key, ErrNoRequest)
	}
	if err := s.checkApproval(a, f); err != nil {
		return fmt.Errorf("approve %q: %w", a.Agent, err)
	}
	a.inPerson = true
	if !s.flows.decide(f.ID, &a, nil) {
		return fmt.Errorf("approve %.40q: %w", key, ErrNoRequest)
	}
	s.approver.Over(f.ID)
	return nil
}

// Deny refuses a request, which is named as for Approve.
func (s *Server) Deny(key string) error {
	f, ok := s.waiting(key)
	if !ok || !s.flows.decide(f.ID, nil, problemDenied) {
		return fmt.Errorf("deny %.40q: %w", key, ErrNoRequest)
	}
	s.approver.Over(f.ID)
	return nil
}

// waiting finds the request that the owner means.
func (s *Server) waiting(key string) (Pending, bool) {
	if p, ok := s.Find(key); ok {
		return p, true
	}
	all := s.Pending()
	if i := slices.IndexFunc(all, func(p Pending) bool { return p.ID == key }); i >= 0 {
		return all[i], true
	}
	return Pending{}, false
}

// checkApproval says why a client cannot be let in like that.
func (s *Server) checkApproval(a Approval, p Pending) error {
	if err := checkAgent(a.Agent); err != nil {
		return err
	}
	if s.taken(a.Agent) || s.index.taken(a.Agent, p.Client.ID, p.User.Subject) {
		return ErrTaken
	}
	for _, c := range a.Scopes {
		if c.Server == "" || slices.Contains(c.Tools, "") {
			return errors.New("a server or a tool has no name")
		}
	}
	if granted, _ := split(covered(a.Scopes, p.Audience), p.Servers); len(granted) > 0 {
		return nil
	}
	if len(a.Scopes) == 0 {
		return fmt.Errorf("it would allow nothing: name a server, or %q for all", "*")
	}
	return fmt.Errorf("it asks for %s alone, which is not among the servers that you allow", strings.Join(p.Servers, ", "))
}

func checkAgent(name string) error {
	printable := utf8.ValidString(name) && !strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) })
	if !printable || name == "" || utf8.RuneCountInString(name) > 64 || strings.TrimSpace(name) != name {
		return errors.New("an agent's name is 1 to 64 printable characters, without spaces around them")
	}
	return nil
}

// covered returns what of scopes a token for audience can use.
func covered(scopes []caller.Scope, audience string) []caller.Scope {
	var left []caller.Scope
	for _, c := range scopes {
		if audience != anywhere && audience != joined {
			if c.Server != "*" && c.Server != audience {
				continue
			}
			c.Server = audience
		}
		c.Tools = slices.Clone(c.Tools)
		left = append(left, c)
	}
	return left
}

// split parts what was approved into what the client asked for, and more. nil asks for everything.
func split(approved []caller.Scope, asked []string) (granted, more []caller.Scope) {
	if asked == nil {
		return approved, nil
	}
	for _, c := range approved {
		switch {
		case slices.Contains(asked, c.Server):
			granted = append(granted, c)
		case c.Server == "*":
			for _, server := range asked {
				granted = append(granted, caller.Scope{Server: server, Tools: c.Tools})
			}
			more = append(more, c)
		default:
			more = append(more, c)
		}
	}
	return granted, more
}
