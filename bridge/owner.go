package bridge

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"drawbridge/bridge/policy"
	"drawbridge/internal/feed"
)

// What the owner sees and does. Nothing here is reachable by an agent.

// Watch returns everything as it is now and all that changes from then on: no gap, no double. The caller
// closes the Sub.
func (b *Bridge) Watch() (Snapshot, *feed.Sub[Event]) {
	b.state.Lock()
	defer b.state.Unlock()
	return b.shown.clone(), b.feed.Subscribe()
}

// publish folds an event into what is shown and tells the watchers. It is the only publisher.
func (b *Bridge) publish(e Event) {
	b.state.Lock()
	defer b.state.Unlock()
	b.shown.Apply(e)
	b.feed.Publish(e)
}

// startCall gives a call its number and publishes it, so that numbers grow in the order of the events.
func (b *Bridge) startCall(c *call) {
	b.state.Lock()
	defer b.state.Unlock()
	b.lastCall++
	c.info.ID = b.lastCall
	e := CallStarted{c.info}
	b.shown.Apply(e)
	b.feed.Publish(e)
}

// endAll ends sessions and parked calls that are such, and returns when nothing of them runs any more.
func (b *Bridge) endAll(why error, session func(opened) bool, call func(*parked) bool) {
	var ended []opened
	for _, s := range b.everySession() {
		if session(s) {
			s.end(why)
			ended = append(ended, s)
		}
	}
	b.parking.end(why, call)
	for _, s := range ended {
		s.wait()
	}
}

// asked shows that a call which ended with a question for its agent waits no more.
func (b *Bridge) asked(id uint64) {
	b.state.Lock()
	defer b.state.Unlock()
	c := b.shown.Call(id)
	if c == nil || c.End.Result != InputRequired {
		return
	}
	end := c.End
	end.Result = Asked
	e := CallEnded{ID: id, End: end}
	b.shown.Apply(e)
	b.feed.Publish(e)
}

// SetServer adds a server or changes one. Sessions of a changed one go on; they get a new process when the
// backend ends the old, or at once when the owner chose anew who shares one.
func (b *Bridge) SetServer(c ServerConfig) {
	known := b.memory.Recall(c.Name, c.Version)
	b.mu.Lock()
	i := slices.IndexFunc(b.servers, func(sv *server) bool { return sv.name() == c.Name })
	var sv *server
	reshared := false
	if i >= 0 {
		sv = b.servers[i]
		reshared = sv.configure(c, known)
	} else {
		sv = newServer(b, c, known)
		b.servers = append(b.servers, sv)
	}
	b.mu.Unlock()
	if reshared {
		sv.endLinks(func(*link) bool { return true })
	}
	b.serverChanged(sv)
}

// Order puts the servers in the order of the configuration: a URI that two of them claim is the first one's.
func (b *Bridge) Order(names []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	slices.SortStableFunc(b.servers, func(x, y *server) int {
		return slices.Index(names, x.name()) - slices.Index(names, y.name())
	})
}

// RemoveServer ends the sessions of a server and forgets it. An unknown one is no error.
func (b *Bridge) RemoveServer(name string) {
	sv := b.server(name)
	if sv == nil {
		return
	}
	b.mu.Lock()
	b.servers = slices.DeleteFunc(b.servers, func(other *server) bool { return other == sv })
	b.mu.Unlock()
	sv.pinned.end()
	b.endAll(errRemoved, func(s opened) bool { return s.server() == sv }, func(p *parked) bool { return p.server == sv })
	sv.endLinks(func(*link) bool { return true })
	b.state.Lock()
	defer b.state.Unlock()
	sv.removed = true
	e := ServerRemoved{Name: name}
	b.shown.Apply(e)
	b.feed.Publish(e)
}

// Probe finds out what a server speaks and which tools it has, if that is not known. It returns at once.
func (b *Bridge) Probe(name string) {
	if sv := b.server(name); sv != nil && !b.Raised() {
		b.work.start(func() { _, _ = sv.era(b.ctx) })
	}
}

// Learn is Probe that waits. It returns why the server did not say what it speaks, nil when it did.
func (b *Bridge) Learn(ctx context.Context, name string) error {
	sv := b.server(name)
	if sv == nil {
		return fmt.Errorf("there is no server %q", name)
	}
	_, err := sv.era(ctx)
	return err
}

// SetStatus shows how the processes of a server are. Name, Command, Share, Era, Tools, Held and Package are the
// bridge's own and ignored.
func (b *Bridge) SetStatus(status Server) {
	if sv := b.server(status.Name); sv != nil {
		sv.mu.Lock()
		sv.status = status
		sv.mu.Unlock()
		b.serverChanged(sv)
	}
}

// SetPackage shows which package a server's command starts.
func (b *Bridge) SetPackage(server string, p Package) {
	if sv := b.server(server); sv != nil {
		sv.mu.Lock()
		sv.pkg = p
		sv.mu.Unlock()
		b.serverChanged(sv)
	}
}

// SetAgents shows who is approved.
func (b *Bridge) SetAgents(agents []Agent) {
	b.state.Lock()
	defer b.state.Unlock()
	gone := map[string]bool{}
	for name := range b.shown.Agents {
		gone[name] = true
	}
	var events []Event
	for _, a := range agents {
		delete(gone, a.Name)
		events = append(events, AgentChanged{a})
	}
	for name := range gone {
		events = append(events, AgentRemoved{name})
	}
	for _, e := range events {
		b.shown.Apply(e)
		b.feed.Publish(e)
	}
}

// AgentAsks shows an agent that asks to be let in, until AgentAnswered says that it needs no answer any more.
func (b *Bridge) AgentAsks(a Applicant) { b.publish(AgentAsked{a}) }

// AgentAnswered ends what AgentAsks began. An unknown id is no error.
func (b *Bridge) AgentAnswered(id string) {
	b.state.Lock()
	defer b.state.Unlock()
	if _, ok := b.shown.Applying[id]; !ok {
		return
	}
	e := AgentAnswered{id}
	b.shown.Apply(e)
	b.feed.Publish(e)
}

// SetPolicy puts the owner's rules in place, for open sessions too.
// Calls that wait for the owner go on, or are refused, where the rules do not ask any more.
func (b *Bridge) SetPolicy(p *policy.Policy) {
	b.ruling.Lock()
	b.policy.Store(p)
	for _, s := range b.single() {
		s.rules.Store(p.For(s.owner(), s.target.name()))
	}
	b.ruling.Unlock()
	b.reconsider()
}

// Annotations are what rules may take a tool to be by now; known is false for one that no list has shown.
func (b *Bridge) Annotations(server, tool string) (a policy.Annotations, known bool) {
	if sv := b.server(server); sv != nil {
		return sv.annotations(tool)
	}
	return a, false
}

// CancelCall ends a running call with an error that names the owner, or one that waits for its agent.
func (b *Bridge) CancelCall(id uint64) error {
	for _, s := range b.single() {
		for _, c := range s.running() {
			if c.number() == id {
				c.end(errByOwner)
				return nil
			}
		}
	}
	if b.parking.end(errByOwner, func(p *parked) bool { return p.number == id }) > 0 {
		return nil
	}
	return fmt.Errorf("cancel call %d: it is not running", id)
}

func (b *Bridge) server(name string) *server {
	for _, sv := range b.allServers() {
		if sv.name() == name {
			return sv
		}
	}
	return nil
}

// serverChanged publishes a server as it is now, unless nothing that is shown changed.
func (b *Bridge) serverChanged(sv *server) {
	b.state.Lock()
	defer b.state.Unlock()
	now := sv.shown()
	if old, ok := b.shown.Servers[now.Name]; sv.removed || ok && reflect.DeepEqual(old, now) {
		return
	}
	e := ServerChanged{now}
	b.shown.Apply(e)
	b.feed.Publish(e)
}
