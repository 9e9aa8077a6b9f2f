package app

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"drawbridge/app/settings"
	"drawbridge/bridge"
	"drawbridge/internal/caller"
	"drawbridge/signin/authserver"
)

// Approval is the owner's yes to an agent that asks to be let in.
type Approval struct {
	Name    string   // what the agent is called from then on; "" is what it calls itself, made unique
	Servers []string // that it may use; nil is those that it asked for, or every one if it named none
	Tools   []string // globs of tools; nil is all that the servers offer
	Long    bool     // its access tokens live for a day, as it does not refresh them; no effect after sign-in
}

// Applicants are the agents that ask to be let in, oldest first. Without company sign-in there are none: the owner
// finds one by the code that its browser shows.
func (a *App) Applicants() ([]bridge.Applicant, error) {
	v, err := a.vault()
	if err != nil {
		return nil, err
	}
	if err := a.isRunning(); err != nil {
		return nil, err
	}
	var all []bridge.Applicant
	for _, p := range v.oauth.Pending() {
		all = append(all, applicant(p))
	}
	return all, nil
}

// Applicant is the one whose browser shows that code.
func (a *App) Applicant(code string) (bridge.Applicant, error) {
	p, err := a.pending(code)
	return applicant(p), err
}

// ApproveAgent lets an applicant in, named by its code or, where a user signed in at it, by its id. It
// returns what the agent is called.
func (a *App) ApproveAgent(key string, yes Approval) (name string, err error) {
	p, err := a.pending(key)
	if err != nil {
		return "", err
	}
	v, err := a.vault()
	if err != nil {
		return "", err
	}
	a.owner.Lock()
	defer a.owner.Unlock()
	approval := authserver.Approval{Agent: yes.Name, Long: yes.Long, Scopes: scopes(yes.serversFor(p), yes.Tools)}
	if approval.Agent == "" {
		approval.Agent = a.nameFor(v, p)
	}
	if err := v.oauth.Approve(p.Code, approval); err != nil {
		return "", knownApplicant(err)
	}
	a.noteAgent(approval.Agent, "approved the agent"+signedInAs(p.User))
	return approval.Agent, nil
}

// DenyAgent refuses an applicant, named as for ApproveAgent.
func (a *App) DenyAgent(key string) error {
	p, err := a.pending(key)
	if err != nil {
		return err
	}
	v, err := a.vault()
	if err != nil {
		return err
	}
	if err := v.oauth.Deny(p.Code); err != nil {
		return knownApplicant(err)
	}
	a.note(fmt.Sprintf("refused the agent %q%s", p.Client.Name, signedInAs(p.User)))
	return nil
}

// pending finds the applicant that the owner means by a code or an id.
func (a *App) pending(key string) (authserver.Pending, error) {
	if err := a.isRunning(); err != nil {
		return authserver.Pending{}, err
	}
	v, err := a.vault()
	if err != nil {
		return authserver.Pending{}, err
	}
	if p, ok := v.oauth.Find(key); ok {
		return p, nil
	}
	for _, p := range v.oauth.Pending() {
		if p.ID == key {
			return p, nil
		}
	}
	return authserver.Pending{}, knownApplicant(fmt.Errorf("%.40q: %w", key, authserver.ErrNoRequest))
}

func knownApplicant(err error) error {
	if errors.Is(err, authserver.ErrNoRequest) {
		return &fault{err.Error(), unknown}
	}
	return err
}

func signedInAs(u authserver.User) string {
	if u.Subject == "" {
		return ""
	}
	return ", used by " + u.Subject
}

// serversFor are the servers that yes allows to p.
func (yes Approval) serversFor(p authserver.Pending) []string {
	switch {
	case len(yes.Servers) > 0:
		return yes.Servers
	case len(p.Servers) > 0:
		return p.Servers
	}
	return []string{"*"}
}

// scopes allow some tools, or all, of each server.
func scopes(servers, tools []string) []caller.Scope {
	var all []caller.Scope
	for _, s := range servers {
		all = append(all, caller.Scope{Server: s, Tools: tools})
	}
	return all
}

// nameFor is what an applicant is called if the owner says nothing else: what the same client of the same user is
// called already, else what it calls itself, as long as no other agent has that name.
func (a *App) nameFor(v *vault, p authserver.Pending) string {
	for _, g := range v.oauth.Grants() {
		if g.Client.ID == p.Client.ID && g.User.Subject == p.User.Subject {
			return g.Agent
		}
	}
	base := p.Client.Name
	if base == "" {
		base = p.Client.Host
	}
	if base == "" {
		base = "agent"
	}
	if p.User.Email != "" {
		base += " of " + p.User.Email
	}
	if runes := []rune(base); len(runes) > maxBaseName {
		base = strings.TrimSpace(string(runes[:maxBaseName]))
	}
	name, taken := base, a.takenIn(v)
	for n := 2; taken(name) || v.oauth.Taken(name); n++ {
		name = fmt.Sprintf("%s %d", base, n)
	}
	return name
}

// maxBaseName leaves room for a number behind it in an agent's name.
const maxBaseName = 56

// approver is the owner as the authorization server knows one.
type approver struct{ app *App }

// Rule lets in unasked whom the settings say.
func (o approver) Rule(p authserver.Pending) (authserver.Approval, bool) {
	for _, r := range o.app.signIn.Load().chosen.Approve {
		if !fits(r, p) {
			continue
		}
		v, err := o.app.vault()
		if err != nil {
			return authserver.Approval{}, false
		}
		name := o.app.nameFor(v, p)
		o.app.noteAgent(name, "approved by a rule"+signedInAs(p.User))
		return authserver.Approval{Agent: name, Scopes: scopes(r.Servers, r.Tools)}, true
	}
	return authserver.Approval{}, false
}

// fits reports whether a rule lets an applicant in. Nobody is let in who has not signed in.
func fits(r settings.Approve, p authserver.Pending) bool {
	return p.User.Subject != "" &&
		(len(r.Providers) == 0 || slices.Contains(r.Providers, p.Provider)) &&
		(len(r.Subjects) == 0 || slices.Contains(r.Subjects, p.User.Subject)) &&
		(len(r.Clients) == 0 || p.Client.Host != "" && slices.Contains(r.Clients, p.Client.Host)) &&
		(len(r.Groups) == 0 || slices.ContainsFunc(p.User.Groups, func(g string) bool { return slices.Contains(r.Groups, g) }))
}

// Again writes down who is let in unasked, as the owner has approved the same before.
func (o approver) Again(p authserver.Pending) {
	o.app.noteAgent(p.Earlier.Agent, "let in again, as approved before"+signedInAs(p.User))
}

func (o approver) Ask(p authserver.Pending) { o.app.bridge.AgentAsks(applicant(p)) }

func (o approver) Over(id string) { o.app.bridge.AgentAnswered(id) }

// applicant is a request as the bridge's watchers see it.
func applicant(p authserver.Pending) bridge.Applicant {
	return bridge.Applicant{
		ID: p.ID, Code: p.Code, Client: p.Client.Name, Vouches: p.Client.Host, RedirectHost: p.RedirectHost, Loopback: p.Loopback,
		Address: p.Address, User: p.User.Subject, Email: p.User.Email, Groups: p.User.Groups, Servers: p.Servers, Before: before(p.Earlier),
		Asked: p.Began, Ends: p.Ends,
	}
}

func before(e authserver.Earlier) bridge.Before {
	servers, tools := allowed(e.Scopes)
	if slices.Contains(servers, "*") {
		servers = nil
	}
	return bridge.Before{Agent: e.Agent, Servers: servers, Tools: tools, Same: e.Same}
}

// ApprovedBefore says in words that go on what the owner approved before, of which "the same" is all that is asked for now; "" is
// nothing. list puts names one behind the other.
func ApprovedBefore(b bridge.Before, list func([]string) string) string {
	if b.Agent == "" {
		return ""
	}
	what := "every server"
	if b.Same {
		what = "the same"
	} else if b.Servers != nil {
		what = list(b.Servers)
	}
	if b.Tools != nil {
		what += ", only tools " + list(b.Tools)
	}
	return "you approved " + what + ", for " + b.Agent
}
