package audit

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"drawbridge/internal/limit"
)

const (
	sieveFor  = time.Minute
	sieveKeys = 20 // that are told apart within one
)

// Sieve records what strangers can cause as often as they like, so that no flood of it fills the disk: in a minute at
// most 41 records. The first of a kind is one at once; those like it are counted, and their number is one at the end of
// the minute. Alike are entries of one kind, agent, server and error from one address, of which IPv6 counts the /64.
//
// Its methods may be called by any goroutine, at any time.
type Sieve struct {
	write func(Entry)

	minute sync.WaitGroup // the end of a minute that is to come

	mu    sync.Mutex // guards the fields below; never held while an entry is written
	seen  []*counted // this minute, in order
	rest  *counted   // what came when there was enough to tell apart; nil when nothing did
	ends  *time.Timer
	ended bool
}

// counted is an entry and how many came after it.
type counted struct {
	Entry
	more int
}

// NewSieve returns a Sieve that has its entries written by write, which must not call the Sieve. The caller closes it.
func NewSieve(write func(Entry)) *Sieve { return &Sieve{write: write} }

// Note records e, or counts it.
func (s *Sieve) Note(e Entry) {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	if s.counts(e) {
		return
	}
	s.write(e)
}

// counts reports whether e is counted and no record of its own.
func (s *Sieve) counts(e Entry) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	if s.ends == nil {
		s.minute.Add(1)
		s.ends = time.AfterFunc(sieveFor, func() {
			defer s.minute.Done()
			s.turn()
		})
	}
	if i := slices.IndexFunc(s.seen, func(c *counted) bool { return alike(c.Entry, e) }); i >= 0 {
		s.seen[i].more++
		return true
	}
	if len(s.seen) < sieveKeys {
		s.seen = append(s.seen, &counted{Entry: e})
		return false
	}
	if s.rest == nil {
		s.rest = &counted{Entry: Entry{Kind: e.Kind, Outcome: e.Outcome, Note: "of others, too many to tell apart"}}
	}
	s.rest.more++
	return true
}

// turn ends a minute.
func (s *Sieve) turn() {
	s.mu.Lock()
	all := s.seen
	if s.rest != nil {
		all = append(all, s.rest)
	}
	s.seen, s.rest, s.ends = nil, nil, nil
	s.mu.Unlock()
	for _, c := range all {
		if c.more == 0 {
			continue
		}
		c.Time, c.Count = time.Now(), c.more
		if c.Note == "" {
			c.Note = fmt.Sprintf("and %d more like it within a minute", c.more)
		}
		s.write(c.Entry)
	}
}

// Close records what was counted, and returns when that is done. After it every entry is a record.
func (s *Sieve) Close() error {
	s.mu.Lock()
	if s.ends != nil && s.ends.Stop() {
		s.minute.Done()
	}
	s.ended = true
	s.mu.Unlock()
	s.minute.Wait()
	s.turn()
	return nil
}

func alike(a, b Entry) bool {
	return a.Kind == b.Kind && a.Agent == b.Agent && a.User == b.User && a.Server == b.Server && a.Method == b.Method &&
		a.Error == b.Error && limit.Neighbourhood(a.Address) == limit.Neighbourhood(b.Address)
}
