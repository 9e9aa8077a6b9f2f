package authserver

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"drawbridge/internal/caller"
)

// Grant is what one agent got by OAuth, as the owner is shown it. It holds no secret. An agent may
// have several: one for each place where it runs, and for each server that it asked for by itself.
type Grant struct {
	ID       string // the Grant of the callers it admits
	Agent    string
	Client   Client
	User     User   // zero where there is no company sign-in
	Provider string // the issuer that User comes from
	Audience string // a server's name, "*" for the joined endpoints, "" for no particular one
	Scopes   []caller.Scope
	Created  time.Time
	Used     time.Time // to the second, about; zero is never
	Ends     time.Time // when it ends unless it is refreshed
}

// grantRecord is a grant in the database.
type grantRecord struct {
	Grant
	Issuer   string    `json:"issuer"`          // the bridge's address that the client uses
	Asked    []string  `json:"asked,omitempty"` // the servers that the client asked for; nil is none in particular
	Long     bool      `json:"long,omitempty"`
	Redirect string    `json:"redirect,omitempty"` // where its code went; "" for an assertion
	InPerson bool      `json:"inPerson,omitempty"` // the owner approved it: no rule did
	Redeemed bool      `json:"redeemed,omitempty"` // its code was exchanged; until then the owner is not shown it
	Limit    time.Time `json:"limit,omitzero"`     // it cannot be refreshed beyond this; zero is no limit
	Session  []byte    `json:"session,omitempty"`  // of the sign-in, sealed
}

// grant is a record in memory. Its record and caller are guarded by index.mu.
type grant struct {
	id     string
	record grantRecord
	caller *caller.Caller
	used   atomic.Int64 // seconds of Unix time

	checking sync.Mutex // held while the provider is asked about the user; guards the field below
	checked  time.Time
}

func newGrant(r grantRecord) *grant {
	g := &grant{id: r.ID}
	if !r.Used.IsZero() {
		g.used.Store(r.Used.Unix())
	}
	g.set(r)
	return g
}

// set changes the grant. With index.mu held.
func (g *grant) set(r grantRecord) {
	g.record = r
	c := &caller.Caller{
		Agent: r.Agent, Grant: r.ID, User: r.User.Subject, Email: r.User.Email, Groups: slices.Clone(r.User.Groups), Audience: r.Audience,
	}
	c.Scopes, c.More = split(covered(r.Scopes, r.Audience), r.Asked)
	g.caller = c
}

// scope is what the client is told it got (RFC 6749 §5.1).
func (r *grantRecord) scope() []string {
	scopes := []string{"mcp"}
	granted, _ := split(covered(r.Scopes, r.Audience), r.Asked)
	for _, c := range granted {
		if c.Server != "*" {
			scopes = append(scopes, scopeServer+c.Server)
		}
	}
	return scopes
}

// index is what Verify sees: all grants, and the access tokens by their signature.
type index struct {
	mu     sync.RWMutex // guards the fields below, and parts of every grant
	grants map[string]*grant
	access map[string]access
}

type access struct {
	grant string
	ends  time.Time
}

// lookup returns the caller behind an access token's signature, and when the token ends.
func (x *index) lookup(signature string, now time.Time) (*caller.Caller, time.Time, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	a, ok := x.access[signature]
	g := x.grants[a.grant]
	if !ok || g == nil {
		return nil, time.Time{}, ErrUnknown
	}
	if !now.Before(a.ends) {
		return nil, time.Time{}, ErrExpired
	}
	if t := now.Unix(); g.used.Load() < t {
		g.used.Store(t)
	}
	return g.caller, a.ends, nil
}

func (x *index) addAccess(signature string, a access) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.access[signature] = a
}

// put adds or changes a grant.
func (x *index) put(r grantRecord) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if g := x.grants[r.ID]; g != nil {
		g.set(r)
		return
	}
	x.grants[r.ID] = newGrant(r)
}

// drop takes out a grant, and with it all its tokens.
func (x *index) drop(id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.grants, id)
	for signature, a := range x.access {
		if a.grant == id {
			delete(x.access, signature)
		}
	}
}

// sweep forgets the access tokens that are over.
func (x *index) sweep(now time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for signature, a := range x.access {
		if !now.Before(a.ends) {
			delete(x.access, signature)
		}
	}
}

// get returns a grant with a copy of its record, whose last use is current.
func (x *index) get(id string) (*grant, grantRecord, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	g := x.grants[id]
	if g == nil {
		return nil, grantRecord{}, false
	}
	return g, g.current(), true
}

// current is the record with its last use. With index.mu held.
func (g *grant) current() grantRecord {
	r := g.record
	if t := g.used.Load(); t != 0 {
		r.Used = time.Unix(t, 0).UTC()
	}
	return r
}

// all returns the records of all grants that pass.
func (x *index) all(passes func(*grantRecord) bool) []grantRecord {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var list []grantRecord
	for _, g := range x.grants {
		if r := g.current(); passes(&r) {
			list = append(list, r)
		}
	}
	return list
}

// taken reports whether another client, or the same for another user, has that agent's name.
func (x *index) taken(agent, clientID, subject string) bool {
	return len(x.all(func(r *grantRecord) bool {
		return strings.EqualFold(r.Agent, agent) && (r.Client.ID != clientID || r.User.Subject != subject)
	})) > 0
}

// Taken reports whether an agent that came in by OAuth, or is about to, has that name, in whatever case.
func (s *Server) Taken(agent string) bool { return s.index.taken(agent, "", "") }

// clients returns the ids of the clients that have a grant.
func (x *index) clients() map[string]bool {
	ids := map[string]bool{}
	for _, r := range x.all(func(*grantRecord) bool { return true }) {
		ids[r.Client.ID] = true
	}
	return ids
}

// Grants returns what all agents got by OAuth and has not ended, ordered by agent and age. It is the
// holder's own.
func (s *Server) Grants() []Grant {
	now := time.Now()
	var list []Grant
	for _, r := range s.index.all(func(r *grantRecord) bool { return r.Redeemed && now.Before(r.Ends) }) {
		g := r.Grant
		g.Scopes, _ = split(covered(g.Scopes, g.Audience), r.Asked)
		g.User.Groups = slices.Clone(g.User.Groups)
		list = append(list, g)
	}
	slices.SortFunc(list, func(a, b Grant) int {
		if c := strings.Compare(strings.ToLower(a.Agent), strings.ToLower(b.Agent)); c != 0 {
			return c
		}
		return a.Created.Compare(b.Created)
	})
	return list
}

// Revoke ends all grants of an agent. When it returns, none of its tokens is accepted any more, also if there
// is an error other than ErrNoAgent: then they would be again after a restart, and Revoke may be called again.
func (s *Server) Revoke(agent string) error {
	revoked := s.index.all(func(r *grantRecord) bool { return strings.EqualFold(r.Agent, agent) })
	if len(revoked) == 0 && !s.store.unwritten(agent) {
		return fmt.Errorf("revoke %q: %w", agent, ErrNoAgent)
	}
	if err := s.store.endAgent(agent); err != nil {
		return fmt.Errorf("revoke %q: refused from now on, but that could not be written: mend the cause and revoke again, or a restart brings it back: %w", agent, err)
	}
	return nil
}
