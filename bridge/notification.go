package bridge

import (
	"drawbridge/bridge/era"
	"drawbridge/internal/wire"
)

// Notifications of a process, and to whom they go: to the call or subscription that they name, to the
// sessions that asked for them, or to nobody.

// notification is a notification of the process.
func (l *link) notification(m wire.Message) {
	if sub, ok := number(m.SubscriptionID()); ok && l.era == era.Modern {
		l.note(sub, m)
		return
	}
	switch m.Method() {
	case "notifications/progress":
		if token, ok := number(m.ProgressToken()); ok {
			l.note(token, m)
		}
	case "notifications/cancelled":
		l.withdrawn(m)
	case "notifications/message":
		l.message(m)
	case "notifications/resources/updated":
		l.tellSessions(m, func(s *session) bool { return s.subscribed(m.URI()) && s.mayRead(m.URI()) })
		l.publish(m)
	case "notifications/tools/list_changed", "notifications/prompts/list_changed", "notifications/resources/list_changed":
		l.stale(m.Method())
		l.tellSessions(m, func(*session) bool { return true })
		l.publish(m)
	case "notifications/elicitation/complete":
		l.tellSessions(m, func(s *session) bool { return s.awaits(m) })
	case "notifications/tasks/status":
		l.tellSessions(m, func(s *session) bool { return l.tasks.are(s.owner(), m.Params()) })
	default: // it cannot be told whose it is
		l.tellSessions(m, func(*session) bool { return false })
	}
}

// tellSessions passes m on to the legacy sessions that it is for. A process's only session hears everything.
func (l *link) tellSessions(m wire.Message, isFor func(*session) bool) {
	for _, s := range l.listeners() {
		if l.only != nil || isFor(s) {
			s.out.Send(m, false)
		}
	}
}

// note hands a notification to the call that it names.
func (l *link) note(id uint64, m wire.Message) {
	l.mu.Lock()
	w := l.waiting[id]
	l.mu.Unlock()
	if w != nil {
		w.note(m)
	}
}

// message is a log message: it goes where exactly one call or session can be its source, else to the owner's log.
func (l *link) message(m wire.Message) {
	if l.era == era.Modern {
		if c := l.soleLogger(); c != nil {
			c.send(m)
			return
		}
	} else {
		l.mu.Lock()
		o := l.owner(anything)
		l.mu.Unlock()
		if o.certain() && !o.gone {
			if o.wants(wire.Get(m.Params(), "level")) {
				o.session.tell(m, o.call)
			}
			return
		}
	}
	l.log.Info("log message of the server", "params", clip(m.Params()))
}

// wants reports whether a log message of that level, as JSON, is wanted there.
func (o origin) wants(level []byte) bool {
	switch {
	case o.session == nil:
		return false
	case o.call != nil && o.call.era == era.Modern:
		wanted := o.call.m.LogLevel()
		return wanted != "" && severity(level) >= severity(wire.Quote(wanted))
	}
	wanted := o.session.level()
	return wanted == nil || severity(level) >= severity(wanted)
}

// soleLogger is the one call that asked a modern process for log messages, or nil. The process may still be
// at work on calls that others have cancelled.
func (l *link) soleLogger() *call {
	l.mu.Lock()
	defer l.mu.Unlock()
	var one *call
	for _, w := range l.waiting {
		if c, ok := w.(*call); ok && c.logs.Load() {
			if one != nil {
				return nil
			}
			one = c
		}
	}
	if one == nil {
		return nil
	}
	for _, w := range l.waiting {
		if g, ok := w.(*ghost); ok && g.logs && !same(g.caller, one.session.owner()) {
			return nil
		}
	}
	if l.haunts() {
		return nil
	}
	return one
}

// endListening ends the subscription with that id; there is nothing else that a modern server can end.
func (l *link) endListening(id uint64) {
	l.mu.Lock()
	c, ok := l.waiting[id].(*call)
	ok = ok && c.m.Method() == "subscriptions/listen"
	if ok {
		delete(l.waiting, id)
	}
	l.mu.Unlock()
	if ok {
		c.endSubscription()
	}
}

// withdrawn is notifications/cancelled: the server takes back a request of its own (legacy), or ends a
// subscription (modern).
func (l *link) withdrawn(m wire.Message) {
	if l.era == era.Modern {
		if id, ok := number(m.RequestID()); ok {
			l.endListening(id)
		}
		return
	}
	l.mu.Lock()
	a := l.asks[m.RequestID()]
	l.mu.Unlock()
	if a != nil {
		a.withdraw()
	}
}
