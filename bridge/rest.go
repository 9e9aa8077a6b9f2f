package bridge

import (
	"time"

	"drawbridge/bridge/audit"
	"drawbridge/bridge/era"
	"drawbridge/bridge/front"
	"drawbridge/internal/wire"
)

// How a session rests, and how it ends.

// Close implements front.Session.
func (s *session) Close() { s.end(errClosed) }

// end closes the session: its calls end with why, what servers asked is refused, its processes are given back.
func (s *session) end(why error) { s.endIf(why, func() bool { return true }) }

// endIf is end, if still says so under the lock.
func (s *session) endIf(why error, still func() bool) {
	s.mu.Lock()
	if s.closed || !still() {
		s.mu.Unlock()
		return
	}
	s.closed = true
	calls, asks, leases, changes := s.calls, s.asks, s.modern, s.changes
	if s.legacy != nil {
		leases = append(leases, s.legacy)
	}
	s.calls, s.asks, s.modern, s.legacy = map[*call]struct{}{}, map[wire.ID]*ask{}, nil, nil
	s.mu.Unlock()
	s.work.end()
	for c := range calls {
		c.end(why)
	}
	s.cancel()
	for _, a := range asks {
		a.refuse(wire.InternalError, "the agent has gone")
	}
	changes.end(why.Error())
	for _, l := range leases {
		s.giveBack(l)
	}
	s.b.leave(s)
	s.mu.Lock()
	shown := s.announced
	s.mu.Unlock()
	if shown != era.Unknown {
		s.b.publish(SessionClosed{ID: s.number})
		s.note(audit.SessionEnd, shown, why.Error())
	}
}

// giveBack returns a lease. A process that served only this session ends with it.
func (s *session) giveBack(l *lease) {
	l.link.detach(s)
	if l.link.only != nil {
		_ = l.link.conn.Close()
	}
	l.drop()
}

// rest gives back the processes of a session that nobody opened and nobody uses.
func (s *session) rest(now time.Time) {
	s.mu.Lock()
	var idle []*lease
	if !s.byID && len(s.calls) == 0 && now.Sub(s.last) > restAfter {
		idle, s.modern = s.modern, nil
	}
	s.mu.Unlock()
	for _, l := range idle {
		l.drop()
	}
}

// expire ends the calls that took longer than their server may, and what servers have asked for too long.
func (s *session) expire(now time.Time) {
	limit := s.target.maxCall()
	for _, c := range s.running() {
		if c.expired(now, limit) {
			c.end(errTooLong)
		}
	}
	s.endAsks(now)
}

// endIdle ends the session if nobody listens and nothing has happened for that long.
func (s *session) endIdle(now time.Time, limit time.Duration) {
	if attended(s.out) {
		return
	}
	s.endIf(errIdle, func() bool { return len(s.calls) == 0 && now.Sub(s.last) > limit })
}

// attended reports whether a connection of the agent's waits at the sink.
func attended(out front.Sink) bool {
	a, ok := out.(front.Attended)
	return ok && a.Attended()
}
