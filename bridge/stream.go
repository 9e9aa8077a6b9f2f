package bridge

import (
	"sync"

	"drawbridge/bridge/front"
	"drawbridge/internal/wire"
)

// stream is the sink of one request as the bridge sends to it: from several goroutines, and nothing after the answer.
type stream struct {
	to front.Sink

	mu   sync.Mutex // held while a message is sent, which by the sink's contract takes no time; guards the field below
	over bool
}

// Send implements front.Sink. After the answer it reports false.
func (s *stream) Send(m wire.Message, last bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return false
	}
	s.over = last
	return s.to.Send(m, last)
}

// ended reports whether the answer has been sent.
func (s *stream) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over
}
