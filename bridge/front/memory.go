package front

import "sync/atomic"

// memory is what all queues of a front hold together, in bytes.
type memory struct {
	most  int64
	each  int64 // most of one share
	taken atomic.Int64
}

// smallShare is what a share gets even when the memory is used up, so that one greedy agent does not starve the rest.
const smallShare = 256 << 10

// newMemory returns a memory of that many bytes, 0 for the default. Each share can hold the two
// largest messages.
func newMemory(most, message int64) *memory {
	if most <= 0 {
		most = 256 << 20
	}
	return &memory{most: most, each: 2 * message}
}

// share is the part of the memory that one session, socket or call holds.
type share struct {
	of    *memory
	taken atomic.Int64
}

// take asks for n bytes.
func (s *share) take(n int) bool {
	mine, all := s.charge(n)
	if mine <= smallShare || mine <= s.of.each && all <= s.of.most {
		return true
	}
	s.give(n)
	return false
}

// charge takes n bytes whether there is room or not, and returns what the share and all together hold then.
func (s *share) charge(n int) (mine, all int64) {
	return s.taken.Add(int64(n)), s.of.taken.Add(int64(n))
}

// give returns n bytes.
func (s *share) give(n int) {
	s.taken.Add(-int64(n))
	s.of.taken.Add(-int64(n))
}
