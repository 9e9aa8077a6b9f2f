package front

import (
	"fmt"

	"drawbridge/internal/wire"
)

// Room implements Paced.
func (q *queue) Room() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.crowded() && q.room == nil {
		q.room = make(chan struct{})
	}
	return q.room
}

// crowded reports whether so much waits that two more of the largest messages, or some hundreds of any size, may find no room.
func (q *queue) crowded() bool {
	return q.state == taking && (q.bytes > int(q.share.of.each/2) || len(q.items) > queueMost/2)
}

// release tells those who wait for room when there is, and when nobody reads any more.
func (q *queue) release() {
	if q.room != nil && !q.crowded() {
		close(q.room)
		q.room = nil
	}
}

// charged is the answer m, charged to the share. Where it finds no room, an error is in its place: those who wait for other
// answers do not lose theirs.
func (s *share) charged(m wire.Message) []byte {
	answer := m.Bytes()
	if !s.take(len(answer)) {
		answer = noRoom(m)
		s.charge(len(answer))
	}
	return answer
}

// noRoom is the answer in place of m, which is too much beside what its agent has not read yet. The call has been made.
func noRoom(m wire.Message) []byte {
	e := wire.Error{Code: wire.InternalError, Message: fmt.Sprintf(
		"the answer of %d bytes is lost: too much waits for this agent already. The call was made; read what is there first, and make fewer calls at once", len(m.Bytes()),
	)}
	return e.Reply(m.ID()).Bytes()
}
