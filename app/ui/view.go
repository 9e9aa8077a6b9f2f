package ui

import (
	"maps"
	"slices"
	"strings"
	"time"

	"drawbridge/app"
	"drawbridge/bridge"
)

// change says which parts of a view are not as they were.
type change uint

const (
	serversChanged change = 1 << iota
	agentsChanged
	callsChanged
	bridgeChanged
	clockOnly // nothing but the time

	everything = serversChanged | agentsChanged | callsChanged | bridgeChanged
)

// view is what the window shows: the bridge's snapshot, and what the window counts from its events.
type view struct {
	bridge.Snapshot

	standing

	now     time.Time
	servers pulse // calls of each server
	agents  pulse // calls of each agent
}

// standing is what no event tells of: it changes seldom, and is looked at now and then.
type standing struct {
	problems []app.Problem
	address  string
	theme    string
}

func (s standing) equal(t standing) bool {
	return s.address == t.address && s.theme == t.theme && slices.Equal(s.problems, t.problems)
}

// begin starts anew from a snapshot.
func (v *view) begin(s bridge.Snapshot) change {
	v.Snapshot, v.servers, v.agents = s, pulse{}, pulse{}
	for i := range s.Calls {
		c := &s.Calls[i]
		v.started(c)
		if c.Ended {
			v.ended(c)
		}
	}
	return everything
}

func (v *view) foldAll(events []bridge.Event) (c change) {
	for _, e := range events {
		c |= v.fold(e)
	}
	return c
}

// fold applies an event, and says what it touches. An event of no known kind touches nothing.
func (v *view) fold(e bridge.Event) change {
	v.Apply(e)
	switch e := e.(type) {
	case bridge.ServerChanged, bridge.ServerRemoved:
		return serversChanged
	case bridge.AgentChanged, bridge.AgentRemoved, bridge.AgentAsked, bridge.AgentAnswered:
		return agentsChanged
	case bridge.SessionOpened, bridge.SessionClosed:
		return agentsChanged | serversChanged
	case bridge.CallStarted:
		v.started(&e.Call)
		return callsChanged | serversChanged | agentsChanged
	case bridge.CallProgressed, bridge.CallAsked, bridge.QuestionClosed:
		return callsChanged
	case bridge.CallEnded:
		if c := v.Call(e.ID); c != nil {
			v.ended(c)
		}
		return callsChanged | serversChanged | agentsChanged
	case bridge.Raised:
		if e.Agent != "" {
			return agentsChanged
		}
		return bridgeChanged
	}
	return 0
}

func (v *view) started(c *bridge.CallInfo) {
	v.servers.add(c.Server, c.Started)
	v.agents.add(c.Agent, c.Started)
}

func (v *view) ended(c *bridge.CallInfo) {
	if !bad(c.End.Result) {
		return
	}
	v.servers.spoil(c.Server, c.Started)
	v.agents.spoil(c.Agent, c.Started)
}

// bad reports whether a call went wrong in a way that the owner may want to look at.
func bad(r bridge.Result) bool {
	switch r {
	case bridge.OK, bridge.Cancelled, bridge.InputRequired, bridge.Asked:
		return false
	}
	return true
}

// running is how many calls have no answer yet.
func (v *view) running() (n int) {
	for i := range v.Calls {
		if !v.Calls[i].Ended {
			n++
		}
	}
	return n
}

// inUse reports whether a call runs, or ran a moment ago: a tray icon that blinks with every call says less.
func (v *view) inUse() bool {
	for i := len(v.Calls) - 1; i >= 0; i-- {
		c := &v.Calls[i]
		if !c.Ended || v.now.Sub(c.Started.Add(c.End.Took)) < linger {
			return true
		}
		if v.now.Sub(c.Started) > time.Hour {
			break
		}
	}
	return false
}

// linger is how long the bridge counts as in use after a call.
const linger = 3 * time.Second

// connected are the sessions of each agent.
func (v *view) connected() map[string][]bridge.SessionInfo {
	m := map[string][]bridge.SessionInfo{}
	for _, s := range v.Sessions {
		m[s.Agent] = append(m[s.Agent], s)
	}
	return m
}

// troubled are the names of the servers that need the owner.
func (v *view) troubled() (n int) {
	for _, s := range v.Servers {
		if s.State == bridge.Failed || s.State == bridge.CrashLoop {
			n++
		}
	}
	return n
}

// held is how many things of servers wait until the owner has looked.
func (v *view) held() (n int) {
	for _, s := range v.Servers {
		n += s.Waiting()
	}
	return n
}

// known are the names of the agents, and the servers, that a rule can be about.
func (v *view) known() (agents []string, servers []bridge.Server) {
	agents, servers = slices.AppendSeq([]string{}, maps.Keys(v.Agents)), slices.AppendSeq([]bridge.Server{}, maps.Values(v.Servers))
	slices.Sort(agents)
	slices.SortFunc(servers, func(a, b bridge.Server) int { return strings.Compare(a.Name, b.Name) })
	return agents, servers
}
