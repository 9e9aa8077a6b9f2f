package bridge

import (
	"maps"
	"slices"
	"sort"
)

// Apply folds one event into the snapshot. It is the only way a snapshot changes, here and at every
// watcher's: a snapshot and the events that follow it always give the later snapshot.
func (s *Snapshot) Apply(e Event) {
	switch e := e.(type) {
	case ServerChanged:
		s.Servers[e.Server.Name] = e.Server
	case ServerRemoved:
		delete(s.Servers, e.Name)
	case AgentChanged:
		s.Agents[e.Agent.Name] = e.Agent
	case AgentRemoved:
		delete(s.Agents, e.Name)
	case AgentAsked:
		s.Applying[e.Applicant.ID] = e.Applicant
	case AgentAnswered:
		delete(s.Applying, e.ID)
	case SessionOpened:
		s.Sessions[e.Session.ID] = e.Session
	case SessionClosed:
		delete(s.Sessions, e.ID)
	case CallStarted:
		s.Calls = append(s.Calls, e.Call)
		s.Text += e.Call.text()
		s.forget()
	case CallProgressed:
		if c := s.Call(e.ID); c != nil {
			c.Progress = e.Progress
		}
	case CallEnded:
		s.end(e)
	case CallAsked:
		s.waits(e.Question.ID, false)
		if s.Questions == nil {
			s.Questions = map[uint64]Question{}
		}
		s.Questions[e.Question.ID] = e.Question
		s.waits(e.Question.ID, true)
	case QuestionClosed:
		s.waits(e.ID, false)
		delete(s.Questions, e.ID)
	case Raised:
		s.raise(e)
	}
}

func (s *Snapshot) raise(e Raised) {
	switch {
	case e.Agent == "":
		s.Raised = e.Raised
	case !e.Raised:
		delete(s.RaisedFor, e.Agent)
	case s.RaisedFor == nil:
		s.RaisedFor = map[string]bool{e.Agent: true}
	default:
		s.RaisedFor[e.Agent] = true
	}
}

// waits marks the call that waits under a question.
func (s *Snapshot) waits(question uint64, so bool) {
	if c := s.Call(s.Questions[question].Call); c != nil {
		c.Waits = so
	}
}

// end notes how a call ended. What was said in it is gone for good once it is bare.
func (s *Snapshot) end(e CallEnded) {
	c := s.Call(e.ID)
	if c == nil {
		return
	}
	s.Text -= c.text()
	c.Ended, c.End = true, e.End
	if c.Bare {
		c.End.Answer = ""
	}
	s.Text += c.text()
	s.bare()
}

// Call is the call with that id, or nil when it was never seen or is forgotten. The pointer is good until the
// next Apply.
func (s *Snapshot) Call(id uint64) *CallInfo {
	i := sort.Search(len(s.Calls), func(i int) bool { return s.Calls[i].ID >= id })
	if i == len(s.Calls) || s.Calls[i].ID != id {
		return nil
	}
	return &s.Calls[i]
}

// forget drops the oldest ended calls once there are a quarter more than are kept, so that the
// work is done once for many calls. Running ones stay.
func (s *Snapshot) forget() {
	if len(s.Calls) < callsKept+callsKept/4 {
		return
	}
	drop := len(s.Calls) - callsKept
	kept := s.Calls[:0]
	for i := range s.Calls {
		c := &s.Calls[i]
		if c.Ended && drop > 0 {
			drop--
			s.Text -= c.text()
			continue
		}
		kept = append(kept, *c)
	}
	clear(s.Calls[len(kept):])
	s.Calls = kept
}

// bare lets go of what was said in the oldest ended calls, once it is a quarter more than is kept.
func (s *Snapshot) bare() {
	if s.Text < textKept+textKept/4 {
		return
	}
	for i := range s.Calls {
		c := &s.Calls[i]
		if c.Ended && !c.Bare {
			s.Text -= c.text()
			c.Bare, c.Arguments, c.End.Answer = true, "", ""
		}
		if s.Text <= textKept {
			return
		}
	}
}

// text is how many bytes of arguments and answers the call has.
func (c *CallInfo) text() int { return len(c.Arguments) + len(c.End.Answer) }

// clone copies what the holder may change.
func (s *Snapshot) clone() Snapshot {
	c := *s
	c.Servers = maps.Clone(s.Servers)
	c.Agents = maps.Clone(s.Agents)
	c.Applying = maps.Clone(s.Applying)
	c.Sessions = maps.Clone(s.Sessions)
	c.RaisedFor = maps.Clone(s.RaisedFor)
	c.Questions = maps.Clone(s.Questions)
	c.Calls = slices.Clone(s.Calls)
	return c
}

func newSnapshot() Snapshot {
	return Snapshot{
		Servers: map[string]Server{}, Agents: map[string]Agent{}, Applying: map[string]Applicant{},
		Sessions: map[uint64]SessionInfo{}, Questions: map[uint64]Question{}, RaisedFor: map[string]bool{},
	}
}
