package app

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"drawbridge/bridge"
	"drawbridge/internal/caller"
	"drawbridge/signin/authserver"
	"drawbridge/signin/token"
)

// Overlap is how long a token goes on after another took its place, unless the owner says otherwise.
const Overlap = 24 * time.Hour

// Agent is an approved agent and what it has open: one with a token, or one that came in by OAuth.
type Agent struct {
	token.Info
	Grants   []authserver.Grant // by OAuth, oldest first; nil for an agent with a token
	Sessions []bridge.SessionInfo
}

// Allowed are the servers that the agent may use, of which "*" is every one, and the globs of tools that it
// may use there; nil is everything.
func (a Agent) Allowed() (servers, tools []string) { return allowed(a.scopesFor("")) }

// allowed are the servers of scopes and the globs of tools, as of Allowed.
func allowed(scopes []caller.Scope) (servers, tools []string) {
	unbounded := false
	for _, s := range scopes {
		if !slices.Contains(servers, s.Server) {
			servers = append(servers, s.Server)
		}
		for _, t := range s.Tools {
			if !slices.Contains(tools, t) {
				tools = append(tools, t)
			}
		}
		unbounded = unbounded || len(s.Tools) == 0
	}
	if unbounded {
		tools = nil
	}
	return servers, tools
}

// scopesFor are what the agent may use when that user is at it, `issuer|subject`; "" is whoever.
func (a Agent) scopesFor(user string) []caller.Scope {
	all := slices.Clone(a.Scopes)
	for _, g := range a.Grants {
		if user == "" || user == g.User.Subject {
			all = append(all, g.Scopes...)
		}
	}
	return all
}

// Users are the people who signed in at the agent, by e-mail or else `issuer|subject`.
func (a Agent) Users() (users []string) {
	for _, g := range a.Grants {
		user := cmp.Or(g.User.Email, g.User.Subject)
		if user != "" && !slices.Contains(users, user) {
			users = append(users, user)
		}
	}
	return users
}

// shown is the agent as the bridge's watchers see it.
func (a Agent) shown() bridge.Agent {
	servers, tools := a.Allowed()
	if slices.Contains(servers, "*") {
		servers = nil
	}
	s := bridge.Agent{
		Name: a.Name, Servers: servers, Tools: tools, Users: a.Users(), Created: a.Created, Expires: a.Expires, LastUsed: a.Used,
	}
	if len(a.Keys) > 0 {
		s.Hint = a.Keys[0].ID
	}
	if len(a.Grants) > 0 {
		s.Client = a.Grants[0].Client.Name
	}
	return s
}

// agents are all approved agents by name, without their sessions.
func (v *vault) agents() []Agent {
	var all []Agent
	for _, info := range v.tokens.List() {
		all = append(all, Agent{Info: info})
	}
	for _, g := range v.oauth.Grants() {
		i := slices.IndexFunc(all, func(a Agent) bool { return strings.EqualFold(a.Name, g.Agent) })
		if i < 0 {
			i = len(all)
			all = append(all, Agent{Info: token.Info{Name: g.Agent, Created: g.Created}})
		}
		a := &all[i]
		a.Grants = append(a.Grants, g)
		if g.Used.After(a.Used) {
			a.Used = g.Used
		}
	}
	slices.SortFunc(all, func(a, b Agent) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return all
}

// approved are all agents that may come in, without their sessions: also those whose tokens a provider makes.
func (a *App) approved(v *vault) []Agent {
	all := v.agents()
	for _, i := range a.signIn.Load().trusted.issuers {
		if !slices.ContainsFunc(all, func(other Agent) bool { return other.Name == i.chosen.Agent }) {
			all = append(all, Agent{Info: token.Info{Name: i.chosen.Agent, Scopes: scopes(i.chosen.Servers, i.chosen.Tools)}})
		}
	}
	return all
}

// Agents are all approved agents by name.
func (a *App) Agents() ([]Agent, error) {
	v, err := a.vault()
	if err != nil {
		return nil, err
	}
	snapshot, sub := a.Watch()
	sub.Close()
	all := a.approved(v)
	for i := range all {
		agent := &all[i]
		for _, s := range snapshot.Sessions {
			if s.Agent == agent.Name {
				agent.Sessions = append(agent.Sessions, s)
			}
		}
		slices.SortFunc(agent.Sessions, func(a, b bridge.SessionInfo) int { return a.Opened.Compare(b.Opened) })
	}
	return all, nil
}

// NewToken approves an agent and returns its token. No servers are all servers, no tools all that
// the servers offer; with tools the agent may use tools alone. expires 0 is never.
func (a *App) NewToken(name string, servers, tools []string, expires time.Duration) (string, error) {
	v, err := a.vault()
	if err != nil {
		return "", err
	}
	if len(servers) == 0 {
		servers = []string{"*"}
	}
	var ends time.Time
	if expires > 0 {
		ends = time.Now().Add(expires)
	}
	a.owner.Lock()
	defer a.owner.Unlock()
	if v.oauth.Taken(name) || a.signIn.Load().trusted.has(name) {
		return "", fmt.Errorf("new token for %q: %w", name, token.ErrTaken)
	}
	secret, _, err := v.tokens.New(name, scopes(servers, tools), ends)
	if err != nil {
		return "", err
	}
	a.showAgents(v)
	a.noteAgent(name, "approved the agent")
	return secret, nil
}

// RotateToken gives an agent another token. The one before goes on for grace; 0 ends it now.
func (a *App) RotateToken(name string, grace time.Duration) (string, error) {
	v, err := a.vault()
	if err != nil {
		return "", err
	}
	a.owner.Lock()
	defer a.owner.Unlock()
	secret, err := v.tokens.Rotate(name, grace)
	if err != nil {
		return "", known(err)
	}
	a.showAgents(v)
	a.noteAgent(name, fmt.Sprintf("rotated the agent's token; the old one goes on for %v", grace))
	return secret, nil
}

// RevokeAgent ends an agent's approval. When it returns no token of the agent's is accepted, and
// nothing of the agent's is alive, also if there is an error other than ErrUnknown: that could
// not be written then, and it says what to do.
func (a *App) RevokeAgent(name string) error {
	v, err := a.vault()
	if err != nil {
		return err
	}
	a.owner.Lock()
	defer a.owner.Unlock()
	err = v.revoke(name)
	if errors.Is(err, ErrUnknown) {
		return err
	}
	a.bridge.Disconnect(name)
	a.showAgents(v)
	a.noteAgent(name, "revoked the agent")
	return errors.Join(err, a.forgetRaised(name))
}

// revoke ends the tokens of an agent, or what it got by OAuth.
func (v *vault) revoke(name string) error {
	err := v.tokens.Revoke(name)
	if !errors.Is(err, token.ErrNoAgent) {
		return err
	}
	if other := v.oauth.Revoke(name); !errors.Is(other, authserver.ErrNoAgent) {
		return other
	}
	return known(err)
}

// DisconnectAgent ends what an agent has open. It may come back.
func (a *App) DisconnectAgent(name string) error {
	if err := a.isRunning(); err != nil {
		return err
	}
	agents, err := a.Agents()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(agents, func(agent Agent) bool { return agent.Name == name })
	if i < 0 {
		return fmt.Errorf("disconnect %q: %w", name, ErrUnknown)
	}
	a.bridge.Disconnect(name)
	for _, k := range agents[i].Keys {
		a.gate.End(k.ID)
	}
	for _, g := range agents[i].Grants {
		a.gate.End(g.ID)
	}
	a.noteAgent(name, "disconnected the agent")
	return nil
}

// known makes ErrUnknown of the token store's own error.
func known(err error) error {
	if errors.Is(err, token.ErrNoAgent) {
		return &fault{err.Error(), unknown}
	}
	return err
}

// showAgents tells the bridge's watchers who is approved, if that is not what they know.
func (a *App) showAgents(v *vault) {
	var shown []bridge.Agent
	for _, agent := range a.approved(v) {
		shown = append(shown, agent.shown())
	}
	snapshot, sub := a.Watch()
	sub.Close()
	same := len(shown) == len(snapshot.Agents)
	for _, s := range shown {
		same = same && reflect.DeepEqual(s, snapshot.Agents[s.Name])
	}
	if !same {
		a.bridge.SetAgents(shown)
	}
}
