package authserver

import (
	"slices"
	"time"

	"drawbridge/internal/caller"
)

// Earlier is what the owner approved before, in person, for the same client and user, and what still stands.
type Earlier struct {
	Agent  string         // what the owner called it
	Scopes []caller.Scope // what it may use since then
	Same   bool           // it is all that is asked for now
}

// again is the owner's yes, given before, if it answers a request too: the owner is not asked the same
// twice, as when a client comes back for more of what was approved than it asked for at first.
//
// It answers where it was given in person, for the same client, user and redirect at the same address of the bridge, a
// grant of it is alive, and nothing more is asked for. And it does so only for a request that nobody else can have made
// in its place (RFC 6749 §10.2, RFC 8252 §8.6): the person has agreed and signed in just now, and the client is assured.
// Any program can come with the id of a native app, and where nobody signs in anybody can come with any. There the owner
// is asked anew, and told that it is the same.
func (s *Server) again(f *flow) (Approval, bool) {
	if f.user.Subject == "" || !f.ask.client.assured() {
		return Approval{}, false
	}
	r, ok := s.earlier(f)
	if !ok || !r.covers(f.ask.servers) {
		return Approval{}, false
	}
	return Approval{Agent: r.Agent, Scopes: r.Scopes, inPerson: true, from: r.ID}, true
}

// earlier is the grant of what the owner said last about anything that f asks for; or else last of all.
func (s *Server) earlier(f *flow) (last grantRecord, ok bool) {
	now := time.Now()
	about := false
	for _, r := range s.index.all(func(r *grantRecord) bool { return r.InPerson && r.stands(now) && r.isOf(f) }) {
		if here := r.concerns(f.ask.servers); !ok || here && !about || here == about && r.Created.After(last.Created) {
			last, ok, about = r, true, here
		}
	}
	return last, ok
}

// stands reports whether the client has what was approved, and has it still.
func (r *grantRecord) stands(now time.Time) bool { return r.Redeemed && now.Before(r.Ends) }

// isOf reports whether f asks for the same client and user, with the same way back, at the same address of the bridge.
func (r *grantRecord) isOf(f *flow) bool {
	return r.Client.ID == f.ask.client.ID && r.User.Subject == f.user.Subject && r.Issuer == f.ask.issuer && matches(r.Redirect, f.ask.redirect)
}

// concerns reports whether the owner was asked about one of the servers, or allowed one; nil are all.
func (r *grantRecord) concerns(servers []string) bool {
	return servers == nil || r.Asked == nil ||
		slices.ContainsFunc(servers, func(server string) bool { return slices.Contains(r.Asked, server) || r.allows(server) })
}

// covers reports whether all of the servers were approved. nil leaves it to the owner to pick some: that is within
// what was approved only if every server was.
func (r *grantRecord) covers(servers []string) bool {
	if servers == nil {
		return r.allows("*")
	}
	return !slices.ContainsFunc(servers, func(server string) bool { return !r.allows(server) })
}

func (r *grantRecord) allows(server string) bool {
	return slices.ContainsFunc(r.Scopes, func(c caller.Scope) bool { return c.Server == server || c.Server == "*" })
}

// shown is a flow as the owner sees it, with what the owner approved before.
func (s *Server) shown(f *flow) Pending {
	p := f.shown()
	if r, ok := s.earlier(f); ok {
		p.Earlier = Earlier{Agent: r.Agent, Scopes: covered(r.Scopes, anywhere), Same: r.covers(f.ask.servers)}
	}
	return p
}
