package bridge

import (
	"slices"

	"drawbridge/bridge/era"
	"drawbridge/internal/wire"
)

// What sessions on one legacy process have in common there: one level of log messages and one subscription to each
// resource. What one session asks for takes nothing from another.

// merged is a legacy request as the process may have it beside what others want: it logs at the most verbose
// level that anybody wants, and a subscription lasts until nobody wants it. It reports false when the process
// need not hear of it.
func (l *link) merged(m wire.Message) (wire.Message, bool) {
	switch m.Method() {
	case "logging/setLevel":
		asked := wire.Get(m.Params(), "level")
		if least := l.least(severity(asked)); least >= 0 && least < severity(asked) {
			return m.With(wire.Edit{Cuts: []wire.Cut{{Old: asked, New: wire.Quote(levels[least])}}}), true
		}
	case "resources/unsubscribe":
		return m, !l.wants(m.URI())
	}
	return m, true
}

// least is the most verbose of that level and all that others want.
func (l *link) least(level int) int {
	l.mu.Lock()
	least := min(level, l.logs)
	l.mu.Unlock()
	for _, s := range l.listeners() {
		if wanted := s.level(); wanted != nil {
			least = min(least, severity(wanted))
		}
	}
	return least
}

// wants reports whether anybody on the link is subscribed to that resource.
func (l *link) wants(uri string) bool {
	l.mu.Lock()
	for _, f := range l.streams {
		if slices.Contains(f.uris, uri) {
			l.mu.Unlock()
			return true
		}
	}
	l.mu.Unlock()
	return slices.ContainsFunc(l.listeners(), func(s *session) bool { return s.subscribed(uri) })
}

// unsubscribe tells the process that nobody wants that resource any more, if so. Who subscribes in the same
// moment may have been heard before; the process is told of it again.
func (l *link) unsubscribe(uri string) {
	if l.wants(uri) {
		return
	}
	_, _ = l.start("resources/unsubscribe", object("uri", quote(uri)))
	if l.wants(uri) {
		_, _ = l.start("resources/subscribe", object("uri", quote(uri)))
	}
}

// attach puts a legacy session on the link, so that it hears what belongs to no call.
func (l *link) attach(s *session) {
	l.mu.Lock()
	l.sessions[s] = struct{}{}
	l.mu.Unlock()
	l.settle()
}

// detach takes a session that has ended off the link, with what it alone was subscribed to.
func (l *link) detach(s *session) {
	l.mu.Lock()
	_, there := l.sessions[s]
	delete(l.sessions, s)
	l.mu.Unlock()
	if !there || l.only != nil {
		return
	}
	for _, uri := range s.subscriptions() {
		l.unsubscribe(uri)
	}
}

// verbose makes a legacy process log at least as much as a modern call asks for; it is never told to log less again,
// and what a call did not ask for is not passed on.
func (l *link) verbose(level string) {
	wanted := severity(wire.Quote(level))
	if level == "" || wanted < 0 || wire.Get(l.greeting, "capabilities", "logging") == nil {
		return
	}
	l.mu.Lock()
	more := wanted < l.logs
	if more {
		l.logs = wanted
	}
	l.mu.Unlock()
	if more {
		_, _ = l.start("logging/setLevel", object("level", quote(levels[l.least(wanted)])))
	}
}

// listeners are the legacy sessions on the link.
func (l *link) listeners() []*session {
	l.mu.Lock()
	defer l.mu.Unlock()
	ss := make([]*session, 0, len(l.sessions))
	for s := range l.sessions {
		ss = append(ss, s)
	}
	return ss
}

// elicitedMax bounds the URL elicitations whose end a session may be told of.
const elicitedMax = 64

// elicited notes that the agent was sent to a URL, so that it is told when the server is done there. More are
// forgotten from the oldest on.
func (s *session) elicited(elicitation []byte) {
	id, ok := wire.String(wire.Get(elicitation, "elicitationId"))
	if !ok || len(id) > uriMax {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.elicitations = append(s.elicitations, id)
	if over := len(s.elicitations) - elicitedMax; over > 0 {
		s.elicitations = slices.Delete(s.elicitations, 0, over)
	}
}

// awaits reports whether the agent was sent to the URL that a notifications/elicitation/complete is about.
func (s *session) awaits(m wire.Message) bool {
	id, ok := wire.String(wire.Get(m.Params(), "elicitationId"))
	s.mu.Lock()
	defer s.mu.Unlock()
	return ok && slices.Contains(s.elicitations, id)
}

// noteURLs notes where the legacy error -32042 sends the agent.
func (s *session) noteURLs(m wire.Message) {
	if m.ErrorCode() != wire.URLElicitationRequired {
		return
	}
	for e := range wire.Elements(wire.Get(m.Err(), "data", "elicitations")) {
		s.elicited(e)
	}
}

// sendSame sends the call to a process of its own era.
func (c *call) sendSame(l *link) {
	m, needed := c.m, true
	if c.era == era.Legacy && l.only == nil {
		m, needed = l.merged(m)
	}
	if !needed {
		c.finish(wire.Reply(m.ID(), []byte("{}")), Outcome{Result: OK})
		return
	}
	c.write(m)
}
